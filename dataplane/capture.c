// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool link_of(int dlt, enum pkt_link *link)
{
	switch (dlt) {
	case DLT_EN10MB:
		*link = PKT_LINK_ETHERNET;
		return true;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		*link = PKT_LINK_RAW_IP;
		return true;
	case DLT_NULL:
	case DLT_LOOP:
		*link = PKT_LINK_NULL;
		return true;
	case DLT_LINUX_SLL:
		*link = PKT_LINK_SLL;
		return true;
	case DLT_LINUX_SLL2:
		*link = PKT_LINK_SLL2;
		return true;
	default:
		return false;
	}
}

int capture_check(struct capture *capture, const char *path, char *why, size_t why_size)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	struct stat status;
	int result;

	*capture = (struct capture){.path = path};
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		snprintf(why, why_size, "%s: found a directory, expected a capture file (pcap or pcapng)", path);
		return -1;
	}
	pcap_t *pcap = pcap_open_offline(path, error);
	if (!pcap) {
		bool named = strncmp(error, path, strlen(path)) == 0;
		snprintf(why, why_size, "%s%s%s", named ? "" : path, named ? "" : ": ", error);
		return -1;
	}
	int dlt = pcap_datalink(pcap);
	if (!link_of(dlt, &capture->link)) {
		const char *name = pcap_datalink_val_to_name(dlt);
		snprintf(why, why_size,
			"%s: found link type %s (%d), expected Ethernet, raw IP, null/loopback, Linux SLL or SLL2", path,
			name ? name : "unknown", dlt);
		pcap_close(pcap);
		return -1;
	}
	while ((result = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		capture->packets++;
		capture->bytes += header->caplen;
	}
	if (result == PCAP_ERROR)
		snprintf(why, why_size, "%s: damaged after %llu packets: %s; nothing of it was taken", path,
			(unsigned long long)capture->packets, pcap_geterr(pcap));
	pcap_close(pcap);
	return result == PCAP_ERROR ? -1 : 0;
}

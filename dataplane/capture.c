// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/capture_plain.h"

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

// In a file seconds are 32 bits without sign; libpcap takes those after 2038 for negative ones.
static uint64_t us_of(const struct pcap_pkthdr *header)
{
	return (uint64_t)(uint32_t)header->ts.tv_sec * 1000000 + (uint64_t)header->ts.tv_usec;
}

// Whether capture_plain reads the file to its end, and so what it holds.
static bool check_plain(struct capture *capture)
{
	struct capture_plain plain;
	struct capture_packet packet;
	uint64_t packets = 0, bytes = 0;
	struct stat status;
	int result;

	if (stat(capture->path, &status) != 0 || !S_ISREG(status.st_mode) ||
		capture_plain_open(&plain, capture->path, capture->snapshot) != 0)
		return false;
	while ((result = capture_plain_next(&plain, &packet)) == 1) {
		packets++;
		bytes += packet.size;
	}
	capture_plain_close(&plain);
	if (result != 0)
		return false; // libpcap knows what is wrong, or takes it
	capture->packets = packets;
	capture->bytes = bytes;
	return true;
}

static int check_packets(struct capture *capture, pcap_t *pcap, char *why, size_t why_size)
{
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int result;

	while ((result = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		capture->packets++;
		capture->bytes += header->caplen;
	}
	if (result != PCAP_ERROR)
		return 0;
	snprintf(why, why_size, "%s: damaged after %llu packets: %s; nothing of it was taken", capture->path,
		(unsigned long long)capture->packets, pcap_geterr(pcap));
	return -1;
}

int capture_check(struct capture *capture, const char *path, char *why, size_t why_size)
{
	char error[PCAP_ERRBUF_SIZE];
	struct stat status;

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
	capture->snapshot = (uint32_t)pcap_snapshot(pcap);
	capture->is_plain = check_plain(capture);
	int result = capture->is_plain ? 0 : check_packets(capture, pcap, why, why_size);
	pcap_close(pcap);
	return result;
}

// packet by packet ───────────────────────────────────────────────────────────────────────────

struct capture_reader {
	pcap_t *pcap; // or, where NULL:
	struct capture_plain plain;
};

struct capture_reader *capture_open(const struct capture *capture, char *why, size_t why_size)
{
	char error[PCAP_ERRBUF_SIZE] = "no longer as it was";
	struct capture_reader *r = calloc(1, sizeof(*r));

	if (r && capture->is_plain) {
		if (capture_plain_open(&r->plain, capture->path, capture->snapshot) == 0)
			return r;
	} else if (r) {
		r->pcap = pcap_open_offline(capture->path, error);
		if (r->pcap)
			return r;
	}
	snprintf(why, why_size, "%s", r ? error : "no memory");
	free(r);
	return NULL;
}

int capture_next(struct capture_reader *r, struct capture_packet *packet)
{
	struct pcap_pkthdr *header;

	if (!r->pcap)
		return capture_plain_next(&r->plain, packet);
	int result = pcap_next_ex(r->pcap, &header, &packet->bytes);
	if (result != 1)
		return result == PCAP_ERROR ? -1 : 0;
	packet->size = header->caplen;
	packet->us = us_of(header);
	return 1;
}

const char *capture_error(struct capture_reader *r)
{
	return r->pcap ? pcap_geterr(r->pcap) : r->plain.error;
}

void capture_close(struct capture_reader *r)
{
	if (!r)
		return;
	if (r->pcap)
		pcap_close(r->pcap);
	else
		capture_plain_close(&r->plain);
	free(r);
}

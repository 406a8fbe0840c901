// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/packet.h"

#include <stdio.h>

#include <pcap/pcap.h>

enum { LINKTYPE_RAW = 101 }; // in files; the value of DLT_RAW depends on the system

bool capture_link_of(int link_type, enum link_kind *link)
{
	switch (link_type) {
	case DLT_EN10MB:
		*link = LINK_KIND_ETHERNET;
		return true;
	case LINKTYPE_RAW:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		*link = LINK_KIND_RAW_IP;
		return true;
	case DLT_NULL:
	case DLT_LOOP:
		*link = LINK_KIND_NULL;
		return true;
	case DLT_LINUX_SLL:
		*link = LINK_KIND_SLL;
		return true;
	case DLT_LINUX_SLL2:
		*link = LINK_KIND_SLL2;
		return true;
	default:
		return false;
	}
}

void capture_link_unknown(char *why, size_t why_size, int link_type)
{
	const char *name = pcap_datalink_val_to_name(link_type);

	snprintf(why, why_size, "found link type %s (%d), expected Ethernet, raw IP, null/loopback, Linux SLL or SLL2",
		name ? name : "unknown", link_type);
}

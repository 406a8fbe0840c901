// SPDX-License-Identifier: BSD-3-Clause
// Any pcap that plain.h does not read, by libpcap: other byte orders and versions, and compressed ones.
#pragma once

#include <pcap/pcap.h>

#include "dataplane/capture/packet.h"

struct capture_unpack;

struct capture_pcap {
	pcap_t *pcap;
	struct capture_unpack *unpack; // what unpacks the file, or NULL
	uint32_t snapshot;	       // of the file's header; libpcap sees CAPTURE_PACKET_MAX instead
	bool is_unverified;	       // after a failure: the result of capture_unpack_is_unverified
};

// False with the reason in `error`.
bool capture_pcap_open(struct capture_pcap *c, const char *path, char error[static PCAP_ERRBUF_SIZE]);
void capture_pcap_close(struct capture_pcap *c);

// As capture_next.
int capture_pcap_next(struct capture_pcap *c, struct capture_packet *packet);

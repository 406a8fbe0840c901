// SPDX-License-Identifier: BSD-3-Clause
// Any pcap that plain.h does not read, by libpcap: other versions and variants.
#pragma once

#include <pcap/pcap.h>

#include "dataplane/capture/packet.h"

struct capture_unpack;

struct capture_pcap {
	pcap_t *pcap;
	uint32_t snapshot; // of the file's header; libpcap sees CAPTURE_PACKET_MAX instead
};

// False with the reason in `error`. `source` is borrowed; octets of it are taken in both cases.
bool capture_pcap_open(struct capture_pcap *c, struct capture_unpack *source, char error[static PCAP_ERRBUF_SIZE]);
void capture_pcap_close(struct capture_pcap *c);

// As capture_next.
int capture_pcap_next(struct capture_pcap *c, struct capture_packet *packet);

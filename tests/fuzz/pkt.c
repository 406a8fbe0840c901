// SPDX-License-Identifier: BSD-3-Clause
// A frame of any link type: first octet the link type, then the frame. What comes out lies within the
// frame, one outcome is counted, and the fast path agrees with the slow one.
#include <stdlib.h>
#include <string.h>

#include "dataplane/packet/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static uint64_t outcomes(const struct worker_stats *s)
{
	return s->pkt_udp + s->pkt_tcp + s->pkt_fragment + s->pkt_short + s->pkt_not_ip + s->pkt_not_dns + s->pkt_icmp +
	       s->pkt_tunnel_unknown + s->pkt_tunnel_depth + s->pkt_filtered;
}

static enum pkt_verdict decap(struct pkt *pkt, const uint8_t *frame, size_t size, enum link_kind link)
{
	static struct dns_ports ports;
	struct worker_stats stats = {0};

	dns_ports_add(&ports, 53);
	enum pkt_verdict verdict = pkt_decap(pkt, frame, size, link, &ports, &stats);
	CHECK(outcomes(&stats) == 1);
	if (verdict == PKT_DROP)
		return verdict;
	CHECK(pkt->ip >= frame && pkt->ip < pkt->ip_end && pkt->ip_end <= frame + size);
	CHECK(pkt->ip_version == 4 || pkt->ip_version == 6);
	CHECK(pkt->src >= pkt->ip && pkt->dst + (pkt->ip_version == 4 ? 4 : 16) <= pkt->ip_end);
	if (verdict != PKT_FRAGMENT)
		CHECK(pkt->payload > pkt->ip && pkt->payload + pkt->payload_size <= pkt->ip_end);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkt pkt, other;

	if (size < 1)
		return 0;
	enum link_kind link = data[0] % LINK_KIND_MAX;
	enum pkt_verdict verdict = decap(&pkt, data + 1, size - 1, link);
	if (link != LINK_KIND_ETHERNET || size < 15)
		return 0;
	// the same behind a cooked header, for which there is no fast path
	size_t cooked_size = size - 1 + 2;
	uint8_t *cooked = calloc(1, cooked_size);
	memcpy(cooked + 14, data + 1 + 12, size - 1 - 12);
	if (cooked[14] >= 0x06) { // an EtherType, not a length
		CHECK(decap(&other, cooked, cooked_size, LINK_KIND_SLL) == verdict);
		if (verdict == PKT_UDP || verdict == PKT_TCP)
			CHECK(pkt.payload_size == other.payload_size && pkt.src_port == other.src_port &&
				pkt.payload - data - 1 + 2 == other.payload - cooked);
	}
	free(cooked);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// Segments of a few connections, in a table that is too small for them. Each segment of the input is a
// head of 4 octets (flow and flags, sequence number, size, seconds) and its payload.
#include <stdlib.h>
#include <string.h>

#include "dataplane/packet/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void read_all(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s)
{
	(void)time_s;
	if (size > 65535 || pkt->ip_version != 4)
		abort();
	for (size_t i = 0; i < size; i++)
		sink ^= wire[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pkt_tcp_options options = {.flows = 3, .held_bytes = 12 << 10, .timeout_s = 40};
	static const struct hash_key key = {.k = {1, 3, 5, 7}};
	static const uint8_t address[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
	struct worker_stats stats = {0};
	struct pkt_tcp *t = pkt_tcp_new(&options, &key, &stats);
	uint32_t now = 1000, next[8] = {0, 0, 1u << 31, 0xfffffff0};

	while (t != NULL && size >= 4) {
		uint8_t flow = data[0] & 7, reverse = data[0] & 1;
		int8_t shift = (int8_t)data[1];
		size_t payload = (size_t)data[2] * 8 < size - 4 ? (size_t)data[2] * 8 : size - 4;
		struct pkt pkt = {.ip_version = 4,
			.src = address[reverse],
			.dst = address[1 - reverse],
			.src_port = reverse ? 53 : 1024 + flow / 2,
			.dst_port = reverse ? 1024 + flow / 2 : 53,
			.tcp_seq = next[flow] + (uint32_t)(shift < 64 ? shift : (shift - 64) * 4096),
			.tcp_ack = next[flow ^ 1],
			.tcp_flags = data[0] >> 3 & 0x17,
			.payload = data + 4,
			.payload_size = (uint32_t)payload};
		now += data[3] & 0x0f;
		pkt_tcp_segment(t, &pkt, now, now, read_all, NULL);
		pkt_tcp_expire(t, now, read_all, NULL);
		next[flow] += (uint32_t)payload + (pkt.tcp_flags & PKT_TCP_SYN ? 1 : 0);
		data += 4 + payload, size -= 4 + payload;
		if (stats.tcp_flows > options.flows || stats.tcp_held_bytes > options.held_bytes)
			abort();
	}
	for (int i = 0; t != NULL && i < 2; i++)
		pkt_tcp_expire(t, now + 1000, read_all, NULL);
	if (stats.tcp_flows != 0 || stats.tcp_held_bytes != 0)
		abort();
	pkt_tcp_free(t);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// One end of TCP connections for tests: sends segments into pkt_tcp and keeps what comes out.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/packet/tcp.h"

enum { STREAM_FROM_SERVER = 0, STREAM_FROM_CLIENT = 1 };

struct stream_out {
	size_t messages;	// how many came out
	size_t size;		// octets of them, each with its length prefix
	uint8_t bytes[1 << 20]; // one after another
};

static struct pkt_tcp *stream_tcp;
static struct worker_stats stream_stats;
static struct stream_out stream_out;
static uint32_t stream_now = 1000;
static uint32_t stream_client = 1; // address and port of the client

static inline void stream_reset(uint32_t flows, uint64_t held_bytes)
{
	static const struct hash_key key = {.k = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 7}};
	struct pkt_tcp_options options = {.flows = flows, .held_bytes = held_bytes, .timeout_s = 60};

	pkt_tcp_free(stream_tcp);
	memset(&stream_stats, 0, sizeof(stream_stats));
	stream_out.messages = stream_out.size = 0;
	stream_tcp = pkt_tcp_new(&options, &key, &stream_stats);
	if (stream_tcp == NULL)
		abort();
}

static inline void stream_collect(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size,
	uint32_t time_s)
{
	(void)time_s;
	struct stream_out *out = context;

	if (pkt->src_port != 53 && pkt->dst_port != 53)
		abort();
	out->messages++;
	if (out->size + 2 + size > sizeof(out->bytes))
		out->size = 0;
	out->bytes[out->size++] = (uint8_t)(size >> 8);
	out->bytes[out->size++] = (uint8_t)size;
	memcpy(out->bytes + out->size, wire, size);
	out->size += size;
}

static inline void stream_send_from(int direction, uint32_t seq, uint32_t ack, uint8_t flags, const uint8_t *p,
	size_t size)
{
	uint8_t client[4], server[4] = {192, 0, 2, 53};
	uint8_t *copy = malloc(size > 0 ? size : 1); // of just that size, so that a sanitizer sees over-reads
	bool from_client = direction == STREAM_FROM_CLIENT;
	uint16_t port = (uint16_t)(1024 + stream_client % 60000);

	memcpy(client, &stream_client, 4);
	if (size > 0)
		memcpy(copy, p, size);
	struct pkt pkt = {.ip_version = 4,
		.tcp_seq = seq,
		.tcp_ack = ack,
		.tcp_flags = flags,
		.payload = copy,
		.payload_size = (uint32_t)size,
		.src = from_client ? client : server,
		.dst = from_client ? server : client,
		.src_port = from_client ? port : 53,
		.dst_port = from_client ? 53 : port};
	pkt_tcp_segment(stream_tcp, &pkt, stream_now, stream_now, stream_collect, &stream_out);
	free(copy);
}

static inline void stream_send(uint32_t seq, uint8_t flags, const uint8_t *p, size_t size)
{
	stream_send_from(STREAM_FROM_SERVER, seq, 1, flags | PKT_TCP_ACK, p, size);
}

static inline void stream_syn(uint32_t isn)
{
	stream_send(isn, PKT_TCP_SYN, NULL, 0);
}

// Writes a message of `size` octets (12 or more) with its prefix; what is in it follows from `id`.
static inline size_t stream_message(uint8_t *out, uint16_t id, size_t size)
{
	static const uint8_t header[] = {0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0};

	out[0] = (uint8_t)(size >> 8), out[1] = (uint8_t)size;
	out[2] = (uint8_t)(id >> 8), out[3] = (uint8_t)id;
	memcpy(out + 4, header, sizeof(header));
	out[7] = size >= 17; // one question
	for (size_t i = 14; i < size + 2; i++)
		out[i] = (uint8_t)(id * 31 + i * 7);
	return size + 2;
}

// Whether what came out is just these octets.
static inline bool stream_came_out(const uint8_t *bytes, size_t size, size_t messages)
{
	return stream_out.messages == messages && stream_out.size == size && memcmp(stream_out.bytes, bytes, size) == 0;
}

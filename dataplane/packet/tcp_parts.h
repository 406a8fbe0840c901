// SPDX-License-Identifier: BSD-3-Clause
// TCP reassembly from inside: what its parts share. Private to tcp.c (segments), tcp_stream.c (messages), tcp_flow.c
// (the table of flows), tcp_held.c (the octets held).
//
//     buckets[hash] ─► flow ─► flow          every flow is in the list USED, the last one touched first;
//                       │                    those with held octets are in the list HOLDING too
//                       ▼ first                                                              ▼ last
//     stream  ──────────┬──────────────────────────────┬─ ─ gap ─ ─┬──────────────┬──────────────┐
//             delivered │ chunk         chunk          │           │ chunk        │ chunk        │
//             ──────────┴──────────────────────────────┴─ ─ ─ ─ ─ ─┴──────────────┴──────────────┘
//                       next_seq                       ready_seq
//
// Every octet between next_seq and ready_seq is held. All indices are into arrays that are allocated once; TCP_NONE is no
// index. Sequence numbers are compared modulo 2^32 (RFC 9293 §3.4).
#pragma once

#include <string.h>

#include "dataplane/base/hash.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/packet/packet.h"

enum {
	TCP_CHUNK_SIZE = 1012,	    // octets in a chunk; the whole struct is 1 KiB
	TCP_FLOW_CHUNKS_MAX = 192,  // chunks that one flow may hold
	TCP_FLOW_MERGE_CHUNKS = 96, // from here on, chunks of an unproven stream are merged
	TCP_WINDOW = 192 * 1024,    // octets beyond next_seq that are kept
	TCP_FAR = 1 << 20,	    // a jump of so many octets means another connection
	TCP_GAP_S = 10,		    // a gap that is open for longer is skipped
	TCP_LATE = 65536,	    // octets of a direction that may come before its SYN
	TCP_SYN_COPY_S = 2,	    // after so long, a SYN of a connection with data is no copy
	TCP_GAP_ACKS = 2,	    // a gap is skipped after so many acknowledgements beyond it
	TCP_HEAD_SIZE = 14,	    // length prefix and DNS header
	TCP_MESSAGE_SIZE = 65535    // RFC 7766 §8
};

#define TCP_NONE UINT32_MAX

enum tcp_list { TCP_LIST_USED, TCP_LIST_HOLDING, TCP_LIST_MAX };

enum tcp_state {
	TCP_SEARCHING, // no message boundary known; if `seen`, next_seq is the end of what was seen
	TCP_FRAMED,    // a message begins at next_seq
	TCP_CLOSED     // ended; kept so that late copies are recognized
};

struct tcp_link {
	uint32_t newer;
	uint32_t older;
};

struct tcp_key {
	uint8_t src[16]; // IPv4: the first four octets, then zeros
	uint8_t dst[16];
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t ip_version;
};

struct tcp_flow {
	struct tcp_key key;
	uint32_t bucket_next;		    // next flow of the bucket, or of the free list
	uint32_t bucket;		    // the bucket it is in
	struct tcp_link link[TCP_LIST_MAX]; // places in the lists
	uint32_t first;			    // first chunk
	uint32_t last;			    // last chunk
	uint32_t ready;			    // chunk that holds the octet before ready_seq, or TCP_NONE
	uint32_t next_seq;		    // see enum tcp_state
	uint32_t ready_seq;		    // end of what is held without a gap; next_seq if nothing is held
	uint32_t fin_seq;		    // end of the stream, if `fin`
	uint32_t packet_s;		    // time of the last packet, for its records
	uint32_t used_s;		    // the same on the clock of time-outs, which never goes back
	uint32_t gap_s;			    // since when the gap is open, if `gap`
	uint32_t start_seq;		    // where the connection's octets begin, as far as known, if `started`
	uint32_t syn_end;		    // end of the octets that came with the SYN, or start_seq
	uint32_t renewed_seq;		    // first octet of the other end's new connection, if `renewed`
	uint32_t acked;			    // what its first segment acknowledged; 0: nothing
	uint32_t start_s;		    // when that was, or the SYN
	uint16_t chunks;		    // chunks held
	uint8_t state;			    // enum tcp_state
	bool seen;			    // next_seq is valid
	bool started;			    // start_seq is valid
	bool syn;			    // the SYN was seen
	bool renewed;			    // closed because the other end began a new connection
	bool sure;			    // a sound message was found where one was expected
	bool fin;			    // fin_seq is known
	bool gap;			    // octets are held beyond a gap
	bool far;			    // octets too far from next_seq were dropped, and counted
	uint8_t gap_acks;		    // acknowledgements of octets beyond it
};

struct tcp_chunk {
	uint32_t next; // next chunk of the flow, or of the free list
	uint32_t seq;  // of its first octet still held
	uint16_t from; // index of that octet in `octets`
	uint16_t size : 15;
	uint16_t start : 1; // its first octet was the first of a segment
	uint8_t octets[TCP_CHUNK_SIZE];
};

struct pkt_tcp {
	struct hash_key key;
	struct worker_stats *stats;
	uint32_t timeout_s;
	struct monotonic time;
	uint32_t *buckets; // first flow of each
	uint32_t buckets_mask;
	struct tcp_flow *flows;
	uint32_t flows_len;
	uint32_t flows_used; // those from here on were never used
	uint32_t free_flow;  // first one that was given back
	struct tcp_chunk *chunks;
	uint32_t chunks_len;
	uint32_t chunks_used;		       // those from here on were never used
	uint32_t free_chunk;		       // first one that was given back
	struct tcp_link ends[TCP_LIST_MAX];    // .newer is the newest, .older the oldest
	uint32_t gaps;			       // flows with an open gap
	uint64_t held;			       // octets in chunks
	uint8_t scratch[2 + TCP_MESSAGE_SIZE]; // a message put together
};

// a − b modulo 2^32, as a signed number.
static inline int32_t tcp_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

// tcp_flow.c ─────────────────────────────────────────────────────────────────────────────

// Returns 0 or -ENOMEM.
int tcp_flows_init(struct pkt_tcp *t, uint32_t flows);

// The flow of this key, NULL if there is none.
struct tcp_flow *tcp_flow_find(struct pkt_tcp *t, const struct tcp_key *key);

// A new flow. Evicts the least recently used one if there is no room.
struct tcp_flow *tcp_flow_open(struct pkt_tcp *t, const struct tcp_key *key);

// Frees the flow and what it holds.
void tcp_flow_forget(struct pkt_tcp *t, struct tcp_flow *f);

void tcp_flow_touch(struct pkt_tcp *t, struct tcp_flow *f, uint32_t now_s);

void tcp_list_add(struct pkt_tcp *t, enum tcp_list list, struct tcp_flow *f);
void tcp_list_remove(struct pkt_tcp *t, enum tcp_list list, struct tcp_flow *f);

// tcp_held.c ─────────────────────────────────────────────────────────────────────────────

// Returns 0 or -ENOMEM.
int tcp_held_init(struct pkt_tcp *t, uint64_t size);

// Keeps those of the octets that are not held yet: the first copy stays. They must be within TCP_WINDOW.
// Returns 0; -ENOMEM if the store is full of this flow's own octets; -ENOBUFS if the flow holds too many chunks. May evict
// the octets of another flow, whose state is then TCP_SEARCHING.
int tcp_held_insert(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq, const uint8_t *p, size_t size);

// Copies up to `size` of the ready octets without consuming them. Returns how many.
size_t tcp_held_peek(const struct pkt_tcp *t, const struct tcp_flow *f, uint8_t *out, size_t size);

// Consumes the first `size` ready octets; next_seq moves on.
void tcp_held_consume(struct pkt_tcp *t, struct tcp_flow *f, size_t size);

// Drops the first chunk: next_seq moves to the start of the second one, over a gap too. Returns false if there is no
// second one; next_seq is then the end of the first.
bool tcp_held_skip(struct pkt_tcp *t, struct tcp_flow *f);

// Moves next_seq to the first chunk, over the gap before it. Returns false if nothing is held.
bool tcp_held_jump(struct pkt_tcp *t, struct tcp_flow *f);

// Drops everything; next_seq moves to the end of it.
void tcp_held_drop(struct pkt_tcp *t, struct tcp_flow *f);

// tcp_stream.c ───────────────────────────────────────────────────────────────────────────

// What pkt_tcp_segment was called with.
struct tcp_call {
	const struct pkt *pkt;
	pkt_tcp_message *message;
	void *context;
	uint32_t now_s;
};

// Sets where the next octet is expected. Nothing may be held.
static inline void tcp_stream_position(struct tcp_flow *f, uint32_t seq)
{
	f->next_seq = f->ready_seq = seq;
	f->seen = true;
}

// Notes that a message begins at `seq`. Drops what was held.
void tcp_stream_frame(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq);

// Takes the octets at `seq` (1 or more) and passes on the messages that they complete.
void tcp_stream_take(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call, uint32_t seq, const uint8_t *p,
	size_t size);

// Skips the first gap and passes on what follows it.
void tcp_stream_skip_gap(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call);

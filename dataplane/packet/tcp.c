// SPDX-License-Identifier: BSD-3-Clause
// Segments in, messages out: which stream a segment belongs to, and where streams begin and end. tcp_stream.c reads the
// octets.
#include "dataplane/packet/tcp.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/base/memory.h"
#include "dataplane/packet/tcp_parts.h"

enum { EXPIRE_FLOWS = 8 }; // most flows evicted per call

struct pkt_tcp *pkt_tcp_new(const struct pkt_tcp_options *options, const struct hash_key *key,
	struct worker_stats *stats)
{
	struct pkt_tcp *t = memory_new(sizeof(*t));

	if (t == NULL)
		return NULL;
	t->key = *key;
	t->stats = stats;
	t->timeout_s = options->timeout_s;
	if (tcp_flows_init(t, options->flows > 0 ? options->flows : 1) != 0 ||
		tcp_held_init(t, options->held_bytes) != 0) {
		pkt_tcp_free(t);
		return NULL;
	}
	if (options->touch) {
		memset(t->flows, 0, t->flows_len * sizeof(*t->flows));
		memset(t->chunks, 0, t->chunks_len * sizeof(*t->chunks));
	}
	return t;
}

void pkt_tcp_free(struct pkt_tcp *t)
{
	if (t == NULL)
		return;
	free(t->buckets);
	memory_delete(t->flows);
	memory_delete(t->chunks);
	memory_delete(t);
}

static struct tcp_key key_of(const struct pkt *pkt, bool reverse)
{
	struct tcp_key key = {
		.src_port = reverse ? pkt->dst_port : pkt->src_port,
		.dst_port = reverse ? pkt->src_port : pkt->dst_port,
		.ip_version = pkt->ip_version,
	};
	size_t size = pkt->ip_version == 4 ? 4 : 16;

	memcpy(key.src, reverse ? pkt->dst : pkt->src, size);
	memcpy(key.dst, reverse ? pkt->src : pkt->dst, size);
	return key;
}

// Skips all gaps of a flow and passes on the messages after them.
static void give_out(struct pkt_tcp *t, struct tcp_flow *f, pkt_tcp_message *message, void *context)
{
	const struct pkt pkt = {.src = f->key.src,
		.dst = f->key.dst,
		.src_port = f->key.src_port,
		.dst_port = f->key.dst_port,
		.ip_version = (uint8_t)f->key.ip_version};
	const struct tcp_call call = {.pkt = &pkt, .message = message, .context = context, .now_s = f->used_s};

	while (f->gap)
		tcp_stream_skip_gap(t, f, &call);
}

static void expire(struct pkt_tcp *t, struct tcp_flow *f, pkt_tcp_message *message, void *context)
{
	give_out(t, f, message, context);
	tcp_flow_forget(t, f);
	stats_add(&t->stats->tcp_expired, 1);
}

static void end(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	if (f->chunks > 0)
		stats_add(&t->stats->tcp_cut, 1);
	tcp_held_drop(t, f);
	tcp_stream_position(f, seq);
	f->state = TCP_CLOSED;
}

// where streams begin ────────────────────────────────────────────────────────────────────────

static uint32_t ack_of(const struct pkt *pkt)
{
	return pkt->tcp_flags & PKT_TCP_ACK ? pkt->tcp_ack : 0;
}

// Octets of a connection begin at `seq`, with nothing known of a SYN.
static void start(struct tcp_flow *f, const struct tcp_call *call, uint32_t seq)
{
	f->start_seq = f->syn_end = seq;
	f->start_s = call->now_s;
	f->acked = ack_of(call->pkt);
	f->started = true;
	f->syn = f->renewed = false;
}

// A new connection, whose octets begin at `seq`. What is held of the last one is passed on.
static void begin(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call, uint32_t seq)
{
	give_out(t, f, call->message, call->context);
	if (f->seen)
		stats_add(&t->stats->tcp_opened, 1);
	if (f->chunks > 0)
		stats_add(&t->stats->tcp_cut, 1);
	tcp_stream_frame(t, f, seq);
	start(f, call, seq);
}

// True if a SYN, before octets that begin at `seq`, belongs to the known connection: repeated, copied by the tap, or late.
// Copies are equal, and a sender that has sent data no longer repeats its SYN.
static bool is_known_syn(const struct tcp_flow *f, const struct tcp_call *call, uint32_t seq)
{
	bool got_on = f->next_seq != f->syn_end && tcp_distance(call->now_s, f->start_s) > TCP_SYN_COPY_S;

	if (!f->started || f->state == TCP_CLOSED || seq != f->start_seq)
		return false;
	return !got_on && (!f->syn || f->acked == ack_of(call->pkt));
}

// True if the other direction, which began before, has already acknowledged octets of this one.
static bool is_acked_by_other(struct pkt_tcp *t, const struct tcp_call *call, uint32_t seq)
{
	struct tcp_key key = key_of(call->pkt, true);
	const struct tcp_flow *f = tcp_flow_find(t, &key);

	return f != NULL && f->started && f->state != TCP_CLOSED && (uint32_t)tcp_distance(f->acked, seq) < TCP_LATE;
}

// Ends an old stream of the other direction of a connection that began at `own_seq`. `seq`: where the octets of the other
// direction begin, if `known`.
static void begin_other(struct pkt_tcp *t, const struct tcp_call *call, bool known, uint32_t seq, uint32_t own_seq)
{
	struct tcp_key key = key_of(call->pkt, true);
	struct tcp_flow *f = tcp_flow_find(t, &key);

	if (f == NULL || (known && f->started && (seq == f->start_seq || seq == f->syn_end) && f->state != TCP_CLOSED))
		return;
	if (known) {
		begin(t, f, call, seq);
		return;
	}
	give_out(t, f, call->message, call->context);
	if (f->state != TCP_CLOSED)
		end(t, f, f->ready_seq);
	f->renewed = true;
	f->renewed_seq = own_seq;
}

// True if octets of a stream that a new connection of the other end closed belong to that connection: they acknowledge it.
// Otherwise they are late.
static bool is_renewed(struct tcp_flow *f, const struct tcp_call *call, uint32_t seq)
{
	int32_t acked = tcp_distance(call->pkt->tcp_ack, f->renewed_seq);

	if (!(call->pkt->tcp_flags & PKT_TCP_ACK) || acked < 0 || acked > TCP_FAR)
		return false;
	f->state = TCP_SEARCHING;
	f->seen = false;
	start(f, call, seq);
	return true;
}

// A SYN, or SYN and ACK, before octets that begin at `seq`.
static void take_syn(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call, uint32_t seq)
{
	const struct pkt *pkt = call->pkt;

	if (!is_known_syn(f, call, seq)) {
		bool late = !f->started && is_acked_by_other(t, call, seq);
		begin(t, f, call, seq);
		if (!late)
			begin_other(t, call, pkt->tcp_flags & PKT_TCP_ACK, pkt->tcp_ack, seq);
	}
	if (f->syn)
		return;
	f->syn = true;
	f->syn_end = seq + pkt->payload_size;
	f->acked = ack_of(pkt);
	f->start_s = call->now_s;
}

// where they end ─────────────────────────────────────────────────────────────────────────────

// FIN closes the stream when everything before it has arrived. At an impossible place it is late or forged, and ignored.
static void finish(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	int32_t ahead = tcp_distance(seq, f->ready_seq);

	if (ahead < 0 || ahead > TCP_WINDOW || f->state == TCP_CLOSED)
		return;
	if (f->state != TCP_FRAMED) {
		end(t, f, seq);
		return;
	}
	f->fin = true;
	f->fin_seq = seq;
}

// RST counts if it is what comes next (RFC 5961 §3.2), and then ends both directions.
static void reset(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call)
{
	struct tcp_key key = key_of(call->pkt, true);
	struct tcp_flow *other = tcp_flow_find(t, &key);

	if (f->state == TCP_CLOSED || call->pkt->tcp_seq != f->ready_seq)
		return;
	end(t, f, f->ready_seq);
	if (other == NULL || other->state == TCP_CLOSED)
		return;
	give_out(t, other, call->message, call->context);
	end(t, other, other->ready_seq);
}

// The receiver has octets that the tap lost: it acknowledges beyond the gap of the other direction.
static __attribute__((noinline)) void acknowledge(struct pkt_tcp *t, const struct tcp_call *call)
{
	struct tcp_key key = key_of(call->pkt, true);
	struct tcp_flow *f = tcp_flow_find(t, &key);

	if (f == NULL || !f->gap || tcp_distance(call->pkt->tcp_ack, f->ready_seq) <= 0)
		return;
	uint32_t beyond = f->ready != TCP_NONE ? t->chunks[f->ready].next : f->first;
	if (tcp_distance(call->pkt->tcp_ack, t->chunks[beyond].seq) < 0 || ++f->gap_acks < TCP_GAP_ACKS)
		return;
	struct pkt pkt = *call->pkt;
	pkt.src = call->pkt->dst, pkt.dst = call->pkt->src;
	pkt.src_port = call->pkt->dst_port, pkt.dst_port = call->pkt->src_port;
	struct tcp_call other = *call;
	other.pkt = &pkt;
	tcp_stream_skip_gap(t, f, &other);
}

// The flow of this direction. If it has timed out it is evicted: the segment belongs to another connection.
static struct tcp_flow *find(struct pkt_tcp *t, const struct tcp_key *key, const struct tcp_call *call)
{
	struct tcp_flow *f = tcp_flow_find(t, key);

	if (f == NULL || tcp_distance(call->now_s, f->used_s) <= (int32_t)t->timeout_s)
		return f;
	expire(t, f, call->message, call->context);
	return NULL;
}

void pkt_tcp_segment(struct pkt_tcp *t, const struct pkt *pkt, uint32_t packet_s, uint32_t now_s,
	pkt_tcp_message *message, void *context)
{
	now_s = (uint32_t)monotonic_of(&t->time, now_s, t->timeout_s);
	struct tcp_call call = {.pkt = pkt, .message = message, .context = context, .now_s = now_s};
	struct tcp_key key = key_of(pkt, false);
	uint32_t seq = pkt->tcp_seq;

	if (t->gaps > 0 && pkt->tcp_flags & PKT_TCP_ACK)
		acknowledge(t, &call);
	struct tcp_flow *f = find(t, &key, &call);
	if (f == NULL) {
		bool begins = pkt->tcp_flags & PKT_TCP_SYN || pkt->payload_size > 0;
		if (!begins || pkt->tcp_flags & PKT_TCP_RST)
			return;
		f = tcp_flow_open(t, &key);
		if (!(pkt->tcp_flags & PKT_TCP_SYN))
			start(f, &call, seq);
	}
	tcp_flow_touch(t, f, now_s);
	if (pkt->tcp_flags & PKT_TCP_RST) {
		reset(t, f, &call);
		return;
	}
	if (pkt->tcp_flags & PKT_TCP_SYN)
		take_syn(t, f, &call, ++seq);
	f->packet_s = packet_s;
	if (f->renewed && !is_renewed(f, &call, seq))
		return;
	if (pkt->payload_size > 0)
		tcp_stream_take(t, f, &call, seq, pkt->payload, pkt->payload_size);
	if (pkt->tcp_flags & PKT_TCP_FIN)
		finish(t, f, seq + pkt->payload_size);
	if (f->fin && f->state == TCP_FRAMED && f->ready_seq == f->fin_seq)
		end(t, f, f->fin_seq);
}

bool pkt_tcp_expire(struct pkt_tcp *t, uint32_t now_s, pkt_tcp_message *message, void *context)
{
	now_s = (uint32_t)monotonic_of(&t->time, now_s, t->timeout_s);
	for (int n = 0; n < EXPIRE_FLOWS; n++) {
		uint32_t oldest = t->ends[TCP_LIST_USED].older;
		if (oldest == TCP_NONE)
			return false;
		struct tcp_flow *f = &t->flows[oldest];
		if (tcp_distance(now_s, f->used_s) <= (int32_t)t->timeout_s)
			return false;
		expire(t, f, message, context);
	}
	return true;
}

void pkt_tcp_drain(struct pkt_tcp *t, pkt_tcp_message *message, void *context)
{
	for (uint32_t i = t->ends[TCP_LIST_HOLDING].older; i != TCP_NONE;) {
		struct tcp_flow *f = &t->flows[i];
		i = f->link[TCP_LIST_HOLDING].newer; // give_out removes it from the list
		give_out(t, f, message, context);
		if (f->chunks > 0)
			end(t, f, f->ready_seq);
	}
}

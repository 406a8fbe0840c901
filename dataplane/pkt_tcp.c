// SPDX-License-Identifier: BSD-3-Clause
// Segments in, messages out.
//
//                 SYN, or a segment that begins with what looks like a message
//     SEARCHING ───────────────────────────────────────────────────────────────► FRAMED ──FIN, RST──► CLOSED
//         ▲                                                                        │
//         └── no message where one should begin; a gap behind which none begins ◄──┘
//
// A stream that is not DNS is searching nearly all the time: a look-up and one comparison a segment.
#include <errno.h>
#include <stdlib.h>

#include "dataplane/cursor.h"
#include "dataplane/pkt_tcp_flow.h"

struct call {
	const struct pkt *pkt;
	pkt_tcp_message *message;
	void *context;
	uint32_t now_s;
};

enum look { LOOK_SOUND, LOOK_UNSOUND, LOOK_TOO_SHORT };

struct pkt_tcp *pkt_tcp_new(
	const struct pkt_tcp_options *options, const struct hash_key *key, struct worker_stats *stats)
{
	struct pkt_tcp *t = calloc(1, sizeof(*t));

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
	return t;
}

void pkt_tcp_free(struct pkt_tcp *t)
{
	if (t == NULL)
		return;
	free(t->buckets);
	free(t->flows);
	free(t->chunks);
	free(t);
}

// Whether a message with its length prefix may begin at `p`: the records that its header counts must
// have room in it, at 5 octets a question and 11 a record (RFC 1035 §4.1). Of random octets one in
// a hundred thousand passes; text and TLS never do.
static enum look look_at(const uint8_t *p, size_t size)
{
	if (size < 2)
		return LOOK_TOO_SHORT;
	size_t length = cursor_load16(p);
	if (length < TCP_HEAD_SIZE - 2)
		return LOOK_UNSOUND;
	if (size < TCP_HEAD_SIZE)
		return LOOK_TOO_SHORT;
	size_t questions = cursor_load16(p + 6);
	size_t records = (size_t)cursor_load16(p + 8) + cursor_load16(p + 10) + cursor_load16(p + 12);
	return 12 + questions * 5 + records * 11 <= length ? LOOK_SOUND : LOOK_UNSOUND;
}

// Whether a stream may be picked up at a segment that begins so. A length prefix often comes alone.
static bool boundary(const uint8_t *p, size_t size)
{
	enum look look = look_at(p, size);

	return look == LOOK_SOUND || (look == LOOK_TOO_SHORT && size == 2);
}

static void set_position(struct tcp_flow *f, uint32_t seq)
{
	f->next_seq = f->ready_seq = seq;
	f->seen = true;
}

// Gives the stream up until a later segment begins with a message. What is held goes.
static void lose(struct pkt_tcp *t, struct tcp_flow *f, uint64_t *reason)
{
	tcp_held_drop(t, f);
	f->state = TCP_SEARCHING;
	f->sure = false;
	f->seen = true;
	stats_add(reason, 1);
}

static void frame_at(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	tcp_held_drop(t, f);
	set_position(f, seq);
	f->state = TCP_FRAMED;
	f->sure = f->fin = false;
}

// Whether the message of `whole` octets at the front of `ready` ones stands where it should. In a
// proven stream nothing more is asked; in another one a header that cannot be right is forgiven
// where the message ends with what has arrived.
static bool well_framed(
	struct tcp_flow *f, const uint8_t *p, size_t size, size_t whole, size_t ready, bool *sound)
{
	enum look look = f->sure ? LOOK_SOUND : look_at(p, size);

	*sound = look == LOOK_SOUND;
	return look != LOOK_UNSOUND || whole == ready;
}

// Hands over the whole messages at the start of an in-order segment. Returns the octets consumed, or
// -EPROTO where no message begins.
static int64_t deliver_direct(struct tcp_flow *f, const struct call *call, const uint8_t *p, size_t size)
{
	size_t at = 0;

	while (size - at >= 2) {
		size_t left = size - at, whole = 2 + (size_t)cursor_load16(p + at);
		bool sound;
		if (!well_framed(f, p + at, left, whole, left, &sound))
			return -EPROTO;
		if (whole > left)
			break;
		set_position(f, f->next_seq + (uint32_t)whole);
		f->sure = sound;
		call->message(call->context, call->pkt, p + at + 2, whole - 2);
		at += whole;
	}
	return (int64_t)at;
}

// Hands over the whole messages at the front of what is held. False where no message begins.
static bool deliver_held(struct pkt_tcp *t, struct tcp_flow *f, const struct call *call)
{
	uint8_t head[TCP_HEAD_SIZE];

	for (;;) {
		size_t ready = f->ready_seq - f->next_seq, size = tcp_held_peek(t, f, head, sizeof(head));
		bool sound;
		if (size < 2)
			return true;
		size_t whole = 2 + (size_t)cursor_load16(head);
		if (!well_framed(f, head, size, whole, ready, &sound))
			return false;
		if (whole > ready)
			return true;
		tcp_held_peek(t, f, t->scratch, whole);
		tcp_held_consume(t, f, whole);
		f->sure = sound;
		call->message(call->context, call->pkt, t->scratch + 2, whole - 2);
	}
}

// Tries to go on at the first chunk, which stands at next_seq.
static bool resume(struct pkt_tcp *t, struct tcp_flow *f, const struct call *call)
{
	uint8_t head[TCP_HEAD_SIZE];
	size_t size = tcp_held_peek(t, f, head, sizeof(head));

	return t->chunks[f->first].start && boundary(head, size) && deliver_held(t, f, call);
}

// Goes on at the next held segment that begins with a message.
static void resynchronize(struct pkt_tcp *t, struct tcp_flow *f, const struct call *call)
{
	f->sure = false;
	while (tcp_held_skip(t, f))
		if (resume(t, f, call))
			return;
	f->state = TCP_SEARCHING;
}

// Gives up waiting for the first gap.
static void skip_gap(struct pkt_tcp *t, struct tcp_flow *f, const struct call *call)
{
	stats_add(&t->stats->tcp_gap, 1);
	f->sure = false;
	f->gap_acks = 0;
	f->gap_s = call->now_s;
	tcp_held_consume(t, f, f->ready_seq - f->next_seq);
	if (!tcp_held_jump(t, f))
		f->state = TCP_SEARCHING;
	else if (!resume(t, f, call))
		resynchronize(t, f, call);
}

// Keeps octets for later and hands over what became whole by them.
static void hold(struct pkt_tcp *t, struct tcp_flow *f, const struct call *call, uint32_t seq,
	const uint8_t *p, size_t size)
{
	uint32_t ready_seq = f->ready_seq;
	bool gap = f->gap;
	int error = tcp_held_insert(t, f, seq, p, size);

	if (error == -ENOBUFS && f->gap) {
		skip_gap(t, f, call);
		return;
	}
	if (error != 0) {
		lose(t, f, &t->stats->tcp_no_memory);
		return;
	}
	if (!gap || f->ready_seq != ready_seq) {
		f->gap_s = call->now_s;
		f->gap_acks = 0;
	}
	if (!deliver_held(t, f, call)) {
		stats_add(&t->stats->tcp_unsynced, 1);
		resynchronize(t, f, call);
	} else if (f->gap && tcp_distance(call->now_s, f->gap_s) > TCP_GAP_S) {
		skip_gap(t, f, call);
	}
}

// Octets of a stream whose boundaries are not known. True where it is picked up at `seq`.
static bool pick_up(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq, const uint8_t *p, size_t size)
{
	int32_t behind = tcp_distance(f->next_seq, seq);
	bool old = f->seen && behind > 0 && behind < TCP_FAR; // was looked at, perhaps handed over

	if (!old && boundary(p, size)) {
		frame_at(t, f, seq);
		return true;
	}
	if (!f->seen)
		stats_add(&t->stats->tcp_unsynced, 1);
	if (!old || (size_t)behind < size)
		set_position(f, seq + (uint32_t)size);
	return false;
}

// A segment too far from the others: another connection, if it begins with a message; else nothing.
static bool jump(struct pkt_tcp *t, struct tcp_flow *f, const struct call *call, uint32_t seq,
	const uint8_t *p, size_t size)
{
	if (!boundary(p, size))
		return false;
	while (f->gap)
		skip_gap(t, f, call);
	stats_add(&t->stats->tcp_gap, 1);
	frame_at(t, f, seq);
	return true;
}

static void take(struct pkt_tcp *t, struct tcp_flow *f, const struct call *call, uint32_t seq,
	const uint8_t *p, size_t size)
{
	if (f->state != TCP_FRAMED && !pick_up(t, f, seq, p, size))
		return;
	int32_t ahead = tcp_distance(seq, f->next_seq);
	if (ahead < -TCP_FAR || ahead > TCP_WINDOW - (int32_t)size) {
		if (!jump(t, f, call, seq, p, size))
			return;
		ahead = 0;
	}
	if (ahead < 0) { // the first copy was taken
		if ((size_t)-ahead >= size)
			return;
		seq = f->next_seq, p += -ahead, size -= (size_t)-ahead;
	}
	if (f->chunks > 0 || ahead > 0) {
		hold(t, f, call, seq, p, size);
		return;
	}
	int64_t done = deliver_direct(f, call, p, size);
	if (done < 0) {
		lose(t, f, &t->stats->tcp_unsynced);
		set_position(f, seq + (uint32_t)size);
	} else if ((size_t)done < size) {
		hold(t, f, call, seq + (uint32_t)done, p + done, size - (size_t)done);
	}
}

// `seq` is that of the first octet to come. A SYN that lies just behind what was read is a late copy.
static void begin(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	int32_t behind = tcp_distance(f->next_seq, seq);

	if (f->seen && f->state != TCP_CLOSED && behind >= 0 && behind < 65536)
		return;
	if (f->seen)
		stats_add(&t->stats->tcp_opened, 1);
	if (f->chunks > 0)
		stats_add(&t->stats->tcp_cut, 1);
	frame_at(t, f, seq);
}

static void end(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	if (f->chunks > 0)
		stats_add(&t->stats->tcp_cut, 1);
	tcp_held_drop(t, f);
	set_position(f, seq);
	f->state = TCP_CLOSED;
}

// FIN closes when everything before it has arrived.
static void finish(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	int32_t ahead = tcp_distance(seq, f->ready_seq);

	if (f->state != TCP_FRAMED) {
		end(t, f, seq);
	} else if (ahead >= 0 && ahead <= TCP_WINDOW) {
		f->fin = true;
		f->fin_seq = seq;
	}
}

// RST counts where it is what comes next (RFC 5961 §3.2).
static void reset(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	if (f->state != TCP_FRAMED || seq == f->ready_seq)
		end(t, f, seq);
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

// The receiver has what the tap has not: an acknowledgement beyond the gap of the other direction.
static __attribute__((noinline)) void acknowledge(struct pkt_tcp *t, const struct call *call)
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
	struct call other = *call;
	other.pkt = &pkt;
	skip_gap(t, f, &other);
}

void pkt_tcp_segment(
	struct pkt_tcp *t, const struct pkt *pkt, uint32_t now_s, pkt_tcp_message *message, void *context)
{
	struct call call = {.pkt = pkt, .message = message, .context = context, .now_s = now_s};
	struct tcp_key key = key_of(pkt, false);
	uint32_t seq = pkt->tcp_seq;

	if (t->gaps > 0 && pkt->tcp_flags & PKT_TCP_ACK)
		acknowledge(t, &call);
	struct tcp_flow *f = tcp_flow_find(t, &key);
	if (f == NULL) {
		bool begins = pkt->tcp_flags & PKT_TCP_SYN || pkt->payload_size > 0;
		if (!begins || pkt->tcp_flags & PKT_TCP_RST)
			return;
		f = tcp_flow_open(t, &key);
	}
	tcp_flow_touch(t, f, now_s);
	if (pkt->tcp_flags & PKT_TCP_RST) {
		reset(t, f, seq);
		return;
	}
	if (pkt->tcp_flags & PKT_TCP_SYN)
		begin(t, f, ++seq);
	if (pkt->payload_size > 0)
		take(t, f, &call, seq, pkt->payload, pkt->payload_size);
	if (pkt->tcp_flags & PKT_TCP_FIN)
		finish(t, f, seq + pkt->payload_size);
	if (f->fin && f->state == TCP_FRAMED && f->ready_seq == f->fin_seq)
		end(t, f, f->fin_seq);
}

void pkt_tcp_expire(struct pkt_tcp *t, uint32_t now_s)
{
	for (int n = 0; n < 8; n++) {
		uint32_t oldest = t->ends[TCP_LIST_USED].older;
		if (oldest == TCP_NONE)
			return;
		struct tcp_flow *f = &t->flows[oldest];
		if (tcp_distance(now_s, f->used_s) <= (int32_t)t->timeout_s)
			return;
		tcp_flow_forget(t, f);
		stats_add(&t->stats->tcp_expired, 1);
	}
}

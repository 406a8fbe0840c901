// SPDX-License-Identifier: BSD-3-Clause
// One stream: where messages begin, what is passed on, what has to wait.
//
//                 SYN, or a segment that begins with what looks like a message
//     SEARCHING ───────────────────────────────────────────────────────────────► FRAMED ──FIN, RST──► CLOSED
//         ▲                                                                        │
//         └── no message where one should begin; a gap after which none begins ◄───┘
//
// A stream that is not DNS is nearly always SEARCHING: one lookup and one comparison per segment.
#include <errno.h>

#include "dataplane/common/cursor.h"
#include "dataplane/packet/tcp_parts.h"

enum tcp_look { LOOK_SOUND, LOOK_UNSOUND, LOOK_TOO_SHORT };

// Messages too short for a header, mostly of 0 octets, are skipped: at most TINY_MAX in a row.
enum { TINY_MAX = 16, TINY_SIZE_MAX = TINY_MAX * (TCP_HEAD_SIZE - 1) + TCP_HEAD_SIZE };

// Whether a message with its length prefix may begin at `p`: the records that its header counts must fit into it, with at
// least 5 octets per question and 11 per record (RFC 1035 §4.1). One in 100,000 random strings of octets passes; text and TLS
// never do.
static enum tcp_look look_at(const uint8_t *p, size_t size)
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

static bool is_tiny(const uint8_t *p, size_t size)
{
	return size >= 2 && cursor_load16(p) < TCP_HEAD_SIZE - 2;
}

// The same if messages too short for a header may come first: what follows them decides.
static enum tcp_look look_beyond(const uint8_t *p, size_t size)
{
	for (int n = 0; is_tiny(p, size); n++) {
		size_t whole = 2 + (size_t)cursor_load16(p);
		if (n == TINY_MAX)
			return LOOK_UNSOUND;
		if (whole >= size)
			return LOOK_TOO_SHORT;
		p += whole;
		size -= whole;
	}
	return look_at(p, size);
}

// True if an unknown stream may be entered at a segment that begins so. Inside a message, octets often look like a header
// that counts nothing or many questions, or like the zeros of an empty message; so these are not accepted, except an empty
// message followed by exactly one other. A length prefix is often a segment of its own.
static bool boundary(const uint8_t *p, size_t size)
{
	bool after_empty = size > 2 && cursor_load16(p) == 0;

	if (after_empty) {
		p += 2;
		size -= 2;
		if (size < 2 || 2 + (size_t)cursor_load16(p) != size)
			return false;
	}
	if (size == 2)
		return cursor_load16(p) >= TCP_HEAD_SIZE - 2;
	if (look_at(p, size) != LOOK_SOUND || cursor_load16(p + 6) > 1)
		return false;
	return (cursor_load32(p + 6) | cursor_load32(p + 10)) != 0 || cursor_load16(p) == TCP_HEAD_SIZE - 2;
}

// Drops what is held and searches until a later segment begins with a message.
static void lose(struct pkt_tcp *t, struct tcp_flow *f, uint64_t *reason)
{
	tcp_held_drop(t, f);
	f->state = TCP_SEARCHING;
	f->sure = false;
	f->seen = true;
	stats_add(reason, 1);
}

void tcp_stream_frame(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq)
{
	tcp_held_drop(t, f);
	tcp_stream_position(f, seq);
	f->state = TCP_FRAMED;
	f->sure = f->fin = f->far = false;
}

// True if a message of `whole` octets may be the next one of `ready` octets. A proven stream is trusted. In others, a message
// with an impossible header is accepted only if it ends exactly with what has arrived.
static bool well_framed(struct tcp_flow *f, const uint8_t *p, size_t size, size_t whole, size_t ready, bool *sound)
{
	enum tcp_look look = f->sure ? LOOK_SOUND : look_beyond(p, size);

	*sound = f->sure || (look == LOOK_SOUND && !is_tiny(p, size));
	return look != LOOK_UNSOUND || whole == ready;
}

// Passes on the whole messages at the start of an in-order segment. Returns the octets consumed, or -EPROTO if no message
// begins there.
static int64_t deliver_direct(struct tcp_flow *f, const struct tcp_call *call, const uint8_t *p, size_t size)
{
	size_t at = 0;

	while (size - at >= 2) {
		size_t left = size - at, whole = 2 + (size_t)cursor_load16(p + at);
		bool sound;
		if (!well_framed(f, p + at, left, whole, left, &sound))
			return -EPROTO;
		if (whole > left)
			break;
		tcp_stream_position(f, f->next_seq + (uint32_t)whole);
		f->sure = sound;
		call->message(call->context, call->pkt, p + at + 2, whole - 2, f->packet_s);
		at += whole;
	}
	return (int64_t)at;
}

// Passes on the whole messages at the start of what is held. False if no message begins there.
static bool deliver_held(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call)
{
	uint8_t head[TINY_SIZE_MAX];

	for (;;) {
		size_t ready = f->ready_seq - f->next_seq, size = tcp_held_peek(t, f, head, TCP_HEAD_SIZE);
		bool sound;
		if (size < 2)
			return true;
		if (is_tiny(head, size))
			size = tcp_held_peek(t, f, head, sizeof(head));
		size_t whole = 2 + (size_t)cursor_load16(head);
		if (!well_framed(f, head, size, whole, ready, &sound))
			return false;
		if (whole > ready)
			return true;
		tcp_held_peek(t, f, t->scratch, whole);
		tcp_held_consume(t, f, whole);
		f->sure = sound;
		call->message(call->context, call->pkt, t->scratch + 2, whole - 2, f->packet_s);
	}
}

// Tries to continue at the first chunk, which begins at next_seq.
static bool resume(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call)
{
	uint8_t head[TCP_HEAD_SIZE];
	size_t size = tcp_held_peek(t, f, head, sizeof(head));

	return t->chunks[f->first].start && boundary(head, size) && deliver_held(t, f, call);
}

// Continues at the next held segment that begins with a message.
static void resynchronize(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call)
{
	f->sure = false;
	while (tcp_held_skip(t, f))
		if (resume(t, f, call))
			return;
	f->state = TCP_SEARCHING;
}

// Skips the first gap.
void tcp_stream_skip_gap(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call)
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

// Holds octets and passes on the messages that they complete.
static void hold(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call, uint32_t seq, const uint8_t *p,
	size_t size)
{
	uint32_t ready_seq = f->ready_seq;
	bool gap = f->gap;
	int error = tcp_held_insert(t, f, seq, p, size);

	if (error == -ENOBUFS && f->gap) {
		tcp_stream_skip_gap(t, f, call);
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
		tcp_stream_skip_gap(t, f, call);
	}
}

// Octets of a stream whose boundaries are not known. True if a message begins at `seq`.
static bool pick_up(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq, const uint8_t *p, size_t size)
{
	int32_t behind = tcp_distance(f->next_seq, seq);
	bool old = f->seen && behind > 0 && behind < TCP_FAR; // seen before, perhaps passed on

	if (!old && boundary(p, size)) {
		tcp_stream_frame(t, f, seq);
		return true;
	}
	if (!f->seen)
		stats_add(&t->stats->tcp_unsynced, 1);
	if (!old || (size_t)behind < size)
		tcp_stream_position(f, seq + (uint32_t)size);
	return false;
}

// A segment too far from the others: another connection if it begins with a message, otherwise dropped. Of several in a row
// only the first one is counted.
static bool jump(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call, uint32_t seq, const uint8_t *p,
	size_t size)
{
	if (!f->far)
		stats_add(&t->stats->tcp_gap, 1);
	f->far = true;
	if (!boundary(p, size))
		return false;
	while (f->gap)
		tcp_stream_skip_gap(t, f, call);
	tcp_stream_frame(t, f, seq);
	return true;
}

void tcp_stream_take(struct pkt_tcp *t, struct tcp_flow *f, const struct tcp_call *call, uint32_t seq, const uint8_t *p,
	size_t size)
{
	if (f->state != TCP_FRAMED && !pick_up(t, f, seq, p, size))
		return;
	int32_t ahead = tcp_distance(seq, f->next_seq);
	if (ahead < -TCP_FAR || ahead > TCP_WINDOW - (int32_t)size) {
		if (!jump(t, f, call, seq, p, size))
			return;
		ahead = 0;
	}
	f->far = false;
	if (ahead < 0) { // the first copy counts
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
		tcp_stream_position(f, seq + (uint32_t)size);
	} else if ((size_t)done < size) {
		hold(t, f, call, seq + (uint32_t)done, p + done, size - (size_t)done);
	}
}

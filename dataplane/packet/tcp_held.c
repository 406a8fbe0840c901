// SPDX-License-Identifier: BSD-3-Clause
// Octets that wait for the rest of their message or for a gap to close, in chunks of one arena.
#include <errno.h>
#include <stdlib.h>

#include "dataplane/base/memory.h"
#include "dataplane/packet/tcp_parts.h"

int tcp_held_init(struct pkt_tcp *t, uint64_t size)
{
	uint64_t len = size / sizeof(*t->chunks);

	if (len == 0)
		len = 1;
	if (len >= TCP_NONE)
		return -ENOMEM;
	t->chunks = memory_new(len * sizeof(*t->chunks)); // pages come with the first octets in them
	if (t->chunks == NULL)
		return -ENOMEM;
	t->chunks_len = (uint32_t)len;
	t->free_chunk = TCP_NONE;
	return 0;
}

static uint32_t chunk_end(const struct tcp_chunk *c)
{
	return c->seq + c->size;
}

static void held_changed(struct pkt_tcp *t, int64_t octets)
{
	t->held += (uint64_t)octets;
	stats_set(&t->stats->tcp_held_bytes, t->held);
}

static void set_gap(struct pkt_tcp *t, struct tcp_flow *f, bool gap)
{
	t->gaps += (uint32_t)gap - (uint32_t)f->gap;
	f->gap = gap;
}

// Moves the ready mark over what became contiguous.
static void advance_ready(struct pkt_tcp *t, struct tcp_flow *f)
{
	uint32_t next = f->ready != TCP_NONE ? t->chunks[f->ready].next : f->first;

	if (f->ready != TCP_NONE)
		f->ready_seq = chunk_end(&t->chunks[f->ready]);
	else
		f->ready_seq = f->next_seq;
	while (next != TCP_NONE && t->chunks[next].seq == f->ready_seq) {
		f->ready = next;
		f->ready_seq = chunk_end(&t->chunks[next]);
		next = t->chunks[next].next;
	}
	set_gap(t, f, next != TCP_NONE);
}

static void free_first(struct pkt_tcp *t, struct tcp_flow *f)
{
	uint32_t i = f->first;
	struct tcp_chunk *c = &t->chunks[i];

	held_changed(t, -(int64_t)c->size);
	f->first = c->next;
	if (f->ready == i)
		f->ready = TCP_NONE;
	c->next = t->free_chunk;
	t->free_chunk = i;
	if (--f->chunks == 0) {
		f->last = TCP_NONE;
		tcp_list_remove(t, TCP_LIST_HOLDING, f);
	}
}

void tcp_held_drop(struct pkt_tcp *t, struct tcp_flow *f)
{
	if (f->last != TCP_NONE)
		f->next_seq = chunk_end(&t->chunks[f->last]);
	while (f->first != TCP_NONE)
		free_first(t, f);
	f->ready_seq = f->next_seq;
	set_gap(t, f, false);
}

bool tcp_held_jump(struct pkt_tcp *t, struct tcp_flow *f)
{
	if (f->first != TCP_NONE)
		f->next_seq = t->chunks[f->first].seq;
	f->ready = TCP_NONE;
	advance_ready(t, f);
	return f->first != TCP_NONE;
}

bool tcp_held_skip(struct pkt_tcp *t, struct tcp_flow *f)
{
	if (f->first == TCP_NONE)
		return false;
	f->next_seq = chunk_end(&t->chunks[f->first]);
	free_first(t, f);
	return tcp_held_jump(t, f);
}

// A free chunk; if there is none, the flow whose octets have waited longest loses its chunks.
static uint32_t chunk_alloc(struct pkt_tcp *t, struct tcp_flow *f)
{
	if (t->free_chunk == TCP_NONE && t->chunks_used < t->chunks_len)
		return t->chunks_used++;
	if (t->free_chunk == TCP_NONE) {
		struct tcp_flow *oldest = &t->flows[t->ends[TCP_LIST_HOLDING].older];
		if (oldest == f)
			return TCP_NONE;
		tcp_held_drop(t, oldest);
		oldest->state = TCP_SEARCHING;
		stats_add(&t->stats->tcp_no_memory, 1);
	}
	uint32_t i = t->free_chunk;
	t->free_chunk = t->chunks[i].next;
	return i;
}

// Inserts an empty chunk after `prev` (TCP_NONE: as the first). Returns its index, or a negative errno.
static int64_t chunk_new(struct pkt_tcp *t, struct tcp_flow *f, uint32_t prev, uint32_t seq)
{
	if (f->chunks >= TCP_FLOW_CHUNKS_MAX)
		return -ENOBUFS;
	uint32_t i = chunk_alloc(t, f);
	if (i == TCP_NONE)
		return -ENOMEM;
	uint32_t *from = prev != TCP_NONE ? &t->chunks[prev].next : &f->first;
	struct tcp_chunk *c = &t->chunks[i];
	c->next = *from;
	c->seq = seq;
	c->from = c->size = c->start = 0;
	*from = i;
	if (c->next == TCP_NONE)
		f->last = i;
	if (f->chunks++ > 0)
		tcp_list_remove(t, TCP_LIST_HOLDING, f);
	tcp_list_add(t, TCP_LIST_HOLDING, f);
	return i;
}

// True if octets at `seq` may be appended to chunk `prev`. Segments of an unproven stream, and those beyond a gap, have a chunk
// each, so that it stays known where they began.
static bool may_merge(const struct pkt_tcp *t, const struct tcp_flow *f, uint32_t prev, uint32_t seq, bool start)
{
	if (prev == TCP_NONE)
		return false;
	const struct tcp_chunk *c = &t->chunks[prev];
	if (chunk_end(c) != seq || c->from + c->size >= TCP_CHUNK_SIZE)
		return false;
	return !start || f->chunks >= TCP_FLOW_MERGE_CHUNKS || (f->sure && prev == f->ready);
}

// Writes up to `size` octets at `seq` after chunk `*prev`. Returns how many, or a negative errno.
static int64_t write_chunk(struct pkt_tcp *t, struct tcp_flow *f, uint32_t *prev, uint32_t seq, const uint8_t *p,
	size_t size, bool start)
{
	if (!may_merge(t, f, *prev, seq, start)) {
		int64_t i = chunk_new(t, f, *prev, seq);
		if (i < 0)
			return i;
		*prev = (uint32_t)i;
		t->chunks[i].start = start;
	}
	struct tcp_chunk *c = &t->chunks[*prev];
	size_t used = (size_t)c->from + c->size, n = TCP_CHUNK_SIZE - used;
	if (n > size)
		n = size;
	memcpy(c->octets + used, p, n);
	c->size = (uint16_t)(c->size + n) & 0x7fff;
	held_changed(t, (int64_t)n);
	return (int64_t)n;
}

// A chunk to begin the search at: all chunks up to it end at or before `seq`.
static uint32_t insert_after(const struct pkt_tcp *t, const struct tcp_flow *f, uint32_t seq)
{
	if (f->last != TCP_NONE && tcp_distance(seq, chunk_end(&t->chunks[f->last])) >= 0)
		return f->last;
	return f->ready;
}

// Writes the octets at `seq` up to the next chunk, or skips those that it already holds. Returns how many octets are done
// (0: the skipped chunk ends before `seq`), or a negative errno.
static int64_t insert_some(struct pkt_tcp *t, struct tcp_flow *f, uint32_t *prev, uint32_t seq, const uint8_t *p,
	size_t size, bool start)
{
	uint32_t next = *prev != TCP_NONE ? t->chunks[*prev].next : f->first;

	if (next == TCP_NONE)
		return write_chunk(t, f, prev, seq, p, size, start);
	int32_t to_start = tcp_distance(t->chunks[next].seq, seq);
	if (to_start > 0)
		return write_chunk(t, f, prev, seq, p, size < (size_t)to_start ? size : (size_t)to_start, start);
	int32_t to_end = tcp_distance(chunk_end(&t->chunks[next]), seq);
	*prev = next;
	if (to_end <= 0)
		return 0;
	return (size_t)to_end < size ? to_end : (int64_t)size;
}

int tcp_held_insert(struct pkt_tcp *t, struct tcp_flow *f, uint32_t seq, const uint8_t *p, size_t size)
{
	int32_t known = tcp_distance(f->ready_seq, seq);
	bool start = true;
	int64_t n = 0;

	if (known > 0) { // these are held or delivered already
		if ((size_t)known >= size)
			return 0;
		seq += (uint32_t)known, p += known, size -= (size_t)known;
		start = false;
	}
	uint32_t prev = insert_after(t, f, seq);
	for (; size > 0; seq += (uint32_t)n, p += n, size -= (size_t)n) {
		n = insert_some(t, f, &prev, seq, p, size, start);
		if (n < 0)
			break;
		start = start && n == 0;
	}
	advance_ready(t, f);
	return n < 0 ? (int)n : 0;
}

size_t tcp_held_peek(const struct pkt_tcp *t, const struct tcp_flow *f, uint8_t *out, size_t size)
{
	size_t ready = f->ready_seq - f->next_seq, done = 0;

	if (size > ready)
		size = ready;
	for (uint32_t i = f->first; done < size; i = t->chunks[i].next) {
		const struct tcp_chunk *c = &t->chunks[i];
		size_t n = c->size < size - done ? c->size : size - done;
		memcpy(out + done, c->octets + c->from, n);
		done += n;
	}
	return size;
}

void tcp_held_consume(struct pkt_tcp *t, struct tcp_flow *f, size_t size)
{
	f->next_seq += (uint32_t)size;
	while (size > 0) {
		struct tcp_chunk *c = &t->chunks[f->first];
		if (c->size <= size) {
			size -= c->size;
			free_first(t, f);
			continue;
		}
		c->from = (uint16_t)(c->from + size);
		c->seq += (uint32_t)size;
		c->size = (uint16_t)(c->size - size) & 0x7fff;
		c->start = 0;
		held_changed(t, -(int64_t)size);
		size = 0;
	}
	advance_ready(t, f);
}

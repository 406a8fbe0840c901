// SPDX-License-Identifier: BSD-3-Clause
// Domain names in wire form: reading with decompression, lower case, ancestry, text.
#include "dataplane/dns/dns.h"
#include "dataplane/dns/name_memory.h"

#include <stdio.h>

// Length octet of a label, RFC 1035 §4.1.4 and RFC 6891 §5: the two top bits are its kind.
enum { LABEL_KIND = 0xc0, LABEL_POINTER = 0xc0, LABEL_POINTER_HIGH = 0x3f };

static inline uint8_t lower(uint8_t octet)
{
	return (uint8_t)(octet - 'A') < 26 ? octet | 0x20 : octet;
}

// Eight octets at once: sets 0x20 in those that are 'A'..'Z' (no octet carries into its neighbour).
static inline uint64_t lower8(uint64_t word)
{
	const uint64_t high = 0x8080808080808080u;
	uint64_t low7 = word & ~high;
	uint64_t from_a = low7 + 0x3f3f3f3f3f3f3f3fu; // bit 7 where low7 >= 'A'
	uint64_t past_z = low7 + 0x2525252525252525u; // bit 7 where low7 > 'Z'
	return word | ((from_a & ~past_z & ~word & high) >> 2);
}

static inline void copy_lower8(uint8_t *to, const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, 8);
	word = lower8(word);
	memcpy(to, &word, 8);
}

// Copies n octets in lower case, by words that overlap at the end.
static inline void copy_lower(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8)
			copy_lower8(to + i, from + i);
		copy_lower8(to + n - 8, from + n - 8);
	} else if (n >= 4) {
		uint32_t first, last;
		memcpy(&first, from, 4);
		memcpy(&last, from + n - 4, 4);
		uint64_t both = lower8(first | (uint64_t)last << 32);
		first = (uint32_t)both;
		last = (uint32_t)(both >> 32);
		memcpy(to, &first, 4);
		memcpy(to + n - 4, &last, 4);
	} else {
		for (size_t i = 0; i < n; i++)
			to[i] = lower(from[i]);
	}
}

// Ends the walk by the tail that is known of the place `p`. Returns the size of the whole name, or 0.
static size_t join_tail(struct name_walk *k, const struct cursor *c, const struct name_tail *tail, const uint8_t *bytes,
	uint8_t *out, size_t size)
{
	if ((tail->pointers > 0 && tail->next >= k->lowest) || k->pointers + tail->pointers > DNS_POINTERS_MAX ||
		size + tail->size > DNS_NAME_SIZE || tail->furthest > (size_t)(c->end - c->base))
		return 0;
	memcpy(out + size, bytes + tail->at, tail->size);
	k->tail = tail;
	return size + tail->size;
}

// This walk over labels is not wire_name_end: it copies each label, and follows pointers.
static inline __attribute__((always_inline)) size_t walk(struct name_walk *k, struct cursor *c,
	const struct name_memory *memory, const uint8_t *bytes, uint8_t *out, bool notes)
{
	const uint8_t *p = c->at;
	size_t size = 0;

	while (p < c->end) {
		size_t offset = (size_t)(p - c->base);
		if (memory && offset <= NAME_OFFSET_MAX) {
			const struct name_tail *tail = name_memory_find(memory, offset);
			if (tail)
				return join_tail(k, c, tail, bytes, out, size);
		}
		uint8_t label = *p++;
		if (label == 0) {
			out[size++] = 0;
			k->jumps[k->pointers].after = (uint32_t)(p - c->base);
			return size;
		}
		if (label <= DNS_LABEL_SIZE) {
			// one octet for the length and one for the root that must still follow
			if (label > (size_t)(c->end - p) || size + label + 2 > DNS_NAME_SIZE)
				return 0;
			if (notes)
				k->labels[k->labels_len++] = (struct name_label){.offset = (uint16_t)offset,
					.at = (uint8_t)size,
					.pointers = (uint8_t)k->pointers};
			out[size++] = label;
			copy_lower(out + size, p, label);
			size += label;
			p += label;
			continue;
		}
		if ((label & LABEL_KIND) != LABEL_POINTER || p == c->end)
			return 0;
		size_t target = (size_t)(label & LABEL_POINTER_HIGH) << 8 | *p++;
		if (target >= k->lowest || k->pointers == DNS_POINTERS_MAX)
			return 0;
		k->jumps[k->pointers++] =
			(struct name_jump){.after = (uint32_t)(p - c->base), .target = (uint16_t)target};
		k->lowest = target;
		p = c->base + target;
	}
	return 0;
}

static inline __attribute__((always_inline)) size_t read_name(struct name_walk *k, struct cursor *c,
	const struct name_memory *memory, const uint8_t *bytes, uint8_t *out, bool notes)
{
	k->labels_len = k->pointers = 0;
	k->lowest = cursor_offset(c);
	k->tail = NULL;
	size_t size = walk(k, c, memory, bytes, out, notes);
	if (size == 0) {
		cursor_fail(c);
		return 0;
	}
	// labels after a pointer may reach past the name itself: the message continues after them, and then is hardly
	// ever sound
	uint32_t furthest = k->tail ? k->tail->furthest : k->jumps[k->pointers].after;
	for (unsigned i = k->pointers; i-- > 0;)
		furthest = k->jumps[i].after > furthest ? k->jumps[i].after : furthest;
	c->at = c->base + furthest;
	return size;
}

size_t name_walk(struct name_walk *k, struct cursor *c, const struct name_memory *memory, const uint8_t *bytes,
	uint8_t *out)
{
	return read_name(k, c, memory, bytes, out, true);
}

size_t dns_name_read(struct cursor *c, uint8_t out[static DNS_NAME_SIZE])
{
	struct name_walk k;

	return read_name(&k, c, NULL, NULL, out, false);
}

void name_memory_note(struct name_memory *memory, const struct name_walk *k, uint32_t at, size_t size)
{
	const struct name_tail *tail = k->tail;
	unsigned pointers = k->pointers + (tail ? tail->pointers : 0), jump = k->pointers;
	uint32_t furthest = tail ? tail->furthest : k->jumps[k->pointers].after;

	for (unsigned i = k->labels_len; i-- > 0;) { // from the end on
		const struct name_label *l = &k->labels[i];
		for (; jump > l->pointers; jump--)
			furthest = k->jumps[jump - 1].after > furthest ? k->jumps[jump - 1].after : furthest;
		if (l->offset > NAME_OFFSET_MAX)
			continue;
		uint16_t next = l->pointers < k->pointers ? k->jumps[l->pointers].target : tail ? tail->next : 0;
		memory->tails[l->offset] = (struct name_tail){.round = memory->round,
			.at = at + l->at,
			.furthest = furthest,
			.next = next,
			.size = (uint8_t)(size - l->at),
			.pointers = (uint8_t)(pointers - l->pointers)};
	}
}

void dns_name_lower(uint8_t *name, size_t size)
{
	// length octets are below 'A' and do not change
	for (size_t i = 0; i < size; i++)
		name[i] = lower(name[i]);
}

bool dns_name_is_under(const uint8_t *name, size_t name_size, const uint8_t *zone, size_t zone_size)
{
	if (zone_size > name_size)
		return false;
	size_t at = 0, want = name_size - zone_size;
	if (memcmp(name + want, zone, zone_size) != 0)
		return false;
	if (zone_size == 1) // the root
		return true;
	while (at < want) // the zone must begin at a label of the name
		at = wire_name_next(name, at);
	return at == want;
}

static size_t text_octet(uint8_t octet, char *out)
{
	if (octet < 0x21 || octet > 0x7e)
		return (size_t)sprintf(out, "\\%03u", octet);
	if (strchr("\"().;\\@$", octet)) {
		out[0] = '\\';
		out[1] = (char)octet;
		return 2;
	}
	out[0] = (char)octet;
	return 1;
}

size_t dns_name_text(const uint8_t *name, size_t name_size, char *out, size_t size)
{
	size_t len = 0;

	if (size < DNS_NAME_TEXT_SIZE || name_size == 0) {
		if (size > 0)
			out[0] = '\0';
		return 0;
	}
	for (size_t at = 0; at < name_size && name[at] != 0; at = wire_name_next(name, at)) {
		if (len > 0)
			out[len++] = '.';
		for (size_t i = 1; i <= name[at] && at + i < name_size; i++)
			len += text_octet(name[at + i], out + len);
	}
	if (len == 0)
		out[len++] = '.';
	out[len] = '\0';
	return len;
}

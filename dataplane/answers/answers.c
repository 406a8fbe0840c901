// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/answers/answers.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/answers/look.h"
#include "dataplane/common/cursor.h"
#include "dataplane/common/dns_types.h"

enum {
	SET_MEMORY = sizeof(struct answers_set) + ANSWERS_WAYS * sizeof(struct answers_entry),
	ROOM_ONE_IN = 8,    // an entry with repetitions makes room for one in so many
	POINTER_FIXED = 12, // octets of a record before its RDATA, whose owner is a pointer
	OPT_FIXED = 11,
	DNS_POINTERS = 16, // compression pointers in one name
	OPTION_COOKIE = 10
};

_Static_assert(sizeof(struct answers_entry) == 256, "four cache lines");
_Static_assert(sizeof(struct answers_set) == 16, "compared at once");

static uint32_t groups_of(size_t memory)
{
	return (uint32_t)(memory / (SET_MEMORY * ANSWERS_GROUP_SETS)) +
	       (memory < (size_t)SET_MEMORY * ANSWERS_GROUP_SETS);
}

uint32_t answers_sets(const struct answers *a)
{
	return a->groups * ANSWERS_GROUP_SETS;
}

// The last block of an entry may be read beyond its end.
static size_t entries_size(uint32_t groups)
{
	return ((size_t)groups * ANSWERS_GROUP_SETS * ANSWERS_WAYS + 1) * sizeof(struct answers_entry);
}

size_t answers_memory(size_t memory)
{
	return memory_size(groups_of(memory) * (size_t)ANSWERS_GROUP_SETS * sizeof(struct answers_set)) +
	       memory_size(entries_size(groups_of(memory)));
}

struct answers *answers_new(size_t memory, bool huge_pages, const struct hash_key *key)
{
	struct answers *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->key = *key;
	a->groups = groups_of(memory);
	a->set_memory = memory_map(answers_sets(a) * sizeof(*a->sets), huge_pages);
	a->entry_memory = memory_map(entries_size(a->groups), huge_pages);
	a->sets = a->set_memory.at;
	a->entries = a->entry_memory.at;
	if (!a->sets || !a->entries) {
		answers_free(a);
		return NULL;
	}
	return a;
}

void answers_free(struct answers *a)
{
	if (!a)
		return;
	memory_unmap(&a->set_memory);
	memory_unmap(&a->entry_memory);
	free(a);
}

static bool is_ignored(const struct answers_entry *e, size_t at)
{
	return e->mask[at / OCTETS] >> at % OCTETS & 1;
}

static void ignore(struct answers_entry *e, size_t from, size_t to)
{
	for (size_t block = from / OCTETS; block * OCTETS < to; block++) {
		size_t first = from > block * OCTETS ? from - block * OCTETS : 0;
		size_t last = to < (block + 1) * OCTETS ? to - block * OCTETS : OCTETS; // the one after it
		e->mask[block] |= (uint32_t)((1ull << last) - (1ull << first));
	}
}

// The contents of cookies among the options at wire[at, end). False if they are malformed.
static bool ignore_cookies(struct answers_entry *e, const uint8_t *wire, size_t at, size_t end)
{
	while (at + 4 <= end) {
		size_t size = cursor_load16(wire + at + 2);
		if (size > end - at - 4)
			return false;
		if (cursor_load16(wire + at) == OPTION_COOKIE)
			ignore(e, at + 4, at + 4 + size);
		at += 4 + size;
	}
	return at == end;
}

// True if a name that begins at wire[at] takes octets that are ignored: a pointer may lead into a TTL.
static bool name_takes_ignored(const struct answers_entry *e, const uint8_t *wire, size_t size, size_t at)
{
	for (int jumps = 0; at < size && wire[at] != 0;) {
		if (is_ignored(e, at))
			return true;
		if ((wire[at] & 0xc0) == 0xc0) {
			if (++jumps > DNS_POINTERS || at + 1 >= size || is_ignored(e, at + 1))
				return true;
			at = cursor_load16(wire + at) & 0x3fffu;
			continue;
		}
		for (size_t end = at + wire[at] + 1u; at < end; at++)
			if (at < size && is_ignored(e, at))
				return true;
	}
	return at < size && is_ignored(e, at);
}

// The same for each pointer that may be in wire[at, end).
static bool pointers_take_ignored(const struct answers_entry *e, const uint8_t *wire, size_t size, size_t at,
	size_t end)
{
	for (; at + 1 < end; at++)
		if ((wire[at] & 0xc0) == 0xc0 && name_takes_ignored(e, wire, size, at))
			return true;
	return false;
}

static bool has_names(unsigned type)
{
	return type != DNS_TYPE_A && type != DNS_TYPE_AAAA && type != DNS_TYPE_TXT && type != DNS_TYPE_OPT;
}

// Which octets of an ordinary answer (loop/answer.h) do not matter. False if it is not of the form expected, or if a name
// depends on them.
static bool make_mask(struct answers_entry *e, const uint8_t *wire, size_t size, size_t at)
{
	unsigned records = cursor_load16(wire + 6) + cursor_load16(wire + 8) + cursor_load16(wire + 10);
	const size_t first = at;

	memset(e->mask, 0, sizeof(e->mask));
	ignore(e, 0, 2); // the ID
	for (unsigned left = records; left > 0; left--) {
		bool is_opt = size - at >= OPT_FIXED && wire[at] == 0 && cursor_load16(wire + at + 1) == DNS_TYPE_OPT;
		size_t fixed = is_opt ? OPT_FIXED : POINTER_FIXED;
		if (size - at < fixed || (!is_opt && (wire[at] & 0xc0) != 0xc0))
			return false;
		size_t rdata = at + fixed, rdata_size = cursor_load16(wire + rdata - 2);
		if (rdata_size > size - rdata || (is_opt && !ignore_cookies(e, wire, rdata, rdata + rdata_size)))
			return false;
		if (!is_opt)
			ignore(e, at + 6, at + 10); // the TTL
		at = rdata + rdata_size;
	}
	if (at != size)
		return false;
	at = first;
	for (unsigned left = records; left > 0; left--) {
		size_t rdata = at + (wire[at] == 0 ? OPT_FIXED : POINTER_FIXED),
		       end = rdata + cursor_load16(wire + rdata - 2);
		unsigned type = cursor_load16(wire + at + (wire[at] == 0 ? 1 : 2));
		if (wire[at] != 0 && name_takes_ignored(e, wire, size, at))
			return false;
		if (has_names(type) && pointers_take_ignored(e, wire, size, rdata, end))
			return false;
		at = end;
	}
	ignore(e, size, ANSWERS_BLOCKS * OCTETS);
	return true;
}

// End of the question's name, or 0 if a label contains a zero octet.
static bool name_ends_at(const uint8_t *wire, size_t end)
{
	size_t at = LOOK_HEADER;

	while (at < end && wire[at] != 0)
		at += 1 + (size_t)wire[at];
	return at + 1 == end;
}

static bool fill(struct answers_entry *e, const struct answers_look *look, const uint8_t *wire, uint32_t records,
	uint32_t skipped)
{
	if (!name_ends_at(wire, look->name_end) || !make_mask(e, wire, look->size, look->name_end + 4u))
		return false;
	e->count = 0;
	e->first_s = UINT32_MAX;
	e->last_s = 0;
	e->size = look->size;
	e->name_end = look->name_end;
	e->records = (uint8_t)records;
	e->skipped = (uint8_t)skipped;
	memcpy(e->wire, wire, look->size);
	for (size_t at = LOOK_HEADER; at < look->name_end; at++)
		e->wire[at] |= (uint8_t)(e->wire[at] >= 'A' && e->wire[at] <= 'Z' ? 0x20 : 0);
	memset(e->wire + look->size, 0, ANSWERS_SIZE_MAX - look->size);
	return true;
}

static void drain(struct answers_entry *e, answers_sink *sink, void *context)
{
	if (e->count == 0)
		return;
	sink(context, e);
	e->count = 0;
	e->first_s = UINT32_MAX;
	e->last_s = 0;
}

// The way for a new entry: a free one; else one entry at a time is asked, which makes room if it had no repetition lately, or if
// it is its turn. -1: none.
static int find_way(struct answers *a, uint32_t at)
{
	const struct answers_set *set = &a->sets[at];

	for (int way = 0; way < ANSWERS_WAYS; way++)
		if (set->tag[way] == 0)
			return way;
	uint32_t turn = ++a->turn;
	int way = (int)(turn % ANSWERS_WAYS);
	return a->entries[at * ANSWERS_WAYS + (unsigned)way].count == 0 || turn / ANSWERS_WAYS % ROOM_ONE_IN == 0 ? way
														  : -1;
}

bool answers_seen_again(struct answers *a, const struct answers_look *look)
{
	struct answers_set *set = &a->sets[look->set];

	if (look_tags(set, look->tag) >> ANSWERS_WAYS != 0)
		return true;
	set->seen[++a->noted % ANSWERS_WAYS] = look->tag;
	return false;
}

bool answers_insert(struct answers *a, const struct answers_look *look, const uint8_t *wire, uint32_t records,
	uint32_t skipped, answers_sink *sink, void *context)
{
	struct answers_set *set = &a->sets[look->set];

	int way = find_way(a, look->set);
	if (way < 0)
		return false;
	struct answers_entry *e = &a->entries[look->set * ANSWERS_WAYS + (unsigned)way];
	if (set->tag[way] != 0)
		drain(e, sink, context);
	bool filled = fill(e, look, wire, records, skipped);
	set->tag[way] = filled ? look->tag : 0;
	if (!filled)
		e->size = 0; // a message of this burst that found the old entry must not be counted there
	return filled;
}

void answers_drain(struct answers *a, uint32_t set, answers_sink *sink, void *context)
{
	const struct answers_set *s = &a->sets[set];

	for (unsigned way = 0; way < ANSWERS_WAYS; way++)
		if (s->tag[way] != 0)
			drain(&a->entries[set * ANSWERS_WAYS + way], sink, context);
}

void answers_forget(struct answers *a, uint32_t set)
{
	memset(&a->sets[set], 0, sizeof(a->sets[set]));
}

// One bit for each octet of a block that equals the entry's, or does not matter. The block has the question's name, which the entry has in lower case: letters of it match in either case.
static uint32_t look_name_block(const struct answers_entry *e, const uint8_t *wire, unsigned block)
{
	octets known = octets_load(e->wire + block * OCTETS);
	octets differ = octets_load(wire + block * OCTETS) ^ known;
	octets letter = (octets)((octets)(known - 'a') < 26) & octets_within(e->name_end, block);
	if (block == 0) // not in the header
		letter &= ~octets_within(LOOK_HEADER, 0);
	return look_zeros(differ & ~(letter & 0x20)) | e->mask[block];
}

bool answers_equal_folded(const struct answers_entry *e, const uint8_t *wire, size_t size)
{
	return (look_name_block(e, wire, 0) & look_name_block(e, wire, 1) & look_rest(e, wire, size)) == UINT32_MAX;
}

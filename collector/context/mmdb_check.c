// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/mmdb_check.h"

#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 16,		  // of maps and arrays in each other; GeoIP2 Enterprise has 4
	VALUE_MAX = 1 << 16,	  // octets of one value, with all that is in it
	READS_PER_OCTET = 16,	  // values may share octets, but not without end
	METADATA_WITHIN = 1 << 17 // octets at the end of the file in which the metadata begin
};

static const char metadata_marker[] = "\xab\xcd\xefMaxMind.com";

// A part of the file with values, and what is known of them.
struct mmdb_part {
	const uint8_t *bytes;
	size_t size;
	uint8_t *seen; // a bit per octet: a value that begins there has been put into `todo`
	uint32_t *todo;
	size_t todo_len, todo_capacity;
	uint64_t reads; // octets that may still be read
};

// A value without what is in it.
struct value {
	unsigned type;
	uint64_t size;	 // of its payload, or number of its members
	uint64_t target; // of a pointer
	size_t next;	 // where the next value begins, or the first one in it
};

static bool read_number(const struct mmdb_part *s, size_t *at, unsigned octets, uint64_t *number)
{
	if (*at + octets > s->size)
		return false;
	for (*number = 0; octets > 0; octets--)
		*number = *number << 8 | s->bytes[(*at)++];
	return true;
}

static bool read_pointer(const struct mmdb_part *s, size_t at, uint8_t control, struct value *v)
{
	static const uint32_t base[] = {0, 2048, 526336, 0};
	unsigned octets = (control >> 3 & 3) + 1;

	if (!read_number(s, &at, octets, &v->target))
		return false;
	if (octets < 4)
		v->target = ((uint64_t)(control & 7) << (8 * octets) | v->target) + base[octets - 1];
	v->next = at;
	return v->target < s->size;
}

static bool read_size(const struct mmdb_part *s, size_t *at, uint8_t control, uint64_t *size)
{
	static const uint32_t base[] = {29, 285, 65821};
	unsigned octets = control & 31;

	*size = octets;
	if (octets < 29)
		return true;
	octets -= 28;
	if (!read_number(s, at, octets, size))
		return false;
	*size += base[octets - 1];
	return true;
}

static bool read_value(const struct mmdb_part *s, size_t at, struct value *v)
{
	uint64_t more;

	if (at >= s->size)
		return false;
	uint8_t control = s->bytes[at++];
	*v = (struct value){.type = control >> 5};
	if (v->type == MMDB_DATA_TYPE_POINTER)
		return read_pointer(s, at, control, v);
	if (v->type == MMDB_DATA_TYPE_EXTENDED) {
		if (!read_number(s, &at, 1, &more))
			return false;
		v->type = (unsigned)more + 7;
		if (v->type <= MMDB_DATA_TYPE_MAP || v->type > MMDB_DATA_TYPE_FLOAT ||
			v->type == MMDB_DATA_TYPE_CONTAINER || v->type == MMDB_DATA_TYPE_END_MARKER)
			return false;
	}
	if (!read_size(s, &at, control, &v->size) || v->size > VALUE_MAX)
		return false;
	bool payload =
		v->type != MMDB_DATA_TYPE_MAP && v->type != MMDB_DATA_TYPE_ARRAY && v->type != MMDB_DATA_TYPE_BOOLEAN;
	v->next = at + (payload ? v->size : 0);
	return v->next <= s->size;
}

// A value that begins there has to be checked, once.
static bool add(struct mmdb_part *s, uint64_t at)
{
	if (at >= s->size)
		return false;
	if (s->seen[at / 8] & 1u << at % 8)
		return true;
	if (s->todo_len == s->todo_capacity) {
		size_t capacity = s->todo_capacity ? 2 * s->todo_capacity : 1024;
		uint32_t *more = realloc(s->todo, capacity * sizeof(*more));
		if (!more)
			return false;
		s->todo = more;
		s->todo_capacity = capacity;
	}
	s->seen[at / 8] |= (uint8_t)(1u << at % 8);
	s->todo[s->todo_len++] = (uint32_t)at;
	return true;
}

// The value at `start`, with all that is in it; what its pointers point to is checked later.
static bool check_value(struct mmdb_part *s, size_t start)
{
	uint64_t left[DEPTH_MAX + 1] = {1}; // values that are still to come, by depth
	size_t at = start;
	unsigned depth = 0;
	struct value v;

	for (;;) {
		while (depth > 0 && left[depth] == 0)
			depth--;
		if (left[depth] == 0)
			break;
		left[depth]--;
		if (!read_value(s, at, &v) || v.next - start > VALUE_MAX || v.next - at > s->reads)
			return false;
		s->reads -= v.next - at;
		at = v.next;
		if (v.type == MMDB_DATA_TYPE_POINTER && !add(s, v.target))
			return false;
		if (v.type != MMDB_DATA_TYPE_MAP && v.type != MMDB_DATA_TYPE_ARRAY)
			continue;
		if (depth == DEPTH_MAX)
			return false;
		left[++depth] = v.type == MMDB_DATA_TYPE_MAP ? 2 * v.size : v.size;
	}
	return true;
}

static bool check_all(struct mmdb_part *s)
{
	while (s->todo_len > 0)
		if (!check_value(s, s->todo[--s->todo_len]))
			return false;
	return true;
}

static bool begin(struct mmdb_part *s, const uint8_t *bytes, size_t size)
{
	*s = (struct mmdb_part){.bytes = bytes, .size = size, .reads = READS_PER_OCTET * (uint64_t)size};
	s->seen = calloc(size / 8 + 1, 1);
	return s->seen && size <= UINT32_MAX;
}

static void end(struct mmdb_part *s)
{
	free(s->seen);
	free(s->todo);
}

bool context_mmdb_metadata_is_sound(const uint8_t *file, size_t size)
{
	const size_t marker = sizeof(metadata_marker) - 1;
	const uint8_t *from = size > METADATA_WITHIN ? file + size - METADATA_WITHIN : file, *last = NULL, *found;
	struct mmdb_part s;

	for (; (found = memmem(from, (size_t)(file + size - from), metadata_marker, marker)); from = found + marker)
		last = found + marker;
	if (!last || last == file + size)
		return false;
	bool sound = begin(&s, last, (size_t)(file + size - last)) && add(&s, 0) && check_all(&s);
	end(&s);
	return sound;
}

// One record of a node of the search tree.
static bool check_record(struct mmdb_part *s, uint8_t type, uint64_t at, bool *is_new)
{
	*is_new = type == MMDB_RECORD_TYPE_DATA && at < s->size && !(s->seen[at / 8] & 1u << at % 8);
	if (type == MMDB_RECORD_TYPE_DATA)
		return add(s, at) && check_all(s);
	return type == MMDB_RECORD_TYPE_EMPTY || type == MMDB_RECORD_TYPE_SEARCH_NODE;
}

bool context_mmdb_data_is_sound(const MMDB_s *mmdb, void (*take)(void *arg, MMDB_entry_s *entry), void *arg,
	size_t take_max, uint64_t *records)
{
	struct mmdb_part s;
	bool sound = begin(&s, mmdb->data_section, mmdb->data_section_size);

	*records = 0;
	for (uint32_t i = 0; sound && i < mmdb->metadata.node_count; i++) {
		MMDB_search_node_s node;
		bool left, right;
		sound = MMDB_read_node(mmdb, i, &node) == MMDB_SUCCESS &&
			check_record(&s, node.left_record_type, node.left_record_entry.offset, &left) &&
			check_record(&s, node.right_record_type, node.right_record_entry.offset, &right);
		if (!sound)
			break;
		if (left && (*records)++ < take_max)
			take(arg, &node.left_record_entry);
		if (right && (*records)++ < take_max)
			take(arg, &node.right_record_entry);
	}
	end(&s);
	return sound;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/import/split.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 2048, CAPACITY_FIRST = 64 << 10 };

// Where the next octet is: between units, in a line of text, in a JSON value outside and inside of a string, after a backslash, in
// the rest of a unit that is too long.
enum split_state { GAP, TEXT, VALUE, STRING, ESCAPED, TOO_LONG };

struct import_split {
	import_unit_sink *sink;
	void *arg;
	char *bytes;  // owned
	size_t start; // of the unit
	size_t at;    // next octet to look at
	size_t size, capacity;
	enum split_state state;
	bool in_array;	      // inside of an array at the top
	bool line_begins;     // no octet of the line was looked at yet
	uint64_t line;	      // complete lines before `at`
	uint64_t unit_line;   // line in which the unit begins
	size_t depth;	      // open brackets of the unit
	char open[DEPTH_MAX]; // they
};

struct import_split *import_split_new(import_unit_sink *sink, void *arg)
{
	struct import_split *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct import_split){.sink = sink,
		.arg = arg,
		.bytes = malloc(CAPACITY_FIRST),
		.capacity = CAPACITY_FIRST,
		.line_begins = true};
	if (s->bytes)
		return s;
	free(s);
	return NULL;
}

void import_split_free(struct import_split *s)
{
	if (s)
		free(s->bytes);
	free(s);
}

uint64_t import_split_lines(const struct import_split *s)
{
	return s->line + !s->line_begins;
}

static void begin_unit(struct import_split *s, enum split_state state)
{
	s->state = state;
	s->start = s->at;
	s->unit_line = s->line + 1;
	s->depth = 0;
}

// The unit ends before `end`.
static bool end_unit(struct import_split *s, size_t end)
{
	s->state = GAP;
	return s->sink(s->arg, s->bytes + s->start, end - s->start, s->unit_line);
}

// The octet at `at`, between units. False to stop.
static void look_between(struct import_split *s, char c)
{
	if (c == '\n' || c == ' ' || c == '\t' || c == '\r' || (s->in_array && c == ','))
		return;
	if (s->in_array && c == ']') {
		s->in_array = false;
	} else if (c == '[' && !s->in_array) {
		s->in_array = true;
	} else if (c == '{' || c == '[') {
		begin_unit(s, VALUE);
		s->open[s->depth++] = c;
	} else {
		begin_unit(s, TEXT);
	}
}

static bool look_in_value(struct import_split *s, char c, bool line_begins)
{
	if (c == '"') {
		s->state = STRING;
	} else if (c == '{' && line_begins && s->open[s->depth - 1] == '{') {
		if (!end_unit(s, s->at)) // the value before was not whole
			return false;
		look_between(s, c);
	} else if (c == '{' || c == '[') {
		if (s->depth == DEPTH_MAX)
			return end_unit(s, s->at);
		s->open[s->depth++] = c;
	} else if ((c == '}' || c == ']') && --s->depth == 0) {
		return end_unit(s, s->at + 1);
	}
	return true;
}

static bool look(struct import_split *s, char c)
{
	bool line_begins = s->line_begins;

	s->line_begins = false;
	switch (s->state) {
	case GAP:
		look_between(s, c);
		return true;
	case TEXT:
		if (c == '\n' || (s->in_array && (c == ',' || c == ']'))) {
			if (!end_unit(s, s->at))
				return false;
			look_between(s, c);
		}
		return true;
	case VALUE:
		return look_in_value(s, c, line_begins);
	case STRING:
		if (c == '\n')
			return end_unit(s, s->at);
		s->state = c == '"' ? VALUE : c == '\\' ? ESCAPED : STRING;
		return true;
	case ESCAPED:
		s->state = STRING;
		return c != '\n' || end_unit(s, s->at);
	default: // TOO_LONG
		s->state = c == '\n' ? GAP : TOO_LONG;
		return true;
	}
}

static bool look_at_all(struct import_split *s)
{
	for (; s->at < s->size; s->at++) {
		char c = s->bytes[s->at];
		if (!look(s, c)) {
			s->at++;
			return false;
		}
		if (c == '\n') {
			s->line++;
			s->line_begins = true;
		}
	}
	return true;
}

// Forgets what was looked at, but for the unit that is not whole yet.
static bool make_room(struct import_split *s, size_t size)
{
	size_t keep = s->state == GAP || s->state == TOO_LONG ? s->at : s->start;

	memmove(s->bytes, s->bytes + keep, s->size - keep);
	s->size -= keep;
	s->at -= keep;
	s->start = 0;
	if (size <= s->capacity - s->size)
		return true;
	size_t capacity = s->capacity;
	while (size > capacity - s->size)
		capacity *= 2;
	char *grown = realloc(s->bytes, capacity);
	if (!grown)
		return false;
	s->bytes = grown;
	s->capacity = capacity;
	return true;
}

bool import_split_feed(struct import_split *s, const char *octets, size_t size)
{
	if (!make_room(s, size))
		return false;
	memcpy(s->bytes + s->size, octets, size);
	s->size += size;
	if (!look_at_all(s))
		return false;
	if (s->state == GAP || s->state == TOO_LONG || s->size - s->start <= IMPORT_UNIT_MAX)
		return true;
	s->state = TOO_LONG;
	s->in_array = false;
	return s->sink(s->arg, NULL, 0, s->unit_line);
}

bool import_split_end(struct import_split *s)
{
	bool more = s->state == GAP || s->state == TOO_LONG || end_unit(s, s->size);

	s->state = GAP;
	s->in_array = false;
	s->size = s->at = s->start = 0;
	s->line = 0;
	s->line_begins = true;
	return more;
}

// SPDX-License-Identifier: BSD-3-Clause
// Logs of passivedns, in its default fields. The text is
//
//     time||client||server||class||query||type||answer||ttl||count
//
// without the count before version 1.0; an answer may contain bars. The JSON (-j) has the members timestamp_s (or timestamp, a local
// time, which is read as UTC), class, query, type, answer and count. The count is the number of answers since the last line for
// the same record. Clients are not read.
#include "collector/import/unit.h"

#include <strings.h>

enum { FIELDS = 7 };

static bool is(const json_t *object)
{
	return json_object_get(object, "query") && json_object_get(object, "answer") && json_object_get(object, "type");
}

static bool is_text(const struct import_unit *u, const char *text)
{
	(void)u;
	return *text != '#' && strstr(text, "||") != NULL;
}

static void take(struct import_unit *u, json_t *object)
{
	const json_t *time = json_object_get(object, "timestamp_s");
	const char *class = import_string(object, "class");
	char room[24], count_room[24];
	const char *count = import_scalar(object, "count", count_room);

	if (class && strcasecmp(class, "IN") != 0) {
		import_pass(u);
		return;
	}
	if (!import_event_time(u, time ? time : json_object_get(object, "timestamp"), "timestamp_s") ||
		!import_owner(u, "query", import_string(object, "query")) ||
		!import_type(u, "type", import_scalar(object, "type", room)))
		return;
	u->count = count ? import_digits(count) : 1;
	if (u->count <= 0)
		import_refuse(u, "count: expected a whole number from 1");
	else
		import_emit(u, import_string(object, "answer"));
}

// The separator before the last field; NULL if there is only one.
static char *last_bars(char *text)
{
	char *found = NULL;

	for (char *at = text; (at = strstr(at, "||")); at++)
		found = at;
	return found;
}

static void take_text(struct import_unit *u, char *text)
{
	char *field[FIELDS] = {NULL};
	size_t n = 0;

	if (*text == '#')
		return;
	for (char *next = text; next && n < FIELDS;) {
		field[n++] = next;
		next = n < FIELDS ? strstr(next, "||") : NULL;
		if (next) {
			*next = '\0';
			next += 2;
		}
	}
	char *last = n == FIELDS ? last_bars(field[6]) : NULL;
	if (!last) {
		import_refuse(u, "expected the nine fields of passivedns, with || between them");
		return;
	}
	*last = '\0';
	last += 2;
	if (strcmp(field[3], "IN") != 0) {
		import_refuse(u, "class: found '%.20s', expected IN", field[3]);
		return;
	}
	char *before = last_bars(field[6]);
	bool counted = before && import_digits(before + 2) >= 0;
	if (counted)
		*before = '\0';
	int64_t time = import_time_text(field[0]);
	u->count = counted ? import_digits(last) : 1;
	if (time <= 0 || u->count <= 0 || import_digits(last) < 0) {
		import_refuse(u, "expected a time and a count");
		return;
	}
	if (import_times(u, time, time, "time") && import_owner(u, "query", field[4]) &&
		import_type(u, "type", field[5]))
		import_emit(u, field[6]);
}

const struct import_format import_passivedns =
	{.name = "passivedns", .is_events = true, .is = is, .take = take, .is_text = is_text, .take_text = take_text};

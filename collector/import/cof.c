// SPDX-License-Identifier: BSD-3-Clause
// Passive DNS - Common Output Format (draft-dulaunoy-dnsop-passive-dns-cof): CIRCL, D4, our own exports. DNSDB's records have the
// same members, with zone_time_… beside time_…, and RDATA in an array.
#include "collector/import/unit.h"

#include <math.h>
#include <stdio.h>

static bool is(const json_t *object)
{
	return json_object_get(object, "rrname") || json_object_get(object, "rrtype") ||
	       json_object_get(object, "cursor");
}

// 1 if it is not given.
static int64_t count_of(const json_t *value)
{
	double real = json_real_value(value);

	if (!value || json_is_null(value))
		return 1;
	if (json_is_string(value))
		return import_digits(json_string_value(value));
	if (json_is_real(value))
		return real < 9e15 && real == floor(real) ? (int64_t)real : -1;
	return json_integer_value(value); // 0 for all other types
}

static bool set_times(struct import_unit *u, const json_t *object)
{
	static const char *const names[][2] = {{"time_first", "time_last"}, {"zone_time_first", "zone_time_last"},
		{"time_first_ms", "time_last_ms"}};
	const json_t *first = NULL, *last = NULL;

	for (size_t i = 0; i < 3 && !first; i++)
		first = json_object_get(object, names[i][0]);
	for (size_t i = 0; i < 3 && !last; i++)
		last = json_object_get(object, names[i][1]);
	u->count = count_of(json_object_get(object, "count"));
	if (!import_times(u, import_time(first ? first : last), import_time(last ? last : first),
		    "time_first, time_last"))
		return false;
	return u->count > 0 ? true : import_refuse(u, "count: expected a whole number from 1");
}

static void take(struct import_unit *u, json_t *object)
{
	json_t *rdata = json_object_get(object, "rdata"), *value;
	char room[24];
	size_t i;

	if (json_object_get(object, "cursor") && !json_object_get(object, "rrname"))
		return; // the last line of our export
	if (!import_owner(u, "rrname", import_string(object, "rrname")) ||
		!import_type(u, "rrtype", import_scalar(object, "rrtype", room)) || !set_times(u, object))
		return;
	if (json_is_string(rdata)) {
		import_emit(u, json_string_value(rdata));
		return;
	}
	if (!json_is_array(rdata) || json_array_size(rdata) == 0)
		import_refuse(u, "rdata: expected a text or an array of texts");
	json_array_foreach(rdata, i, value) if (!u->result.stopped) import_emit(u, json_string_value(value));
}

const struct import_format import_cof = {.name = "cof", .is = is, .take = take};

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/transfer/import.h"

#include "collector/query/rdata.h"

#include "dataplane/common/dns_layout.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// A line that is being parsed.
struct line {
	char owner[TEXT_NAME_SIZE];
	size_t owner_len;
	char type[TEXT_TYPE_SIZE];
	int64_t first, last, count;
	transfer_import_sink *sink;
	void *arg;
	char *why;
	size_t why_size;
	int records;
};

static int refuse(struct line *l, const char *what)
{
	snprintf(l->why, l->why_size, "%s", what);
	return -1;
}

static int set_owner(struct line *l, const char *text)
{
	l->owner_len = text ? query_name_of(text, strlen(text), l->owner) : 0;
	return l->owner_len > 0 ? 0 : refuse(l, "rrname: expected a name that IDNA permits");
}

// A mnemonic, TYPE123, or the bare number that D4 writes.
static int set_type(struct line *l, const char *text)
{
	uint16_t type = 0;

	if (text && isdigit((unsigned char)text[0]) && strtoul(text, NULL, 10) <= UINT16_MAX)
		type = (uint16_t)strtoul(text, NULL, 10);
	else if (!text || dns_layout_type(text, &type) != 0)
		return refuse(l, "rrtype: expected a record type");
	text_type(type, l->type);
	return 0;
}

static int emit(struct line *l, const char *rdata)
{
	static char canonical[TEXT_RDATA_SIZE];
	size_t len = rdata ? query_rdata_canonical(l->type, rdata, canonical, sizeof(canonical)) : 0;

	if (len == 0)
		return refuse(l, "rdata: expected RDATA of this type");
	const struct query_record record = {.owner = l->owner,
		.owner_len = l->owner_len,
		.type = l->type,
		.type_len = strlen(l->type),
		.rdata = canonical,
		.rdata_len = len,
		.first = l->first,
		.last = l->last,
		.count = l->count};
	l->records++;
	return l->sink(l->arg, &record) ? 0 : refuse(l, "stopped");
}

// Seconds since 1970 as a number or text; milliseconds if the number can be nothing else.
static int64_t time_of(const json_t *value)
{
	int64_t t = -1;
	char ignored[200];

	if (json_is_integer(value))
		t = json_integer_value(value);
	else if (json_is_real(value))
		t = (int64_t)floor(json_real_value(value));
	else if (json_is_string(value) &&
		 query_parse_time(&t, json_string_value(value), time(NULL), ignored, sizeof(ignored)) != 0)
		return -1;
	return t > INT64_C(100000000000) ? t / 1000 : t;
}

// A positive number, digits only; -1 if it is something else.
static int64_t digits(const char *text)
{
	size_t len = strspn(text, "0123456789");
	return len > 0 && len < 19 && text[len] == '\0' ? strtoll(text, NULL, 10) : -1;
}

// The count; 1 if it is not given.
static int64_t count_of(const json_t *value)
{
	double real = json_real_value(value);

	if (!value || json_is_null(value))
		return 1;
	if (json_is_string(value))
		return digits(json_string_value(value));
	if (json_is_real(value))
		return real < 9e15 && real == floor(real) ? (int64_t)real : -1;
	return json_integer_value(value); // 0 for all other types
}

static int set_times(struct line *l, const json_t *object)
{
	const json_t *first = json_object_get(object, "time_first"), *last = json_object_get(object, "time_last");
	const json_t *count = json_object_get(object, "count");

	if (!first)
		first = json_object_get(object, "zone_time_first");
	if (!last)
		last = json_object_get(object, "zone_time_last");
	if (!first)
		first = json_object_get(object, "time_first_ms");
	if (!last)
		last = json_object_get(object, "time_last_ms");
	l->first = time_of(first ? first : last);
	l->last = time_of(last ? last : first);
	if (l->first < 0 || l->last < l->first || l->last > UINT32_MAX)
		return refuse(l, "time_first, time_last: expected two times in order");
	l->count = count_of(count);
	return l->count > 0 ? 0 : refuse(l, "count: expected a whole number from 1");
}

static int take_rdata(struct line *l, const json_t *rdata)
{
	if (json_is_string(rdata))
		return emit(l, json_string_value(rdata));
	if (!json_is_array(rdata) || json_array_size(rdata) == 0)
		return refuse(l, "rdata: expected a text or an array");
	int result = 0;
	for (size_t i = 0; i < json_array_size(rdata) && result == 0; i++)
		result = emit(l, json_string_value(json_array_get(rdata, i)));
	return result;
}

static int take_object(struct line *l, const json_t *object)
{
	const json_t *inner = json_object_get(object, "obj");
	const json_t *type = json_object_get(object, "rrtype");
	char number[24];

	if (json_is_object(inner))
		return take_object(l, inner);
	if (json_object_get(object, "cond") || json_object_get(object, "cursor"))
		return 0; // the frame of DNSDB v2, or a cursor of our export
	if (set_owner(l, json_string_value(json_object_get(object, "rrname"))) != 0)
		return -1;
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(type));
	if (set_type(l, json_is_integer(type) ? number : json_string_value(type)) != 0)
		return -1;
	return set_times(l, object) != 0 ? -1 : take_rdata(l, json_object_get(object, "rdata"));
}

static int take_json(struct line *l, const char *text, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int result = 0;

	if (!root) {
		snprintf(l->why, l->why_size, "not JSON: %.150s", error.text);
		return -1;
	}
	if (json_is_object(root))
		result = take_object(l, root);
	else if (json_is_array(root))
		for (size_t i = 0; i < json_array_size(root) && result == 0; i++)
			result = take_object(l, json_array_get(root, i));
	else
		result = refuse(l, "expected a JSON object or array");
	json_decref(root);
	return result;
}

// The separator before the last field; NULL if there is only one.
static char *last_bars(char *text)
{
	char *found = NULL;

	for (char *at = text; (at = strstr(at, "||")); at++)
		found = at;
	return found;
}

// time||client||server||class||query||type||answer||ttl||count, by passivedns 1.x; the last is
// missing in older logs. An answer may contain bars.
static int take_passivedns(struct line *l, char *text)
{
	char *field[7] = {NULL};
	size_t n = 0;

	for (char *next = text; next && n < 7;) {
		field[n++] = next;
		next = n < 7 ? strstr(next, "||") : NULL;
		if (next) {
			*next = '\0';
			next += 2;
		}
	}
	char *last = n == 7 ? last_bars(field[6]) : NULL;
	if (!last)
		return refuse(l, "expected JSON or a line of passivedns");
	*last = '\0';
	last += 2;
	if (strcmp(field[3], "IN") != 0)
		return refuse(l, "class: expected IN");
	char *before = last_bars(field[6]);
	bool counted = before && digits(before + 2) >= 0;
	if (counted)
		*before = '\0';
	l->first = l->last = strtoll(field[0], NULL, 10);
	l->count = counted ? digits(last) : 1;
	if (l->first <= 0 || l->first > UINT32_MAX || l->count <= 0 || digits(last) < 0)
		return refuse(l, "expected a time and a count");
	if (set_owner(l, field[4]) != 0 || set_type(l, field[5]) != 0)
		return -1;
	return emit(l, field[6]);
}

int transfer_import_line(const char *line, size_t len, transfer_import_sink *sink, void *arg, char *why,
	size_t why_size)
{
	static struct line l;

	l = (struct line){.sink = sink, .arg = arg, .why = why, .why_size = why_size};
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	while (len > 0 && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	if (len == 0 || *line == '#')
		return 0;
	int result;
	if (*line == '{' || *line == '[') {
		result = take_json(&l, line, len);
	} else {
		char *copy = strndup(line, len);
		result = copy ? take_passivedns(&l, copy) : refuse(&l, "out of memory");
		free(copy);
	}
	return result == 0 ? l.records : -1;
}

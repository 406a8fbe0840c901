// SPDX-License-Identifier: BSD-3-Clause
// The parts of a record, checked: owner, type, times, RDATA.
#include "collector/import/unit.h"

#include "collector/query/rdata.h"
#include "dataplane/common/dns_layout.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TYPE_OPT = 41, TYPE_META_FIRST = 249, TYPE_META_LAST = 255 }; // TKEY, TSIG, IXFR … ANY

bool import_refuse(struct import_unit *u, const char *format, ...)
{
	va_list args;

	if (u->result.refused++ > 0)
		return false;
	va_start(args, format);
	vsnprintf(u->result.why, sizeof(u->result.why), format, args);
	va_end(args);
	for (char *c = u->result.why; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			*c = '?';
	return false;
}

void import_pass(struct import_unit *u)
{
	u->result.passed++;
}

bool import_owner(struct import_unit *u, const char *what, const char *text)
{
	u->owner_len = text ? query_name_of(text, strlen(text), u->owner) : 0;
	if (u->owner_len > 0)
		return true;
	return import_refuse(u, "%s: found '%.100s', expected a name that IDNA permits", what, text ? text : "");
}

bool import_type_of(struct import_unit *u, uint16_t type)
{
	if (type == TYPE_OPT || (type >= TYPE_META_FIRST && type <= TYPE_META_LAST))
		return import_refuse(u, "type: found %u, which is no type of records", type);
	if (type != u->type_number || !*u->type)
		text_type(type, u->type);
	u->type_number = type;
	return true;
}

bool import_type(struct import_unit *u, const char *what, const char *text)
{
	int64_t number = text ? import_digits(text) : -1;
	uint16_t type = 0;

	if (number >= 0 && number <= UINT16_MAX)
		return import_type_of(u, (uint16_t)number);
	if (!text || dns_layout_type(text, &type) != 0)
		return import_refuse(u, "%s: found '%.40s', expected a record type", what, text ? text : "");
	return import_type_of(u, type);
}

bool import_times(struct import_unit *u, int64_t first, int64_t last, const char *what)
{
	u->first = first;
	u->last = last;
	if (first >= 0 && last >= first && last <= UINT32_MAX)
		return true;
	return import_refuse(u, "%s: expected times from 1970 to 2106, the first not after the last", what);
}

bool import_event_time(struct import_unit *u, const json_t *value, const char *what)
{
	int64_t time = import_time(value);

	u->count = 1;
	if (time <= 0)
		return import_refuse(u, "%s: expected a time after 1970", what);
	return import_times(u, time, time, what);
}

bool import_emit(struct import_unit *u, const char *rdata)
{
	size_t len = rdata ? query_rdata_canonical(u->type, rdata, u->rdata, TEXT_RDATA_SIZE) : 0;

	if (len == 0)
		return import_refuse(u, "rdata: found '%.100s', expected RDATA of type %s", rdata ? rdata : "",
			u->type);
	const struct query_record record = {.owner = u->owner,
		.owner_len = u->owner_len,
		.type = u->type,
		.type_len = strlen(u->type),
		.rdata = u->rdata,
		.rdata_len = len,
		.first = u->first,
		.last = u->last,
		.count = u->count};
	u->result.records++;
	u->result.stopped = !u->sink(u->arg, &record, u->result.format && u->result.format->is_events);
	return !u->result.stopped;
}

// Numbers too large for seconds until 5138 are milliseconds, and so on.
static int64_t scaled(int64_t number)
{
	for (int i = 0; i < 3 && number > INT64_C(100000000000); i++)
		number /= 1000;
	return number;
}

int64_t import_digits(const char *text)
{
	size_t len = strspn(text, "0123456789");
	return len > 0 && len <= 19 && text[len] == '\0' && (len < 19 || *text < '9') ? strtoll(text, NULL, 10) : -1;
}

int64_t import_time_text(const char *text)
{
	size_t len = strspn(text, "0123456789");
	char whole[24], ignored[200];
	int64_t t;

	if (len > 0 && len < sizeof(whole) && text[len] == '.' &&
		text[len + 1 + strspn(text + len + 1, "0123456789")] == '\0') {
		memcpy(whole, text, len);
		whole[len] = '\0';
		text = whole;
		len = strlen(whole);
	}
	if (text[len] == '\0')
		return scaled(import_digits(text));
	if (len != 4 || text[4] != '-' || query_parse_time(&t, text, 0, ignored, sizeof(ignored)) != 0)
		return -1;
	return t;
}

int64_t import_time(const json_t *value)
{
	double real = json_real_value(value);

	if (json_is_integer(value))
		return scaled(json_integer_value(value));
	if (json_is_real(value))
		return real >= 0 && real < 9e18 ? scaled((int64_t)floor(real)) : -1;
	return json_is_string(value) ? import_time_text(json_string_value(value)) : -1;
}

const char *import_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const char *import_scalar(const json_t *object, const char *key, char room[static 24])
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		return json_string_value(value);
	snprintf(room, 24, "%lld", (long long)json_integer_value(value));
	return room;
}

uint16_t import_address_type(const char *text)
{
	uint8_t address[16];
	size_t size = query_address(text, address);

	return size == 4 ? 1 : size == 16 ? 28 : 0;
}

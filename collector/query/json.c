// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/json.h"

#include "collector/query/rdata.h"
#include "dataplane/common/dns_layout.h"

#include <stdio.h>
#include <time.h>

void query_put(struct redis_buffer *out, const char *text, size_t len)
{
	char *at = redis_buffer_room(out, len);

	if (!at)
		return;
	memcpy(at, text, len);
	out->size += len;
}

void query_put_text(struct redis_buffer *out, const char *text)
{
	query_put(out, text, strlen(text));
}

enum { DIGITS_MAX = 24 };

// A number at `at`, which has room for DIGITS_MAX; returns its end.
static char *put_digits(char *at, int64_t number)
{
	char digits[DIGITS_MAX];
	size_t n = sizeof(digits);
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do
		digits[--n] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		digits[--n] = '-';
	memcpy(at, digits + n, sizeof(digits) - n);
	return at + sizeof(digits) - n;
}

void query_put_number(struct redis_buffer *out, int64_t number)
{
	char *at = redis_buffer_room(out, DIGITS_MAX);

	if (at)
		out->size += (size_t)(put_digits(at, number) - at);
}

// A JSON string at `at`, which has room for 6 * len + 2; returns its end.
static char *put_string(char *at, const char *text, size_t len)
{
	*at++ = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c > 0x7e) {
			at += sprintf(at, "\\u%04x", c); // not ours, yet never bad JSON
			continue;
		}
		*at = '\\';
		at += c == '"' || c == '\\';
		*at++ = (char)c;
	}
	*at++ = '"';
	return at;
}

void query_put_json(struct redis_buffer *out, const char *text, size_t len)
{
	char *at = redis_buffer_room(out, 6 * len + 2);

	if (at)
		out->size += (size_t)(put_string(at, text, len) - at);
}

void query_put_utf8(struct redis_buffer *out, const char *text)
{
	query_put(out, "\"", 1);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			query_put(out, "\\", 1);
		query_put(out, c < 0x20 || c == 0x7f ? "?" : text, 1);
	}
	query_put(out, "\"", 1);
}

size_t query_time_text(int64_t time, const char *format, char *out, size_t out_size)
{
	time_t t = (time_t)time;
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return (size_t)snprintf(out, out_size, "%lld", (long long)time);
	return strftime(out, out_size, format, &tm);
}

#define PUT(out, literal) query_put(out, "" literal, sizeof(literal) - 1)

#define COPY(at, literal) ((char *)memcpy((at), "" literal, sizeof(literal) - 1) + sizeof(literal) - 1)

// The draft's rrtype: a mnemonic that all clients know (COF in dns_types.h), or else the number.
static char *put_cof_type(char *at, const struct query_record *r)
{
	const struct dns_layout *l = dns_layout_named(r->type, r->type_len);
	char text[TEXT_TYPE_SIZE];
	uint16_t type;

	if (l)
		return l->is_cof ? put_string(at, r->type, r->type_len) : put_digits(at, l->type);
	if (r->type_len >= sizeof(text))
		return put_string(at, r->type, r->type_len);
	memcpy(text, r->type, r->type_len);
	text[r->type_len] = '\0';
	if (dns_layout_type(text, &type) != 0)
		return put_string(at, r->type, r->type_len);
	return put_digits(at, type);
}

// In one piece: an export has millions of them.
void query_json_cof(struct redis_buffer *out, const struct query_record *r, const struct query_format *f)
{
	size_t sensor_len = f->sensor ? strlen(f->sensor) : 0;
	char *start = redis_buffer_room(out, 6 * (2 * r->owner_len + r->type_len + r->rdata_len + sensor_len) + 256);
	char *at = start;

	if (!at)
		return;
	at = put_string(COPY(at, "{\"rrname\":"), r->owner, r->owner_len);
	at = COPY(at, ",\"rrtype\":");
	at = f->type_numbers ? put_cof_type(at, r) : put_string(at, r->type, r->type_len);
	at = COPY(at, ",\"rdata\":");
	*at = '[';
	at = put_string(at + f->rdata_array, r->rdata, r->rdata_len);
	*at = ']';
	at = put_digits(COPY(at + f->rdata_array, ",\"time_first\":"), r->first);
	at = put_digits(COPY(at, ",\"time_last\":"), r->last);
	at = put_digits(COPY(at, ",\"count\":"), r->count);
	at = COPY(at, ",\"origin\":\"lookback\"");
	if (f->sensor)
		at = put_string(COPY(at, ",\"sensor_id\":"), f->sensor, sensor_len);
	if (f->with_domain) {
		size_t from = f->zones ? zone_find_text(f->zones, r->owner, r->owner_len) : 0;
		if (from < r->owner_len)
			at = put_string(COPY(at, ",\"domain\":"), r->owner + from, r->owner_len - from);
	}
	*at++ = '}';
	out->size += (size_t)(at - start);
}

void query_put_dotted(struct redis_buffer *out, const char *name, size_t len)
{
	query_put_json(out, name, len);
	if ((len == 1 && name[0] == '.') || out->bad)
		return;
	out->size--; // the quote
	PUT(out, ".\"");
}

// True if field `field` (from 1) of the text of such a record is a name. Each field of these layouts is one of the text.
static bool is_name_field(const struct dns_layout *l, unsigned field)
{
	return l && l->is_rewritten && field <= DNS_LAYOUT_FIELDS && l->fields[field - 1] == DNS_FIELD_NAME;
}

void query_put_rdata(struct redis_buffer *out, const struct query_record *r)
{
	struct redis_buffer plain = {0};
	const struct dns_layout *l = dns_layout_named(r->type, r->type_len);
	bool generic = r->rdata_len > 1 && r->rdata[0] == '\\' && r->rdata[1] == '#';
	unsigned field = 1;

	for (size_t i = 0; i < r->rdata_len;) {
		size_t n = query_field_len(r->rdata + i, r->rdata_len - i);
		query_put(&plain, r->rdata + i, n);
		bool root = n == 1 && r->rdata[i] == '.';
		if (!generic && !root && is_name_field(l, field))
			query_put(&plain, ".", 1);
		i += n;
		field++;
		for (; i < r->rdata_len && (r->rdata[i] == ' ' || r->rdata[i] == '\t'); i++)
			query_put(&plain, " ", 1);
	}
	query_put_json(out, plain.size ? plain.bytes : "", plain.size);
	redis_buffer_free(&plain);
}

void query_put_time(struct redis_buffer *out, int64_t time, const struct query_format *f)
{
	char text[40];

	if (!f->human_time) {
		query_put_number(out, time);
		return;
	}
	query_put_json(out, text, query_time_text(time, "%Y-%m-%dT%H:%M:%SZ", text, sizeof(text)));
}

static void put_bailiwick(struct redis_buffer *out, const struct query_record *r, const struct query_format *f)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	char zone[TEXT_NAME_SIZE];
	size_t size = query_name_wire(r->owner, r->owner_len, wire);
	size_t at = f->zones && size > 0 ? zone_find(f->zones, wire, size) : 0;
	size_t len = size > 0 ? text_name(wire + at, size - at, zone) : 0;

	PUT(out, ",\"bailiwick\":");
	query_put_dotted(out, len > 0 ? zone : ".", len > 0 ? len : 1);
}

void query_json_dnsdb(struct redis_buffer *out, const struct query_record *r, const struct query_format *f)
{
	PUT(out, "{\"count\":");
	query_put_number(out, r->count);
	PUT(out, ",\"time_first\":");
	query_put_time(out, r->first, f);
	PUT(out, ",\"time_last\":");
	query_put_time(out, r->last, f);
	PUT(out, ",\"rrname\":");
	query_put_dotted(out, r->owner, r->owner_len);
	PUT(out, ",\"rrtype\":");
	query_put_json(out, r->type, r->type_len);
	if (!f->rdata_lookup)
		put_bailiwick(out, r, f);
	query_put_text(out, f->rdata_lookup ? ",\"rdata\":" : ",\"rdata\":[");
	query_put_rdata(out, r);
	query_put_text(out, f->rdata_lookup ? "}" : "]}");
}

static char *put_csv(char *at, const char *text, size_t len)
{
	*at++ = '"';
	for (size_t i = 0; i < len; i++) {
		*at = '"';
		at += text[i] == '"';
		*at++ = text[i];
	}
	*at++ = '"';
	return at;
}

void query_put_csv(struct redis_buffer *out, const char *text, size_t len)
{
	char *at = redis_buffer_room(out, 2 * len + 2);

	if (at)
		out->size += (size_t)(put_csv(at, text, len) - at);
}

void query_csv(struct redis_buffer *out, const struct query_record *r)
{
	char *start = redis_buffer_room(out, 2 * (r->owner_len + r->type_len + r->rdata_len) + 128), *at = start;

	if (!at)
		return;
	at = put_csv(at, r->owner, r->owner_len);
	*at++ = ',';
	at = put_csv(at, r->type, r->type_len);
	*at++ = ',';
	at = put_csv(at, r->rdata, r->rdata_len);
	*at++ = ',';
	at = put_digits(at, r->first);
	*at++ = ',';
	at = put_digits(at, r->last);
	*at++ = ',';
	at = COPY(put_digits(at, r->count), "\r\n");
	out->size += (size_t)(at - start);
}

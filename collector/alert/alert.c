// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/alert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const alert_field_names[ALERT_FIELDS] = {"id", "rule", "kind", "name", "type", "rdata", "first", "last",
	"sensor", "expected", "reason"};

// Longest texts after escaping, in octets. A name has at most 1004 (255 octets, all as \DDD).
static const uint16_t field_sizes[ALERT_FIELDS] = {[ALERT_ID] = 128,
	[ALERT_RULE] = 64,
	[ALERT_KIND] = 32,
	[ALERT_NAME] = 1100,
	[ALERT_TYPE] = 32,
	[ALERT_RDATA] = 4096,
	[ALERT_FIRST] = 20,
	[ALERT_LAST] = 20,
	[ALERT_SENSOR] = 256,
	[ALERT_EXPECTED] = 4096,
	[ALERT_REASON] = 1024};

static uint32_t code_point(const unsigned char *text, size_t len)
{
	uint32_t code = len == 1 ? text[0] : text[0] & (0x7f >> len);

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (text[i] & 0x3f);
	return code;
}

// Control characters, and those that change how the text around them is shown: writing direction, joiners, separators.
static bool is_invisible(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || (c >= 0xd800 && c <= 0xdfff) ||
	       c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) || c > 0x10ffff || (c & 0xfffe) == 0xfffe ||
	       (c >> 12) == 0xe0;
}

// Length of the printable UTF-8 character at `text`, or 0.
static size_t printable(const unsigned char *text, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;

	if ((text[0] >= 0x80 && text[0] < 0xc2) || text[0] > 0xf4 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	uint32_t c = code_point(text, len);
	return c < least[len] || is_invisible(c) ? 0 : len;
}

// Appends a text, cleaned, with its NUL: at most `most` octets and "…". Returns the place after it.
static char *put_clean(char *out, const char *text, size_t len, size_t most)
{
	const unsigned char *from = (const unsigned char *)text;
	const char *end = out + most;

	for (size_t at = 0; at < len;) {
		size_t n = printable(from + at, len - at);
		if (out + (n ? n : 4) > end) {
			out = stpcpy(out, "…");
			break;
		}
		if (n)
			memcpy(out, from + at, n);
		else
			snprintf(out, 5, "\\%03u", from[at]);
		out += n ? n : 4;
		at += n ? n : 1;
	}
	*out = '\0';
	return out + 1;
}

static void point_into(struct alert *a)
{
	const char *at = a->text;

	a->entry = at;
	for (int i = 0; i < ALERT_FIELDS; i++) {
		at += strlen(at) + 1;
		a->field[i] = at;
	}
}

struct piece {
	const char *text;
	size_t len;
};

static int put_all(struct alert *out, const char *entry, const struct piece piece[ALERT_FIELDS])
{
	char text[ALERT_SIZE_MAX], *end = put_clean(text, entry, strlen(entry), ALERT_ENTRY_SIZE - 4);

	for (int i = 0; i < ALERT_FIELDS; i++)
		end = put_clean(end, piece[i].text, piece[i].len, field_sizes[i]);
	*out = (struct alert){.text = malloc((size_t)(end - text)), .size = (size_t)(end - text)};
	if (!out->text)
		return -ENOMEM;
	memcpy(out->text, text, out->size);
	point_into(out);
	return 0;
}

int alert_from_entry(struct alert *out, const char *entry, const redisReply *fields)
{
	struct piece piece[ALERT_FIELDS];

	for (int i = 0; i < ALERT_FIELDS; i++)
		piece[i] = (struct piece){"", 0};
	for (size_t f = 0; fields && fields->type == REDIS_REPLY_ARRAY && f + 1 < fields->elements; f += 2) {
		const redisReply *name = fields->element[f], *value = fields->element[f + 1];
		for (int i = 0; i < ALERT_FIELDS && name->str && value->str; i++)
			if (strcmp(name->str, alert_field_names[i]) == 0)
				piece[i] = (struct piece){value->str, value->len};
	}
	return put_all(out, entry, piece);
}

int alert_make(struct alert *out, const char *entry, const char *const field[ALERT_FIELDS])
{
	struct piece piece[ALERT_FIELDS];

	for (int i = 0; i < ALERT_FIELDS; i++)
		piece[i] = (struct piece){field[i] ? field[i] : "", field[i] ? strlen(field[i]) : 0};
	return put_all(out, entry, piece);
}

bool alert_unpack(struct alert *out, const char *text, size_t size)
{
	size_t ends = 0;

	for (size_t i = 0; i < size; i++)
		ends += text[i] == '\0';
	*out = (struct alert){.size = size};
	if (ends != ALERT_FIELDS + 1 || size > ALERT_SIZE_MAX || text[size - 1] != '\0' || !(out->text = malloc(size)))
		return false;
	memcpy(out->text, text, size);
	point_into(out);
	return true;
}

void alert_free(struct alert *a)
{
	free(a->text);
	*a = (struct alert){0};
}

int64_t alert_number(const struct alert *a, enum alert_field field)
{
	return strtoll(a->field[field], NULL, 10);
}

int64_t alert_time_ms(const struct alert *a)
{
	return *a->entry ? strtoll(a->entry, NULL, 10) : alert_number(a, ALERT_LAST) * 1000;
}

void alert_time_text(int64_t ms, char *out, size_t size)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (ms < 0 || ms > 253402300799999 || !gmtime_r(&seconds, &tm)) // the year 9999
		gmtime_r(&(time_t){0}, &tm);
	size_t used = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + used, size - used, ".%03uZ", (unsigned)(ms < 0 ? 0 : ms % 1000));
}

int alert_compare_entries(const char *a, const char *b)
{
	char *rest_a, *rest_b;
	unsigned long long ms_a = strtoull(a, &rest_a, 10), ms_b = strtoull(b, &rest_b, 10);

	if (ms_a != ms_b)
		return ms_a > ms_b ? 1 : -1;
	unsigned long long n_a = *rest_a ? strtoull(rest_a + 1, NULL, 10) : 0;
	unsigned long long n_b = *rest_b ? strtoull(rest_b + 1, NULL, 10) : 0;
	return (n_a > n_b) - (n_a < n_b);
}

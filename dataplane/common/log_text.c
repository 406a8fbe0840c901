// SPDX-License-Identifier: BSD-3-Clause
// The text of a log line, and the line as text and as JSON.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/log_entry.h"

static const char *const level_name[LOG_LEVEL_MAX] = {"error", "warning", "info", "debug"};

// clean text ─────────────────────────────────────────────────────────────────────────────────

// The length of the UTF-8 sequence at `s` (RFC 3629 §4), its code point in `point`; 0: not one.
static unsigned read_utf8(const unsigned char *s, uint32_t *point)
{
	static const uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000}; // shorter sequences have the smaller ones
	unsigned len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (len == 1) {
		*point = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	*point = s[0] & (0x7fu >> len);
	for (unsigned i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80) // the NUL at the end, too
			return 0;
		*point = *point << 6 | (s[i] & 0x3fu);
	}
	if (*point < first[len] || (*point >= 0xd800 && *point < 0xe000) || *point > 0x10ffff)
		return 0;
	return len;
}

// Control characters (C0, DEL, C1), line and paragraph separators, marks that change the direction.
static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x200e || point == 0x200f ||
	       (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

void log_text_clean(char *text)
{
	unsigned char *at = (unsigned char *)text;
	uint32_t point;

	while (*at) {
		unsigned len = read_utf8(at, &point);
		if (len == 0)
			*at = '?';
		else if (is_control(point))
			memset(at, ' ', len);
		at += len ? len : 1;
	}
}

// the time ───────────────────────────────────────────────────────────────────────────────────

// Year, month and day of a number of days since 1970, in the Gregorian calendar. Not gmtime_r: it takes a lock that all
// threads share, and a line may come from a signal's handler.
static void date_of(int64_t days, int *year, int *month, int *day)
{
	days += 719468; // since 0000-03-01: a leap day is the last one of a year, and of an era of 400 years
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int of_era = (int)(days - era * 146097);
	int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (5 * of_year + 2) / 153;

	*day = of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = (int)(year_of_era + era * 400) + (*month <= 2);
}

enum { TIME_SIZE = 80 }; // 25, but the compiler assumes any int for each part

// ISO 8601, UTC, milliseconds: 2026-12-01T00:54:55.123Z
static void write_time(char out[static TIME_SIZE], const struct timespec *time)
{
	int64_t days = time->tv_sec / 86400;
	int second = (int)(time->tv_sec % 86400), year, month, day;

	date_of(days, &year, &month, &day);
	snprintf(out, TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day, second / 3600,
		second / 60 % 60, second % 60, (int)(time->tv_nsec / 1000000));
}

// lines ──────────────────────────────────────────────────────────────────────────────────────

static size_t written(int len, char *out, size_t size)
{
	if (len < (int)size)
		return (size_t)len;
	out[size - 1] = '\n';
	return size;
}

size_t log_text_write_plain(char *out, size_t size, const struct log_entry *e)
{
	return written(snprintf(out, size, "%s: %s: %s\n", e->program, level_name[e->level], e->text), out, size);
}

size_t log_text_write(char *out, size_t size, const struct log_entry *e)
{
	char time[TIME_SIZE];

	write_time(time, &e->time);
	return written(snprintf(out, size, "%s %s: %s: %s\n", time, e->program, level_name[e->level], e->text), out,
		size);
}

// A clean text as a JSON string without its quotes: two characters need an escape.
static void escape(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text && used + 3 <= size; text++) {
		if (*text == '"' || *text == '\\')
			out[used++] = '\\';
		out[used++] = *text;
	}
	out[used] = '\0';
}

size_t log_text_write_json(char *out, size_t size, const struct log_entry *e)
{
	char time[TIME_SIZE], sensor[160], text[2 * LOG_TEXT_SIZE];

	write_time(time, &e->time);
	escape(sensor, sizeof(sensor), e->sensor);
	escape(text, sizeof(text), e->text);
	return written(
		snprintf(out, size,
			"{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\",\"pid\":%d,%s%s%s\"function\":\"%s\",\"message\":\"%s\"}\n",
			time, level_name[e->level], e->program, (int)getpid(), *sensor ? "\"sensor\":\"" : "", sensor,
			*sensor ? "\"," : "", e->function, text),
		out, size);
}

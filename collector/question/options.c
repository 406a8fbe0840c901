// SPDX-License-Identifier: BSD-3-Clause
// What narrows and orders a query: record types, times, the order of records.
#include "collector/question/parse.h"

#include "dataplane/common/dns_layout.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { OFFSET_MAX_S = 14 * 3600 };

static int add_type(struct query *q, const char *word)
{
	uint16_t type = 0;
	size_t digits = strspn(word, "0123456789");
	bool number = digits > 0 && digits < 6 && word[digits] == '\0'; // as /pdns/ answers

	if (number && strtoul(word, NULL, 10) <= UINT16_MAX)
		type = (uint16_t)strtoul(word, NULL, 10);
	else if (dns_layout_type(word, &type) != 0)
		return -EINVAL;
	if (q->types_len == QUERY_TYPES_MAX)
		return -EINVAL;
	text_type(type, q->type[q->types_len++]);
	q->types = QUERY_TYPES_LISTED;
	return 0;
}

int query_parse_types(struct query *q, const char *text, char *why, size_t why_size)
{
	char copy[256], *rest = copy;

	if (strlen(text) >= sizeof(copy))
		return query_refuse(why, why_size, text, "record types, as in a,aaaa,mx");
	strcpy(copy, text);
	q->types_len = 0;
	q->types = QUERY_TYPES_ALL;
	if (strcasecmp(text, "any") == 0)
		q->types = QUERY_TYPES_NOT_DNSSEC;
	else if (strcasecmp(text, "any-dnssec") == 0)
		q->types = QUERY_TYPES_DNSSEC;
	else if (strcasecmp(text, "all") != 0)
		for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
			word += strspn(word, " ");
			word[strcspn(word, " ")] = '\0';
			if (add_type(q, word) != 0)
				return query_refuse(why, why_size, word, "a record type, as A, MX or TYPE65280");
		}
	return 0;
}

static bool is_dnssec(const char *type, size_t len)
{
	const struct dns_layout *l = dns_layout_named(type, len);

	return l && l->is_dnssec;
}

bool query_has_type(const struct query *q, const char *type, size_t len)
{
	if (q->no_placeholders && len == 5 && memcmp(type, "TYPE0", 5) == 0)
		return false;
	switch (q->types) {
	case QUERY_TYPES_ALL:
		return true;
	case QUERY_TYPES_NOT_DNSSEC:
		return !is_dnssec(type, len);
	case QUERY_TYPES_DNSSEC:
		return is_dnssec(type, len);
	case QUERY_TYPES_LISTED:
		break;
	}
	for (size_t i = 0; i < q->types_len; i++)
		if (strlen(q->type[i]) == len && memcmp(q->type[i], type, len) == 0)
			return true;
	return false;
}

bool query_type_has_target(const char *type, size_t len)
{
	return text_type_has_target(type, len);
}

static int refuse_types(char *why, size_t why_size, const char *type, const char *expected)
{
	snprintf(why, why_size, "record type: found %s, expected %s", type, expected);
	return -EINVAL;
}

// For a question about an address, A and AAAA are one type, as in DNSDB.
static int fit_address_types(struct query *q, char *why, size_t why_size)
{
	static const char expected[] = "A or AAAA, or none: no other record holds an address as such";

	for (size_t i = 0; q->types == QUERY_TYPES_LISTED && i < q->types_len; i++)
		if (dns_layout_address_size(dns_layout_named(q->type[i], strlen(q->type[i]))) == 0)
			return refuse_types(why, why_size, q->type[i], expected);
	if (q->types == QUERY_TYPES_DNSSEC)
		return refuse_types(why, why_size, "any-dnssec", expected);
	q->types = QUERY_TYPES_ALL;
	return 0;
}

int query_fit_types(struct query *q, char *why, size_t why_size)
{
	static const char expected[] =
		"CNAME, DNAME, NS, PTR, SOA, MX, SRV, SVCB or HTTPS, or none: other RDATA has no index";

	if (q->kind == QUERY_ADDRESSES)
		return fit_address_types(q, why, why_size);
	if (!query_is_of_targets(q))
		return 0;
	for (size_t i = 0; q->types == QUERY_TYPES_LISTED && i < q->types_len; i++)
		if (!query_type_has_target(q->type[i], strlen(q->type[i])))
			return refuse_types(why, why_size, q->type[i], expected);
	return q->types == QUERY_TYPES_DNSSEC ? refuse_types(why, why_size, "any-dnssec", expected) : 0;
}

bool query_is_of_targets(const struct query *q)
{
	return q->kind == QUERY_TARGET || q->kind == QUERY_TARGET_SUBTREE || q->kind == QUERY_TARGET_STEM ||
	       q->kind == QUERY_TARGET_GLOB || q->kind == QUERY_TARGET_REGEX;
}

// "90", "15min", "24h", "7d", "2w" as seconds; -1 if it is none.
static int64_t parse_span(const char *text)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {"y", 31557600}};
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (errno == 0 && strcmp(end, units[i].unit) == 0 && number < INT64_MAX / units[i].seconds)
			return number * units[i].seconds;
	return -1;
}

// "2024-01-31T12:00:00Z" with a blank in place of the T, and without fractions of a second; false if it is too long.
static bool plain_time(const char *text, char *out, size_t out_size)
{
	size_t len = strlen(text), n = 0;

	if (len >= out_size)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool fraction = text[i] == '.' && n == 19;
		if (fraction)
			i += 1 + strspn(text + i + 1, "0123456789");
		if (i == len)
			break;
		out[n] = n == 10 && (text[i] == 'T' || text[i] == 't') ? ' ' : text[i] == 'z' ? 'Z' : text[i];
		n++;
	}
	out[n] = '\0';
	return true;
}

// A date and perhaps a time of day, UTC unless an offset follows: its first second and, in `end`, its last.
static bool parse_date(const char *text, int64_t *start, int64_t *end)
{
	static const struct {
		const char *format;
		int64_t seconds; // length of the period; 0: a month
	} formats[] = {{"%Y-%m-%d %H:%M:%S%z", 1}, {"%Y-%m-%d %H:%M:%S", 1}, {"%Y-%m-%d %H:%M%z", 60},
		{"%Y-%m-%d %H:%M", 60}, {"%Y-%m-%d", 86400}, {"%Y-%m", 0}};
	char plain[64];

	if (!plain_time(text, plain, sizeof(plain)))
		return false;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		struct tm tm = {.tm_mday = 1};
		const char *rest = strptime(plain, formats[i].format, &tm);
		if (!rest || *rest)
			continue;
		long offset = tm.tm_gmtoff;
		int day = tm.tm_mday;
		*start = timegm(&tm) - offset;
		if (tm.tm_mday != day || labs(offset) > OFFSET_MAX_S)
			return false; // there is no such day in that month, no such zone
		tm.tm_mon++;
		*end = (formats[i].seconds ? *start + formats[i].seconds : timegm(&tm)) - 1;
		return true;
	}
	return false;
}

// `last`: if the text means a period, its last second instead of its first.
static int parse_time(int64_t *out, const char *text, int64_t now, bool last, char *why, size_t why_size)
{
	int64_t start, end_of_it;
	char *end;

	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (end != text && *end == '\0' && errno == 0) {
		*out = number < 0 ? now + number : number;
		return 0;
	}
	int64_t span = parse_span(text + (*text == '-'));
	if (span >= 0) {
		*out = now - span;
		return 0;
	}
	if (!parse_date(text, &start, &end_of_it))
		return query_refuse(why, why_size, text,
			"a time: 7d, 2024-01-31, 2024-01-31T12:00:00Z or seconds since 1970");
	*out = last ? end_of_it : start;
	return 0;
}

int query_parse_time(int64_t *out, const char *text, int64_t now, char *why, size_t why_size)
{
	return parse_time(out, text, now, false, why, why_size);
}

int query_parse_until(int64_t *out, const char *text, int64_t now, char *why, size_t why_size)
{
	return parse_time(out, text, now, true, why, why_size);
}

int query_parse_order(struct query *q, const char *text, char *why, size_t why_size)
{
	static const char *const words[] = {"", "last", "first", "count", "name", "type", "rdata"};

	q->descending = *text == '-';
	for (size_t i = 1; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(text + q->descending, words[i]) == 0) {
			q->order = (enum query_order)i;
			return 0;
		}
	}
	return query_refuse(why, why_size, text,
		"last, first, count, name, type or rdata, with - before it for descending");
}

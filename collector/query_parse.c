// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query.h"

#include "collector/query_regex.h"

#include "dataplane/dns_layout.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

// What DNSDB leaves out of ANY (its API, "RRTYPE").
static const char *const dnssec_types[] = {"DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3", "NSEC3PARAM", "CDS",
	"CDNSKEY", "DLV", "TA", "SIG", "KEY", "NXT", "CSYNC"};

struct query query_make(enum query_kind kind)
{
	return (struct query){.kind = kind,
		.first_after = INT64_MIN,
		.first_before = INT64_MAX,
		.last_after = INT64_MIN,
		.last_before = INT64_MAX};
}

static int refuse(char *why, size_t why_size, const char *text, const char *expected)
{
	snprintf(why, why_size, "'%.100s': expected %s", text, expected);
	return -EINVAL;
}

static int set_name(struct query *q, enum query_kind kind, const char *text, size_t len)
{
	q->kind = kind;
	q->name_len = query_name(text, len, q->name);
	return q->name_len > 0 ? 0 : -EINVAL;
}

// Names with a wildcard at one end; `kinds` are the kinds of exact, subtree and stem.
static int parse_wild(
	struct query *q, const char *text, const enum query_kind kinds[3], char *why, size_t why_size)
{
	char plain[2 * TEXT_NAME_SIZE];
	int result = -EINVAL;

	if (!query_refang(text, plain, sizeof(plain)))
		return refuse(why, why_size, text, "a name of at most 253 octets");
	if (!query_to_ascii(plain, sizeof(plain)))
		return refuse(why, why_size, text, "a name that IDNA permits");
	size_t len = strlen(plain);
	if (len > 2 && plain[len - 1] == '.' && plain[len - 2] == '*' && plain[len - 3] == '.')
		plain[--len] = '\0';
	if (strcmp(plain, "*") == 0 || strcmp(plain, "*.") == 0)
		result = set_name(q, kinds[1], ".", 1);
	else if (len > 2 && strncmp(plain, "*.", 2) == 0)
		result = set_name(q, kinds[1], plain + 2, len - 2);
	else if (len > 2 && strcmp(plain + len - 2, ".*") == 0)
		result = set_name(q, kinds[2], plain, len - 2);
	else
		result = set_name(q, kinds[0], plain, len);
	if (result != 0)
		return refuse(why, why_size, text, "a name, *.name or name.*");
	return 0;
}

int query_parse_name(struct query *q, const char *text, char *why, size_t why_size)
{
	static const enum query_kind kinds[] = {QUERY_NAME, QUERY_SUBTREE, QUERY_STEM};
	return parse_wild(q, text, kinds, why, why_size);
}

int query_parse_target(struct query *q, const char *text, char *why, size_t why_size)
{
	static const enum query_kind kinds[] = {QUERY_TARGET, QUERY_TARGET_SUBTREE, QUERY_TARGET_STEM};
	return parse_wild(q, text, kinds, why, why_size);
}

// first and last address of a prefix.
static int set_prefix(struct query *q, const char *bits_text)
{
	char *end;
	unsigned long bits = strtoul(bits_text, &end, 10);

	if (!isdigit((unsigned char)bits_text[0]) || *end || bits > 8 * q->address_size)
		return -EINVAL;
	for (size_t i = 0; i < q->address_size; i++) {
		size_t kept = bits > 8 * i ? bits - 8 * i : 0;
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t) ~(0xff >> kept);
		q->first[i] &= mask;
		q->last[i] = q->first[i] | (uint8_t)~mask;
	}
	return 0;
}

int query_parse_addresses(struct query *q, const char *text, char *why, size_t why_size)
{
	static const char expected[] = "an address, ADDRESS/BITS or ADDRESS-ADDRESS";
	char plain[256];

	q->kind = QUERY_ADDRESSES;
	if (!query_refang(text, plain, sizeof(plain)))
		return refuse(why, why_size, text, expected);
	size_t len = strcspn(plain, "/,-");
	char separator = plain[len];
	plain[len] = '\0';
	const char *rest = separator ? plain + len + 1 : NULL;
	if (plain[0] == '[' && len > 2 && plain[len - 1] == ']') {
		plain[len - 1] = '\0';
		memmove(plain, plain + 1, len - 1);
	}
	q->address_size = query_address(plain, q->first);
	if (q->address_size == 0)
		return refuse(why, why_size, text, expected);
	memcpy(q->last, q->first, sizeof(q->last));
	if (separator == '-') {
		if (query_address(rest, q->last) != q->address_size ||
			memcmp(q->first, q->last, q->address_size) > 0)
			return refuse(why, why_size, text, "the lower address first, both of one family");
	} else if (separator && set_prefix(q, rest) != 0) {
		return refuse(why, why_size, text, "at most 32 bits (IPv4) or 128 (IPv6)");
	}
	return 0;
}

int query_parse(struct query *q, const char *text, char *why, size_t why_size)
{
	char ignored[256];

	if (query_parse_addresses(q, text, ignored, sizeof(ignored)) == 0)
		return 0;
	return query_parse_name(q, text, why, why_size);
}

static int check_regex(const char *text, char *why, size_t why_size)
{
	char reason[200], expected[300];
	struct query_regex *regex = query_regex_compile(text, reason, sizeof(reason));

	if (!regex) {
		snprintf(expected, sizeof(expected), "a regular expression (RE2): %s", reason);
		return refuse(why, why_size, text, expected);
	}
	query_regex_free(regex);
	return 0;
}

int query_parse_pattern(struct query *q, enum query_kind kind, const char *text, char *why, size_t why_size)
{
	bool regex = kind == QUERY_REGEX || kind == QUERY_TARGET_REGEX;
	size_t len = strlen(text);

	q->kind = kind;
	if (len == 0 || len > 512)
		return refuse(why, why_size, text, "a pattern of 1 to 512 characters");
	for (size_t i = 0; i < len; i++)
		q->name[i] = !regex && text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
	if (!regex && len > 1 && text[len - 1] == '.')
		len--; // keys have no final dot
	q->name[len] = '\0';
	q->name_len = len;
	return regex ? check_regex(q->name, why, why_size) : 0;
}

int query_parse_keyword(struct query *q, const char *text, char *why, size_t why_size)
{
	char given[2 * TEXT_NAME_SIZE], unicode[4 * TEXT_NAME_SIZE], plain[2 * TEXT_NAME_SIZE];

	q->kind = QUERY_KEYWORD;
	if (!query_refang(text, given, sizeof(given)))
		return refuse(why, why_size, text, "a part of a name, of at most 253 octets");
	strcpy(plain, given);
	if (!query_to_ascii(plain, sizeof(plain)))
		return refuse(why, why_size, text, "a part of a name that IDNA permits");
	// what is not ASCII: by the letters that it looks like, else as the punycode of whole labels
	bool decoded = strcmp(plain, given) != 0 && query_unicode(plain, strlen(plain), unicode, sizeof(unicode)) > 0;
	if (decoded && query_to_latin(unicode, given, sizeof(given)))
		strcpy(plain, given);
	if (strlen(plain) < 2 || strlen(plain) > 253)
		return refuse(why, why_size, text, "a part of a name, of at least two characters");
	q->name_len = strlen(plain);
	for (size_t i = 0; i <= q->name_len; i++)
		q->name[i] = plain[i] >= 'A' && plain[i] <= 'Z' ? (char)(plain[i] + 32) : plain[i];
	return 0;
}

static int add_type(struct query *q, const char *word)
{
	uint16_t type;

	if (dns_layout_type(word, &type) != 0 || q->types_len == QUERY_TYPES_MAX)
		return -EINVAL;
	text_type(type, q->type[q->types_len++]);
	q->types = QUERY_TYPES_LISTED;
	return 0;
}

int query_parse_types(struct query *q, const char *text, char *why, size_t why_size)
{
	char copy[256], *rest = copy;

	if (strlen(text) >= sizeof(copy))
		return refuse(why, why_size, text, "record types, as in a,aaaa,mx");
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
				return refuse(why, why_size, word, "a record type, as A, MX or TYPE65280");
		}
	return 0;
}

static bool is_dnssec(const char *type, size_t len)
{
	for (size_t i = 0; i < sizeof(dnssec_types) / sizeof(*dnssec_types); i++)
		if (strlen(dnssec_types[i]) == len && memcmp(dnssec_types[i], type, len) == 0)
			return true;
	return false;
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

// "90", "15min", "24h", "7d", "2w" as seconds; -1 where it is none.
static int64_t parse_span(const char *text)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {
		{"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {"y", 31557600}};
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

int query_parse_time(int64_t *out, const char *text, int64_t now, char *why, size_t why_size)
{
	static const char *const formats[] = {
		"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
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
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		struct tm tm = {0};
		const char *rest = strptime(text, formats[i], &tm);
		if (rest && *rest == '\0') {
			*out = timegm(&tm);
			return 0;
		}
	}
	return refuse(
		why, why_size, text, "a time: 7d, 2024-01-31, 2024-01-31T12:00:00Z or seconds since 1970");
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
	return refuse(why, why_size, text,
		"last, first, count, name, type or rdata, with - before it for descending");
}

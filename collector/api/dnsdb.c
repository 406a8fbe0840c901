// SPDX-License-Identifier: BSD-3-Clause
// DNSDB API, versions 2 and 1, for dnsdbq and other clients of DNSDB.
//
//     /dnsdb/v2/{lookup|summarize}/rrset/{name|raw}/VALUE[/RRTYPE[/BAILIWICK]]
//     /dnsdb/v2/{lookup|summarize}/rdata/{name|ip|raw}/VALUE[/RRTYPE]
//     /dnsdb/v2/{glob|regex}/{rrnames|rdata}/VALUE[/RRTYPE]
//     /dnsdb/v2/ping, /dnsdb/v2/rate_limit
//     /{lookup|summarize}/…                                      version 1, without the frame
#include "collector/http/answer.h"
#include "collector/api/handlers.h"
#include "collector/http/params.h"
#include "collector/api/records.h"

#include "dataplane/common/dns_layout.h"
#include "dataplane/common/wire_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Decodes hexadecimal text. Returns the number of octets, or 0 if it is not hexadecimal.
static size_t from_hex(const char *text, uint8_t *out, size_t out_size)
{
	size_t n = 0;

	for (; text[0] && text[1]; text += 2) {
		if (n == out_size || hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
			return 0;
		out[n++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
	}
	return *text ? 0 : n;
}

// True if the RDATA can only be an address, by the types of the question or by its octets.
static bool is_raw_address(const struct query *q, const uint8_t *octets, size_t size)
{
	bool listed = q->types == QUERY_TYPES_LISTED;

	if (size != 4 && size != 16)
		return false;
	for (size_t i = 0; listed && i < q->types_len; i++)
		if (query_type_has_target(q->type[i], strlen(q->type[i])))
			return false;
	// else it may be a name, from its first octet to its last
	return listed || size == 4 || wire_name_size(octets, size) != size;
}

// A name in wire form, or RDATA that is an address or points to a name.
static int parse_raw(struct query *q, const char *hex, bool rdata, char *why, size_t why_size)
{
	uint8_t octets[QUERY_RAW_MAX];
	size_t size = from_hex(hex, octets, sizeof(octets));

	if (rdata && is_raw_address(q, octets, size)) {
		q->kind = QUERY_ADDRESSES;
		q->address_size = size;
		memcpy(q->first, octets, size);
		memcpy(q->last, octets, size);
		return 0;
	}
	q->kind = rdata ? QUERY_TARGET : QUERY_NAME;
	if (rdata) {
		memcpy(q->raw, octets, size);
		q->raw_size = size;
	} else {
		q->name_len = size > 0 ? text_name(octets, size, q->name) : 0;
	}
	if (rdata ? query_raw_targets(q, NULL, NULL) > 0 : q->name_len > 0)
		return 0;
	snprintf(why, why_size, "raw: expected %s, in hexadecimal",
		rdata ? "RDATA in wire form that holds an address or points to a name" : "a name in wire form");
	return -1;
}

static int parse_value(struct query *q, const char *side, const char *kind, const char *value, char *why,
	size_t why_size)
{
	bool rdata = strcmp(side, "rdata") == 0;
	int result;

	snprintf(why, why_size, "path: expected rrset/name, rrset/raw, rdata/name, rdata/ip or rdata/raw");
	if (!rdata && strcmp(side, "rrset") != 0)
		return -1;
	if (strcmp(kind, "name") == 0) {
		result = (rdata ? query_parse_target : query_parse_name)(q, value, why, why_size);
		size_t len = strlen(why);
		if (result == -ENOTSUP) // a pattern
			snprintf(why + len, why_size - len, "; use /dnsdb/v2/glob/%s/", rdata ? "rdata" : "rrnames");
		return result;
	}
	if (strcmp(kind, "ip") == 0 && rdata)
		return query_parse_addresses(q, value, why, why_size);
	return strcmp(kind, "raw") == 0 ? parse_raw(q, value, rdata, why, why_size) : -1;
}

// dnsdbq escapes slashes and commas of its batch files twice. Any other "%" is kept.
static void unescape_again(char *value)
{
	char *to = value;

	for (const char *from = value; *from; to++) {
		bool slash = strncasecmp(from, "%2F", 3) == 0, comma = strncasecmp(from, "%2C", 3) == 0;
		*to = slash ? '/' : comma ? ',' : *from;
		from += slash || comma ? 3 : 1;
	}
	*to = '\0';
}

// Farsight's Go client escapes patterns twice. A pattern in which each "%" begins an escape is decoded once more; to search
// for "%2a" in names, write "%252a".
static void unescape_pattern(char *value)
{
	char *plain = strdup(value);

	for (const char *p = value; plain && (p = strchr(p, '%')) != NULL; p++) {
		if (hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0)
			continue;
		free(plain);
		return;
	}
	if (plain && query_percent_decode(value, strlen(value), plain, strlen(value) + 1) != SIZE_MAX)
		strcpy(value, plain);
	free(plain);
}

// `at` is the segment that names the verb.
static enum MHD_Result answer_lookup(struct http_request *r, size_t at, bool v1)
{
	char *const *s = r->segment + at, why[300];
	size_t n = r->segments - at;
	struct query q = query_make(QUERY_NAME);
	bool summarize = strcmp(s[0], "summarize") == 0, rdata = n > 1 && strcmp(s[1], "rdata") == 0;

	if (n < 4 || n > (rdata ? 5u : 6u))
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST,
			"path: expected %s/rrset/name/NAME[/RRTYPE[/BAILIWICK]] or "
			"%s/rdata/name|ip|raw/VALUE[/RRTYPE]",
			s[0], s[0]);
	q.types = QUERY_TYPES_NOT_DNSSEC;
	if (n > 4 && *s[4] && query_parse_types(&q, s[4], why, sizeof(why)) != 0)
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	char *value = s[3];
	unescape_again(value);
	if (parse_value(&q, s[1], s[2], value, why, sizeof(why)) != 0 || query_fit_types(&q, why, sizeof(why)) != 0 ||
		(n > 5 && *s[5] && query_parse_bailiwick(&q, s[5], why, sizeof(why)) != 0))
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	unsigned code = http_params_query(r, &q, why, sizeof(why));
	if (code != 0)
		return http_answer_line(r, code, "%s", why);
	const struct query_format format = {.rdata_lookup = rdata,
		.human_time = http_param_flag(r, "humantime", false),
		.zones = r->db->zones};
	if (summarize)
		return api_records(r, &q, v1 ? API_SUMMARIZE1 : API_SUMMARIZE, &format);
	return api_records(r, &q, v1 ? API_DNSDB1 : API_DNSDB, &format);
}

// 0, or -1 with `why`.
static int exclude_param(struct http_request *r, struct query *q, enum query_kind kind, char *why, size_t why_size)
{
	char text[HTTP_VALUE_SIZE];
	struct query excluded = query_make(kind);

	if (!MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "exclude"))
		return 0;
	if (!http_param(r, "exclude", text, sizeof(text))) {
		snprintf(why, why_size, "exclude: expected a pattern");
		return -1;
	}
	if (!*text)
		return 0;
	if (query_parse_pattern(&excluded, kind, text, why, why_size) != 0)
		return -1;
	strcpy(q->exclude, excluded.name);
	return 0;
}

// Flexible search: patterns match names with and without their final dot.
static enum MHD_Result answer_flexible(struct http_request *r, size_t at)
{
	char *const *s = r->segment + at, why[300];
	size_t n = r->segments - at;
	bool regex = strcmp(s[0], "regex") == 0, rdata = n > 1 && strcmp(s[1], "rdata") == 0;
	struct query q = query_make(QUERY_GLOB);
	const struct query_format format = {.rdata_lookup = rdata,
		.human_time = http_param_flag(r, "humantime", false),
		.brief = !http_param_flag(r, "verbose", true)};

	if (n < 3 || n > 4 || (!rdata && strcmp(s[1], "rrnames") != 0))
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST,
			"path: expected %s/rrnames/VALUE[/RRTYPE] or %s/rdata/VALUE[/RRTYPE]", s[0], s[0]);
	q.types = QUERY_TYPES_NOT_DNSSEC;
	if (n > 3 && *s[3] && query_parse_types(&q, s[3], why, sizeof(why)) != 0)
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	enum query_kind kind =
		regex ? (rdata ? QUERY_TARGET_REGEX : QUERY_REGEX) : (rdata ? QUERY_TARGET_GLOB : QUERY_GLOB);
	unescape_pattern(s[2]);
	if (query_parse_pattern(&q, kind, s[2], why, sizeof(why)) != 0 || query_fit_types(&q, why, sizeof(why)) != 0 ||
		exclude_param(r, &q, kind, why, sizeof(why)) != 0)
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	unsigned code = http_params_query(r, &q, why, sizeof(why));
	if (code != 0)
		return http_answer_line(r, code, "%s", why);
	q.order = QUERY_ORDER_NONE; // one owner's records have to stay together
	return api_records(r, &q, rdata ? API_FLEX_RDATA : API_FLEX_NAMES, &format);
}

enum MHD_Result api_dnsdb(struct http_request *r)
{
	const char *verb = r->segments > 2 ? r->segment[2] : "";

	if (strcmp(verb, "ping") == 0 && r->segments == 3) {
		struct redis_buffer body = {0};
		query_put_text(&body, "{\"ping\":\"ok\"}\n");
		return http_answer_body(r, MHD_HTTP_OK, "application/json", &body);
	}
	if (strcmp(verb, "lookup") == 0 || strcmp(verb, "summarize") == 0)
		return answer_lookup(r, 2, false);
	if (strcmp(verb, "glob") == 0 || strcmp(verb, "regex") == 0)
		return answer_flexible(r, 2);
	return http_answer_line(r, MHD_HTTP_BAD_REQUEST,
		"path: expected lookup, summarize, glob, regex, ping or rate_limit after /dnsdb/v2/");
}

enum MHD_Result api_dnsdb1(struct http_request *r)
{
	return answer_lookup(r, 0, true);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/question/paste.h"

#include "collector/question/parse.h"
#include "dataplane/common/trim.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_SIZE = 2048 };

const char *const query_meaning_text[QUERY_MEANS_MAX] = {"name", "below", "stem", "pattern", "regex", "address",
	"prefix", "range", "keyword", "list"};

// --- hosts

// A port after a name, and what comes before "@".
static char *strip_name(char *text)
{
	for (char *p = text; (p = strchr(p, '@')) != NULL;) {
		if (p > text && p[-1] == '\\')
			p++;
		else
			p = text = p + 1;
	}
	size_t len = strlen(text), digits = len;
	while (digits > 0 && isdigit((unsigned char)text[digits - 1]))
		digits--;
	bool bare =
		strchr(text, ':') != strrchr(text, ':') && text[0] != '['; // an IPv6 address, whose last group it is
	if (digits > 1 && digits < len && strchr(":#", text[digits - 1]) && text[digits - 2] != '\\' &&
		!(bare && text[digits - 1] == ':'))
		text[digits - 1] = '\0';
	else if (len > 1 && text[len - 1] == ':')
		text[len - 1] = '\0';
	return text;
}

// A path after an IPv6 address, in which there is no dot.
static void cut_behind_ipv6(char *text)
{
	char *slash = strchr(text, '/'), *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	uint8_t ignored[16];

	if (!slash || (text[0] == '[' && (!bracket || bracket > slash)))
		return;
	*slash = '\0';
	if (!bracket && query_address(text, ignored) != 16)
		*slash = '/';
}

// The host of "scheme://user@host:port/path", or of what looks like the rest of one. In place; sets `*url` if it has a scheme.
static char *take_host(char *text, bool *url)
{
	char *scheme = strstr(text, "://");

	*url = scheme && strcspn(text, "/?#") == (size_t)(scheme - text) + 1;
	if (*url) {
		text = scheme + 3;
		text[strcspn(text, "/?#\\")] = '\0';
		return strip_name(text);
	}
	if (strncmp(text, "//", 2) == 0)
		text += 2;
	cut_behind_ipv6(text);
	char *dot = strchr(text, '.'), *slash = dot ? strchr(dot, '/') : NULL;
	while (slash && slash[-1] == '\\')
		slash = strchr(slash + 1, '/');
	if (slash) // one without a dot before it belongs to the name (RFC 2317)
		*slash = '\0';
	return strip_name(text);
}

// 0xc0.0.2.1 and 3221225985, which browsers accept as addresses.
static void decode_address(char *host, size_t size)
{
	struct in_addr address;

	if (*host && strspn(host, "0123456789abcdefABCDEFxX.") == strlen(host) && isdigit((unsigned char)*host) &&
		inet_aton(host, &address))
		inet_ntop(AF_INET, &address, host, (socklen_t)size);
}

// --- meanings

static void put_addresses(struct query_paste *p, enum query_extent extent)
{
	static const enum query_meaning meanings[] = {[QUERY_EXTENT_ONE] = QUERY_MEANS_ADDRESS,
		[QUERY_EXTENT_PREFIX] = QUERY_MEANS_PREFIX,
		[QUERY_EXTENT_RANGE] = QUERY_MEANS_RANGE};
	char text[2][TEXT_ADDRESS_SIZE];
	const uint8_t *of[2] = {p->q.first, p->q.last};
	int bits = 0;

	for (int i = 0; i < 2; i++) {
		uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
		size_t size = p->q.mapped ? 16 : p->q.address_size;
		memcpy(address + (p->q.mapped ? 12 : 0), of[i], p->q.address_size);
		text_address(address, size, text[i]);
	}
	while (bits < (int)(8 * p->q.address_size) &&
		!((p->q.first[bits / 8] ^ p->q.last[bits / 8]) >> (7 - bits % 8) & 1))
		bits++;
	p->meaning = meanings[extent];
	if (extent == QUERY_EXTENT_ONE)
		snprintf(p->value, sizeof(p->value), "%s", text[0]);
	else if (extent == QUERY_EXTENT_PREFIX)
		snprintf(p->value, sizeof(p->value), "%s/%d", text[0], bits + (p->q.mapped ? 96 : 0));
	else
		snprintf(p->value, sizeof(p->value), "%s-%s", text[0], text[1]);
}

static int addresses(struct query_paste *p, const char *text, char *why, size_t why_size)
{
	enum query_extent extent;
	int result = query_read_addresses(&p->q, text, &extent, why, why_size);

	if (result == 0)
		put_addresses(p, extent);
	return result;
}

static void put_lower(char *out, size_t out_size, const char *text)
{
	snprintf(out, out_size, "%s", text);
	for (; *out; out++)
		*out = *out >= 'A' && *out <= 'Z' ? (char)(*out + 32) : *out;
}

static int keyword(struct query_paste *p, const char *text, char *why, size_t why_size)
{
	p->meaning = QUERY_MEANS_KEYWORD;
	put_lower(p->value, sizeof(p->value), text);
	return query_parse_keyword(&p->q, text, why, why_size);
}

static int pattern(struct query_paste *p, enum query_meaning meaning, const char *text, char *why, size_t why_size)
{
	bool regex = meaning == QUERY_MEANS_REGEX;

	if (strlen(text) >= sizeof(p->value) ||
		query_parse_pattern(&p->q, regex ? QUERY_REGEX : QUERY_GLOB, text, why, why_size) != 0)
		return strlen(text) >= sizeof(p->value) ? query_refuse(why, why_size, text, "a shorter pattern")
							: -EINVAL;
	p->meaning = meaning;
	snprintf(p->value, sizeof(p->value), "%s", p->q.name);
	return 0;
}

static bool has_dot(const char *text)
{
	return strchr(text, '.') || strstr(text, "\u3002") || strstr(text, "\uff0e") ||
	       strstr(text, "\uff61"); // RFC 3490 §3.1
}

static int name(struct query_paste *p, const char *text, char *why, size_t why_size)
{
	char dotted[ITEM_SIZE + 2];
	bool below = text[0] == '.' && text[1] && text[1] != '.';

	snprintf(dotted, sizeof(dotted), "%s%s", below ? "*" : "", text);
	size_t len = strlen(dotted), head = strncmp(dotted, "*.", 2) == 0 ? 2 : 0;
	size_t end = len > 2 && dotted[len - 1] == '.' && dotted[len - 2] == '*' ? len - 1 : len; // "www.example.*."
	size_t tail = !head && end > 2 && strncmp(dotted + end - 2, ".*", 2) == 0 ? 2 : 0;

	if (strcmp(dotted, "*") == 0 || strcmp(dotted, "*.") == 0)
		return query_refuse(why, why_size, text,
			"less than everything, which is an export: lookback export, or /api/export");
	if (len > head && query_is_pattern(dotted + head, end - head - tail))
		return pattern(p, QUERY_MEANS_PATTERN, dotted, why, why_size);
	if (len > 1 && !has_dot(dotted))
		return keyword(p, dotted, why, why_size);
	if (query_parse_name(&p->q, dotted, why, why_size) != 0)
		return -EINVAL;
	p->meaning = p->q.kind == QUERY_SUBTREE ? QUERY_MEANS_BELOW
		     : p->q.kind == QUERY_STEM	? QUERY_MEANS_STEM
						: QUERY_MEANS_NAME;
	snprintf(p->value, sizeof(p->value), "%s%s%s", p->meaning == QUERY_MEANS_BELOW ? "*." : "", p->q.name,
		p->meaning == QUERY_MEANS_STEM ? ".*" : "");
	return 0;
}

// One text without blanks, refanged.
static int one(struct query_paste *p, char *plain, size_t size, char *why, size_t why_size)
{
	bool url;
	int result = addresses(p, plain, why, why_size);

	if (result != -ENOENT)
		return result;
	char *host = take_host(plain, &url);
	if (url)
		decode_address(host, size - (size_t)(host - plain));
	result = addresses(p, host, why, why_size);
	return result == -ENOENT ? name(p, host, why, why_size) : result;
}

// A text that is being parsed.
struct plain {
	char copy[ITEM_SIZE], buffer[ITEM_SIZE];
	char *written; // tidied and unwrapped
	char *text;    // …and refanged
};

// False if it is too long for one.
static bool make_plain(struct plain *to, const char *text)
{
	if (strlen(text) >= ITEM_SIZE)
		return false;
	strcpy(to->copy, text);
	query_tidy(to->copy);
	to->written = query_unwrap(to->copy);
	if (!query_unfang(to->written, to->buffer, sizeof(to->buffer)))
		return false;
	to->text = trim_blanks(to->buffer);
	return true;
}

static int one_of(struct query_paste *p, struct plain *of, char *why, size_t why_size)
{
	return one(p, of->text, sizeof(of->buffer) - (size_t)(of->text - of->buffer), why, why_size);
}

int query_understand(struct query_paste *p, const char *text, char *why, size_t why_size)
{
	struct plain plain;

	*p = (struct query_paste){.meaning = QUERY_MEANS_LIST, .q = query_make(QUERY_NAME)};
	if (!make_plain(&plain, text))
		return 0; // too long for anything else
	if (!*plain.text)
		return query_refuse(why, why_size, text, "a name, an address, a prefix or a range");
	size_t len = strlen(plain.written);
	if (len > 2 && plain.written[0] == '/' && plain.written[len - 1] == '/' && plain.written[1] != '/') {
		plain.written[len - 1] = '\0';
		return pattern(p, QUERY_MEANS_REGEX, plain.written + 1, why, why_size);
	}
	int result = addresses(p, plain.text, why, why_size);
	if (result != -ENOENT || plain.text[query_item_len(plain.text)])
		return result == -ENOENT ? 0 : result;
	return one_of(p, &plain, why, why_size);
}

int query_understand_item(struct query_paste *p, const char *text, char *why, size_t why_size)
{
	static const char expected[] = "a name with a dot, an address, a prefix or a range";
	struct plain plain;

	*p = (struct query_paste){.meaning = QUERY_MEANS_LIST, .q = query_make(QUERY_NAME)};
	if (!make_plain(&plain, text))
		return query_refuse(why, why_size, text, expected);
	int result = addresses(p, plain.text, why, why_size);
	if (result != -ENOENT)
		return result;
	plain.text += strspn(plain.text, "([{<\"'`");
	size_t len = strlen(plain.text);
	while (len > 0 && strchr(")]}>\"'`!?", plain.text[len - 1]))
		plain.text[--len] = '\0';
	result = len > 0 ? one_of(p, &plain, why, why_size) : -EINVAL;
	bool word = p->meaning == QUERY_MEANS_KEYWORD ||
		    (p->meaning == QUERY_MEANS_NAME && !has_dot(p->value)); // the last of a sentence
	if (len == 0 || (result == 0 && (word || p->meaning == QUERY_MEANS_PATTERN)))
		return query_refuse(why, why_size, text, expected);
	return result;
}

size_t query_paste_items(const char *text, query_item_sink *sink, void *arg)
{
	struct query_paste *p = malloc(sizeof(*p));
	char *copy = strdup(text), ignored[256];
	size_t n = 0;

	if (!p || !copy) {
		free(p);
		free(copy);
		return SIZE_MAX;
	}
	bool list = query_understand(p, text, ignored, sizeof(ignored)) == 0 && p->meaning == QUERY_MEANS_LIST;
	query_tidy(copy);
	char *at = query_unwrap(copy);
	if (!list && *at) {
		sink(arg, at, false);
		n = 1;
	}
	while (list && *at) {
		size_t len = query_item_len(at);
		char *next = at + len + (at[len] != '\0');
		at[len] = '\0';
		if (len > 0) {
			sink(arg, at, true);
			n++;
		}
		at = next;
	}
	free(p);
	free(copy);
	return n;
}

int query_parse(struct query *q, const char *text, char *why, size_t why_size)
{
	struct query_paste p;

	if (query_understand(&p, text, why, why_size) != 0)
		return -EINVAL;
	switch (p.meaning) {
	case QUERY_MEANS_LIST:
		return query_refuse(why, why_size, text,
			"one name, address, prefix or range; /api/lookup and POST /api/bulk take several");
	case QUERY_MEANS_PATTERN:
	case QUERY_MEANS_REGEX:
		snprintf(why, why_size,
			"'%.100s': found a pattern, expected a name or an address; %s search has patterns: /dnsdb/v2/%s/rrnames/%.100s",
			text, p.meaning == QUERY_MEANS_REGEX ? "regex" : "glob",
			p.meaning == QUERY_MEANS_REGEX ? "regex" : "glob", p.value);
		return -EINVAL;
	case QUERY_MEANS_KEYWORD: // a question for records means the name of one label
		return query_parse_name(q, p.value, why, why_size);
	default:
		query_take_value(q, &p.q);
		return 0;
	}
}

void query_take_value(struct query *q, const struct query *value)
{
	q->kind = value->kind;
	q->name_len = value->name_len;
	memcpy(q->name, value->name, sizeof(q->name));
	memcpy(q->first, value->first, sizeof(q->first));
	memcpy(q->last, value->last, sizeof(q->last));
	q->address_size = value->address_size;
	q->mapped = value->mapped;
}

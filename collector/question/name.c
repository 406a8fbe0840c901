// SPDX-License-Identifier: BSD-3-Clause
#include "collector/question/name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LABEL_SIZE = 63 }; // RFC 1035 §2.3.4

// One octet of a label: a character, \X or \DDD. Returns characters used, 0 if it is broken.
static size_t read_octet(const char *text, size_t len, uint8_t *out)
{
	uint8_t c = (uint8_t)text[0];

	if (c != '\\') {
		*out = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
		return c > 0x20 && c != 0x7f ? 1 : 0;
	}
	if (len >= 4 && isdigit((unsigned char)text[1])) {
		unsigned value = 0;
		for (int i = 1; i <= 3; i++) {
			if (!isdigit((unsigned char)text[i]))
				return 0;
			value = value * 10 + (unsigned)(text[i] - '0');
		}
		*out = value >= 'A' && value <= 'Z' ? (uint8_t)(value + 32) : (uint8_t)value;
		return value <= 255 ? 4 : 0;
	}
	if (len < 2 || isdigit((unsigned char)text[1]))
		return 0;
	*out = (uint8_t)tolower((unsigned char)text[1]);
	return 2;
}

size_t query_name_wire(const char *text, size_t len, uint8_t out[static QUERY_WIRE_SIZE])
{
	size_t at = 1, label = 0; // next octet; place of the label's length

	if (len == 1 && text[0] == '.') {
		out[0] = 0;
		return 1;
	}
	for (size_t i = 0; i < len;) {
		if (text[i] == '.') {
			if (at == label + 1)
				return 0; // an empty label
			out[label] = (uint8_t)(at - label - 1);
			label = at++;
			i++;
			if (at > QUERY_WIRE_SIZE)
				return 0;
			continue;
		}
		if (at >= QUERY_WIRE_SIZE || at - label > LABEL_SIZE)
			return 0;
		size_t used = read_octet(text + i, len - i, &out[at++]);
		if (used == 0)
			return 0;
		i += used;
	}
	if (at == label + 1) { // a final dot, or nothing at all
		out[label] = 0;
		return len > 0 ? at : 0;
	}
	if (at >= QUERY_WIRE_SIZE)
		return 0;
	out[label] = (uint8_t)(at - label - 1);
	out[at++] = 0;
	return at;
}

size_t query_name(const char *text, size_t len, char out[static TEXT_NAME_SIZE])
{
	uint8_t wire[QUERY_WIRE_SIZE];
	size_t size = query_name_wire(text, len, wire);

	return size > 0 ? text_name(wire, size, out) : 0;
}

size_t query_address(const char *text, uint8_t out[static 16])
{
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

// Replacements for a dot, a colon or a scheme in defanged text. Undone anywhere in the text.
static const struct {
	const char *from, *to;
} fangs[] = {{"[.]", "."}, {"(.)", "."}, {"{.}", "."}, {"[dot]", "."}, {"(dot)", "."}, {"{dot}", "."}, {"[.", "."},
	{".]", "."}, {"[:]", ":"}, {"[://]", "://"}, {"[@]", "@"}, {"[at]", "@"}, {"(at)", "@"}, {"{at}", "@"},
	{"[/]", "/"}};

bool query_unfang(const char *text, char *out, size_t out_size)
{
	size_t len = 0;

	while (*text) {
		const char *with = NULL;
		bool may_begin = strchr("[({.", *text) != NULL;
		for (size_t i = 0; may_begin && i < sizeof(fangs) / sizeof(*fangs) && !with; i++) {
			size_t n = strlen(fangs[i].from);
			if (strncasecmp(text, fangs[i].from, n) != 0)
				continue;
			with = fangs[i].to;
			text += n;
		}
		char single[2] = {*text, '\0'};
		if (!with) {
			with = single;
			text++;
		}
		size_t n = strlen(with);
		if (len + n >= out_size)
			return false;
		memcpy(out + len, with, n);
		len += n;
	}
	out[len] = '\0';
	return true;
}

// Removes scheme, user, port and path, in place.
static void take_host(char *text)
{
	char *host = strstr(text, "://");

	if (!host)
		return;
	host += 3;
	host[strcspn(host, "/?#")] = '\0';
	char *at = strrchr(host, '@');
	if (at)
		host = at + 1;
	if (host[0] == '[') { // an IPv6 address
		host++;
		host[strcspn(host, "]")] = '\0';
	} else if (strchr(host, ':') == strrchr(host, ':')) {
		host[strcspn(host, ":")] = '\0';
	}
	memmove(text, host, strlen(host) + 1);
}

bool query_refang(const char *text, char *out, size_t out_size)
{
	while (isspace((unsigned char)*text))
		text++;
	if (!query_unfang(text, out, out_size))
		return false;
	size_t len = strlen(out);
	while (len > 0 && isspace((unsigned char)out[len - 1]))
		out[--len] = '\0';
	take_host(out);
	char *at = strrchr(out, '@');
	if (at && (at == out || at[-1] != '\\')) // a mail address: its domain
		memmove(out, at + 1, strlen(at + 1) + 1);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t query_percent_decode(const char *text, size_t len, char *out, size_t out_size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];
		if (c == '%') {
			int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return SIZE_MAX;
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0 || n + 1 >= out_size)
			return SIZE_MAX;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return n;
}

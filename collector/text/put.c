// SPDX-License-Identifier: BSD-3-Clause
// The pieces of text: numbers, names, addresses, strings, hexadecimal, base64.
#include "collector/text/out.h"

#include "dataplane/common/wire_name.h"

// How an octet is written in a name: as the character here (lower case), after a backslash (CHAR_SLASH),
// or as \DDD (0).
enum { CHAR_SLASH = 1 };

// clang-format off
static const char name_chars[256] = {
	['!'] = '!', ['"'] = CHAR_SLASH, ['#'] = '#', ['$'] = CHAR_SLASH, ['%'] = '%', ['&'] = '&',
	['\''] = '\'', ['('] = CHAR_SLASH, [')'] = CHAR_SLASH, ['*'] = '*', ['+'] = '+', [','] = ',',
	['-'] = '-', ['.'] = CHAR_SLASH, ['/'] = '/', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
	['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', [':'] = ':',
	[';'] = CHAR_SLASH, ['<'] = '<', ['='] = '=', ['>'] = '>', ['?'] = '?', ['@'] = CHAR_SLASH,
	['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g',
	['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n',
	['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u',
	['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z', ['['] = '[',
	['\\'] = CHAR_SLASH, [']'] = ']', ['^'] = '^', ['_'] = '_', ['`'] = '`', ['a'] = 'a', ['b'] = 'b',
	['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',
	['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p',
	['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w',
	['x'] = 'x', ['y'] = 'y', ['z'] = 'z', ['{'] = '{', ['|'] = '|', ['}'] = '}', ['~'] = '~',
};
// clang-format on

static const char hex_digits[] = "0123456789abcdef";

// \DDD, RFC 1035 §5.1. Four characters, whose room the caller has made sure of.
static char *write_ddd(char *at, uint8_t octet)
{
	at[0] = '\\';
	at[1] = (char)('0' + octet / 100);
	at[2] = (char)('0' + octet / 10 % 10);
	at[3] = (char)('0' + octet % 10);
	return at + 4;
}

static char *write_label(char *at, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = name_chars[p[i]];
		if (__builtin_expect(c > CHAR_SLASH, 1)) {
			*at++ = c;
		} else if (c == CHAR_SLASH) {
			*at++ = '\\';
			*at++ = (char)p[i];
		} else {
			at = write_ddd(at, p[i]);
		}
	}
	return at;
}

bool text_put_name(struct text_out *o, struct cursor *c)
{
	size_t size = wire_name_size(c->at, cursor_left(c));
	const uint8_t *name = cursor_take(c, size);

	if (size == 0 || !name) {
		cursor_fail(c);
		return false;
	}
	if (size == 1)
		text_put_char(o, '.');
	for (size_t at = 0; name[at] != 0; at = wire_name_next(name, at)) {
		if (at > 0)
			text_put_char(o, '.');
		if (text_room(o, 4 * (size_t)name[at]))
			o->at = write_label(o->at, name + at + 1, name[at]);
	}
	return true;
}

void text_put_number(struct text_out *o, uint64_t number)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	text_put(o, digits + n, sizeof(digits) - n);
}

void text_put_type(struct text_out *o, uint16_t type)
{
	const struct dns_layout *l = dns_layout_of(type);

	text_put_word(o, l ? l->mnemonic : "TYPE");
	if (!l)
		text_put_number(o, type);
}

static char *write_octet(char *at, uint8_t octet)
{
	if (octet >= 100)
		*at++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*at++ = (char)('0' + octet / 10 % 10);
	*at++ = (char)('0' + octet % 10);
	return at;
}

void text_put_ipv4(struct text_out *o, const uint8_t address[static 4])
{
	if (!text_room(o, sizeof("255.255.255.255") - 1))
		return;
	o->at = write_octet(o->at, address[0]);
	for (int i = 1; i < 4; i++) {
		*o->at++ = '.';
		o->at = write_octet(o->at, address[i]);
	}
}

// The first of the longest runs of at least two zero words (RFC 5952 §4.2): where it begins, and in
// `*len` how many. `*len` is 0 if there is none.
static int zero_run(const uint8_t address[static 16], int *len)
{
	int best = 0, run = 0;

	*len = 0;
	for (int i = 0; i < 8; i++) {
		run = address[2 * i] == 0 && address[2 * i + 1] == 0 ? run + 1 : 0;
		if (run > *len && run > 1) {
			*len = run;
			best = i + 1 - run;
		}
	}
	return best;
}

static char *write_word(char *at, const uint8_t *p)
{
	unsigned word = cursor_load16(p);

	for (int shift = 12; shift > 0; shift -= 4)
		if (word >> shift)
			*at++ = hex_digits[word >> shift & 15];
	*at++ = hex_digits[word & 15];
	return at;
}

void text_put_ipv6(struct text_out *o, const uint8_t address[static 16])
{
	int zeros, first = zero_run(address, &zeros);
	bool mapped = zeros == 5 && address[10] == 0xff && address[11] == 0xff;
	bool dots = first == 0 && (zeros == 6 || mapped); // RFC 5952 §5
	int words = dots ? 6 : 8;

	if (!text_room(o, 46))
		return;
	for (int i = 0; i < words; i++) {
		if (zeros > 0 && i == first) {
			*o->at++ = ':';
			i += zeros - 1;
			if (i == words - 1)
				*o->at++ = ':';
			continue;
		}
		if (i > 0)
			*o->at++ = ':';
		o->at = write_word(o->at, address + 2 * i);
	}
	if (mapped && dots)
		*o->at++ = ':';
	if (dots)
		text_put_ipv4(o, address + 12);
}

void text_put_hex(struct text_out *o, const uint8_t *p, size_t n)
{
	if (!text_room(o, 2 * n))
		return;
	for (size_t i = 0; i < n; i++) {
		*o->at++ = hex_digits[p[i] >> 4];
		*o->at++ = hex_digits[p[i] & 15];
	}
}

void text_put_base64(struct text_out *o, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (!text_room(o, (n + 2) / 3 * 4))
		return;
	for (size_t i = 0; i < n; i += 3) { // RFC 4648 §4
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
		*o->at++ = digits[v >> 18];
		*o->at++ = digits[v >> 12 & 63];
		*o->at++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*o->at++ = left > 2 ? digits[v & 63] : '=';
	}
}

void text_put_escaped(struct text_out *o, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && text_room(o, 4); i++) {
		if (p[i] < 0x20 || p[i] > 0x7e) {
			o->at = write_ddd(o->at, p[i]);
			continue;
		}
		if (p[i] == '"' || p[i] == '\\')
			*o->at++ = '\\';
		*o->at++ = (char)p[i];
	}
}

void text_put_quoted(struct text_out *o, const uint8_t *p, size_t n)
{
	text_put_char(o, '"');
	text_put_escaped(o, p, n);
	text_put_char(o, '"');
}

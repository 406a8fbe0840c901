// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alike/letters.h"

#include "collector/alike/alike.h"
#include "collector/alike/confusables.h"

#include <string.h>

// One code point of sound UTF-8, from the table above.
static uint32_t next_code(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t c = s[0];
	int n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (n > 1)
		c &= 0x3fu >> (n - 1);
	for (int i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	*p += n;
	return c;
}

static size_t put_code(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (int i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00 >> n & 0xff) | c);
	return (size_t)n;
}

int letters_of(uint32_t code, char out[LETTERS_MAX])
{
	size_t low = 0, high = alike_confusables_len;

	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct alike_confusable *c = &alike_confusables[middle];
		if (code < c->first) {
			high = middle;
		} else if (code > c->last) {
			low = middle + 1;
		} else {
			size_t n = strlen(c->latin);
			memcpy(out, c->latin, n);
			return (int)n;
		}
	}
	return -1;
}

// --- punycode (RFC 3492 §6.2)

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, CODES_MAX = 64 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t digit_of(char c)
{
	return c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a') : c >= '0' && c <= '9' ? (uint32_t)(c - '0' + 26) : BASE;
}

// One number of variable length. False if it is cut off or too large.
static bool read_delta(const char **p, const char *end, uint32_t bias, uint32_t *i)
{
	uint32_t weight = 1;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t digit = *p < end ? digit_of(*(*p)++) : BASE;
		if (digit >= BASE || digit > (UINT32_MAX - *i) / weight)
			return false;
		*i += digit * weight;
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		if (digit < t)
			return true;
		if (weight > UINT32_MAX / (BASE - t))
			return false;
		weight *= BASE - t;
	}
}

// Code points of a label after its "xn--". Returns how many, 0 if it is not sound.
static size_t punycode(const char *text, size_t len, uint32_t out[CODES_MAX])
{
	const char *end = text + len, *basic = memrchr(text, '-', len), *p = text;
	uint32_t n = 128, i = 0, bias = BIAS;
	size_t count = 0;

	for (; basic && p < basic; p++)
		if (count < CODES_MAX)
			out[count++] = (unsigned char)*p;
	p = basic ? basic + 1 : text;
	while (p < end) {
		uint32_t before = i;
		if (count >= CODES_MAX || !read_delta(&p, end, bias, &i))
			return 0;
		bias = adapt(i - before, (uint32_t)count + 1, before == 0);
		if (i / ((uint32_t)count + 1) > 0x10ffff - n)
			return 0;
		n += i / ((uint32_t)count + 1);
		i %= (uint32_t)count + 1;
		memmove(out + i + 1, out + i, (count - i) * sizeof(*out));
		out[i++] = n;
		count++;
	}
	return count;
}

typedef size_t put_function(uint32_t code, char *out);

static size_t put_latin(uint32_t code, char *out)
{
	int n = letters_of(code, out);

	if (n >= 0)
		return (size_t)n;
	out[0] = '?';
	return 1;
}

// The name with its punycode labels written by `put`; 0 if there are none or it does not fit.
static size_t decode_labels(const char *name, size_t len, put_function *put, char *out, size_t out_size)
{
	uint32_t codes[CODES_MAX];
	size_t n = 0;
	bool any = false;

	for (size_t at = 0; at < len;) {
		const char *dot = memchr(name + at, '.', len - at);
		size_t size = dot ? (size_t)(dot - name) - at : len - at, count = 0;
		if (size > 4 && memcmp(name + at, "xn--", 4) == 0)
			count = punycode(name + at + 4, size - 4, codes);
		if (n + 4 * (count > 0 ? count : size) + 2 > out_size)
			return 0;
		for (size_t i = 0; i < count; i++)
			n += put(codes[i], out + n);
		if (count == 0) {
			memcpy(out + n, name + at, size);
			n += size;
		}
		any = any || count > 0;
		at += size + 1;
		if (dot)
			out[n++] = '.';
	}
	out[n] = '\0';
	return any ? n : 0;
}

size_t alike_unicode(const char *name, size_t len, char *out, size_t out_size)
{
	return decode_labels(name, len, put_code, out, out_size);
}

size_t letters_latin(const char *name, size_t len, char *out, size_t out_size)
{
	return decode_labels(name, len, put_latin, out, out_size);
}

bool alike_to_latin(const char *text, char *out, size_t out_size)
{
	size_t n = 0;

	while (*text) {
		unsigned char c = (unsigned char)*text;
		int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		for (int i = 1; i <= more; i++)
			if (((unsigned char)text[i] & 0xc0) != 0x80)
				return false; // no UTF-8
		if (n + LETTERS_MAX >= out_size)
			return false;
		int letters = letters_of(next_code(&text), out + n);
		if (letters < 0)
			return false;
		n += (size_t)letters;
	}
	out[n] = '\0';
	return true;
}

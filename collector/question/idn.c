// SPDX-License-Identifier: BSD-3-Clause
// Internationalised names as people write them ("bücher.example") in the form that DNS has
// ("xn--bcher-kva.example") and back: UTS 46, non-transitional, by libidn2, label by label.
#include "collector/question/question.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

// Where a label ends: at a dot, or at one of its ideographic forms (RFC 3490 §3.1).
static size_t label_len(const char *text, size_t *separator)
{
	static const char *const dots[] = {".", "\u3002", "\uff0e", "\uff61"};

	for (size_t i = 0; text[i]; i++) {
		for (size_t k = 0; k < sizeof(dots) / sizeof(*dots); k++) {
			*separator = strlen(dots[k]);
			if (strncmp(text + i, dots[k], *separator) == 0)
				return i;
		}
	}
	*separator = 0;
	return strlen(text);
}

// One label that is not ASCII. Its length in `out`, 0 if it is not sound.
static size_t put_label(const char *label, size_t len, char *out, size_t out_size)
{
	char *copy = strndup(label, len), *ascii = NULL;
	size_t n = 0;

	if (copy && idn2_to_ascii_8z(copy, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
		n = strlen(ascii);
	if (n < out_size)
		memcpy(out, ascii ? ascii : "", n);
	free(copy);
	idn2_free(ascii);
	return n < out_size ? n : 0;
}

bool query_to_ascii(char *text, size_t size)
{
	char out[2 * TEXT_NAME_SIZE];
	size_t n = 0, separator;

	if (is_ascii(text, strlen(text)))
		return true;
	for (const char *at = text; *at;) {
		size_t len = label_len(at, &separator);
		if (n + len + 2 > sizeof(out))
			return false;
		if (is_ascii(at, len)) {
			memcpy(out + n, at, len);
			n += len;
		} else {
			size_t used = put_label(at, len, out + n, sizeof(out) - n - 2);
			if (used == 0)
				return false;
			n += used;
		}
		at += len + separator;
		if (separator > 0)
			out[n++] = '.';
	}
	if (n >= size)
		return false;
	memcpy(text, out, n);
	text[n] = '\0';
	return true;
}

size_t query_name_of(const char *text, size_t len, char out[static TEXT_NAME_SIZE])
{
	char plain[4 * TEXT_NAME_SIZE];

	if (is_ascii(text, len))
		return query_name(text, len, out);
	if (len >= sizeof(plain))
		return 0;
	memcpy(plain, text, len);
	plain[len] = '\0';
	return query_to_ascii(plain, sizeof(plain)) ? query_name(plain, strlen(plain), out) : 0;
}

// One label; its text in UTF-8 is freed by idn2_free. NULL if it is not sound punycode.
static char *read_label(const char *label, size_t len)
{
	char text[TEXT_NAME_SIZE], *readable = NULL, *again = NULL;
	bool same = false;

	if (len < 5 || len >= sizeof(text) || memcmp(label, "xn--", 4) != 0)
		return NULL;
	memcpy(text, label, len);
	text[len] = '\0';
	if (idn2_to_unicode_8z8z(text, &readable, 0) == IDN2_OK)
		same = !is_ascii(readable, strlen(readable)) &&
		       idn2_to_ascii_8z(readable, &again, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
		       strcmp(again, text) == 0;
	idn2_free(again);
	if (same)
		return readable;
	idn2_free(readable);
	return NULL;
}

size_t query_readable(const char *name, size_t len, char *out, size_t out_size)
{
	size_t n = 0;
	bool any = false;

	for (size_t at = 0; at < len;) {
		const char *dot = memchr(name + at, '.', len - at);
		size_t size = dot ? (size_t)(dot - name) - at : len - at;
		char *readable = read_label(name + at, size);
		const char *label = readable ? readable : name + at;
		size_t label_size = readable ? strlen(readable) : size;
		bool fits = n + label_size + 2 <= out_size;
		if (fits) {
			memcpy(out + n, label, label_size);
			n += label_size;
			if (dot)
				out[n++] = '.';
		}
		any = any || readable;
		idn2_free(readable);
		if (!fits)
			return 0;
		at += size + 1;
	}
	out[n] = '\0';
	return any ? n : 0;
}

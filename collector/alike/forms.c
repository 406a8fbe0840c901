// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alike/forms.h"

#include "collector/alike/letters.h"

#include <string.h>

const char forms_folds[256] = {['0'] = 'o',
	['1'] = 'l',
	['2'] = 'z',
	['3'] = 'e',
	['4'] = 'a',
	['5'] = 's',
	['6'] = 'g',
	['7'] = 't',
	['8'] = 'b',
	['9'] = 'g',
	['i'] = 'l',
	['q'] = 'g',
	['-'] = '.',
	['\n'] = '.'};

char alike_fold(char c)
{
	return forms_fold(c);
}

static void fold(const char *text, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		out[i] = forms_fold(text[i]);
}

// True if there is a pair, rn or vv.
static bool fold_name(const char *text, size_t len, char *out)
{
	bool pair = false;
	char before = '\0';

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		out[i] = forms_fold(c);
		pair |= (before == 'r' && c == 'n') || (before == 'v' && c == 'v');
		before = c;
	}
	return pair;
}

size_t forms_contract(const char *text, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i], next = i + 1 < len ? text[i + 1] : '\0';
		if (c == 'r' && next == 'n')
			c = 'm', i++;
		else if (c == 'v' && next == 'v')
			c = 'w', i++;
		out[n++] = c;
	}
	return n;
}

bool forms_contains(const char *text, size_t len, const char *part, size_t part_len)
{
	uint32_t head, at;

	if (part_len < sizeof(head))
		return memmem(text, len, part, part_len) != NULL;
	memcpy(&head, part, sizeof(head));
	for (size_t i = 0; i + part_len <= len; i++) {
		memcpy(&at, text + i, sizeof(at));
		if (at == head && memcmp(text + i, part, part_len) == 0)
			return true;
	}
	return false;
}

// Where the label at the end of the text begins.
static size_t label_before(const char *text, size_t end)
{
	const char *dot = memrchr(text, '.', end);

	return dot ? (size_t)(dot - text) + 1 : 0;
}

// The label before the public suffix, without the list of them: a short label before a country's is taken for part of the
// suffix (co.uk, com.br). A name of one label is all suffix.
static void find_registered(struct forms_name *f)
{
	size_t top = label_before(f->text, f->len), second;

	if (top == 0) {
		f->label = f->suffix = f->len;
		return;
	}
	f->suffix = top - 1;
	f->label = label_before(f->text, f->suffix);
	if (f->label < 2 || f->len - top > 2 || f->suffix - f->label > 3)
		return;
	second = label_before(f->text, f->label - 1);
	f->suffix = f->label - 1;
	f->label = second;
}

static bool has_punycode(const char *name, size_t len)
{
	const char *end = name + len;

	for (const char *at = name; (at = memchr(at, 'x', (size_t)(end - at))) != NULL; at++)
		if (end - at > 4 && memcmp(at, "xn--", 4) == 0)
			return true;
	return false;
}

void forms_name(struct forms_name *out, const char *name, size_t len)
{
	if (len > TEXT_NAME_SIZE)
		len = TEXT_NAME_SIZE;
	out->name = name;
	out->name_len = len;
	out->decoded = false;
	out->len = len;
	if (has_punycode(name, len)) {
		size_t n = letters_latin(name, len, out->text, sizeof(out->text));
		out->decoded = n > 0;
		out->len = n > 0 ? n : len;
	}
	if (!out->decoded)
		memcpy(out->text, name, len);
	out->folded[0] = '.';
	out->has_pair = fold_name(out->text, out->len, out->folded + 1);
	out->folded[out->len + 1] = '.';
	find_registered(out);
}

void forms_keyword(struct forms_keyword *out, const char *keyword, size_t len)
{
	out->text = keyword;
	out->len = len < TEXT_NAME_SIZE ? len : TEXT_NAME_SIZE - 1;
	out->separators = 0;
	fold(keyword, out->len, out->folded);
	out->contracted_len = forms_contract(out->folded, out->len, out->contracted);
	for (size_t i = 0; i < out->len; i++)
		out->separators += forms_is_separator(keyword[i]);
}

// Letters that pairs of others look like: m for rn, w for vv.
static size_t spread(const char *folded, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = folded[i];
		if (c == 'm' || c == 'w') {
			out[n++] = c == 'm' ? 'r' : 'v';
			c = c == 'm' ? 'n' : 'v';
		}
		out[n++] = c;
	}
	return n;
}

// A keyword of three letters, whose halves are in too many names: with a dot inside; its first and last two letters.
static void add_thirds(struct alike_pieces *out, const char *word)
{
	static const char *const shapes[] = {"0.12", "01.2", ".01", "12."};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		size_t size = strlen(shapes[i]);
		for (size_t at = 0; at < size; at++)
			out->text[out->len][at] = shapes[i][at] == '.' ? '.' : word[shapes[i][at] - '0'];
		out->size[out->len++] = size;
	}
}

// The halves at the beginning and end of a word, one of which an edit leaves whole, but for a swap of the letters between which
// they are divided.
static void add_halves(struct alike_pieces *out, size_t len)
{
	const char *word = out->text[0];
	char *begin = out->text[out->len], *end = out->text[out->len + 1], *swapped = out->text[out->len + 2];
	size_t half = len / 2;

	begin[0] = '.';
	memcpy(begin + 1, word, half);
	out->size[out->len++] = half + 1;
	memcpy(end, word + half, len - half);
	end[len - half] = '.';
	out->size[out->len++] = len - half + 1;
	memcpy(swapped, word, len);
	swapped[half - 1] = word[half];
	swapped[half] = word[half - 1];
	out->size[out->len++] = len;
}

// The keyword; with its letters spread; parts of it.
void alike_pieces(struct alike_pieces *out, const char *keyword, size_t len)
{
	if (len >= TEXT_NAME_SIZE)
		len = TEXT_NAME_SIZE - 1;
	fold(keyword, len, out->text[0]);
	out->size[0] = len;
	out->len = 1;
	out->size[1] = spread(out->text[0], len, out->text[1]);
	out->len += out->size[1] != len;
	if (len == ALIKE_DIGIT_MIN)
		add_thirds(out, out->text[0]);
	if (len >= ALIKE_EDIT_MIN)
		add_halves(out, len);
}

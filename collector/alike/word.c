// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alike/word.h"

#include <string.h>

enum {
	WIDER_MAX = 4,	    // similar letters may make a word so much longer
	ANYWHERE_MIN = 6,   // a shorter keyword is only compared with words of the registered label,
	REGISTERED_MIN = 5, // …a still shorter one with a whole registered domain: too many words are like it
	SIMILAR_KINDS = 2,  // different exchanges of letters in a word
	SIMILAR_DEPTH = 64
};

// Letters, and what is like them in most fonts.
static const struct similar {
	char letter, like[3];
} similars[] = {{'b', "d"}, {'b', "lb"}, {'c', "e"}, {'d', "b"}, {'d', "cl"}, {'d', "dl"}, {'e', "c"}, {'g', "q"},
	{'h', "lh"}, {'k', "lk"}, {'k', "lc"}, {'m', "n"}, {'m', "nn"}, {'m', "rr"}, {'m', "r"}, {'n', "m"}, {'n', "r"},
	{'u', "v"}, {'v', "u"}, {'3', "8"}, {'6', "9"}, {'8', "3"}, {'9', "6"}};

// What two characters exchanged make: separators are not exchanged for letters.
static enum alike_reason exchanged(char a, char b)
{
	if (forms_is_separator(a) != forms_is_separator(b))
		return ALIKE_NONE;
	return forms_is_separator(a) ? ALIKE_SPLIT : ALIKE_EDIT;
}

// If one edit makes one of the other: a letter more, less, another, two neighbours swapped.
static enum alike_reason one_edit(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i = 0;

	if (a_len > b_len)
		return one_edit(b, b_len, a, a_len);
	if (b_len - a_len > 1)
		return ALIKE_NONE;
	while (i < a_len && a[i] == b[i])
		i++;
	if (a_len != b_len) {
		enum alike_reason reason = exchanged(b[i], b[i]);
		return memcmp(a + i, b + i + 1, a_len - i) == 0 ? reason : ALIKE_NONE;
	}
	if (i == a_len)
		return ALIKE_NONE; // the same
	if (memcmp(a + i + 1, b + i + 1, a_len - i - 1) == 0)
		return exchanged(a[i], b[i]);
	if (i + 1 < a_len && a[i] == b[i + 1] && a[i + 1] == b[i] && memcmp(a + i + 2, b + i + 2, a_len - i - 2) == 0)
		return a[i] == '-' || b[i] == '-' ? ALIKE_SPLIT : ALIKE_EDIT;
	return ALIKE_NONE;
}

struct similarity {
	const char *keyword, *word;
	size_t keyword_len, word_len;
	const struct similar *kind[SIMILAR_KINDS]; // exchanges used so far
	size_t kinds, kinds_max;
};

static bool is_similar(struct similarity *s, size_t k, size_t w);

// The exchange `by` at this place, then the rest.
static bool exchange(struct similarity *s, size_t k, size_t w, const struct similar *by)
{
	size_t len = by->like[1] ? 2 : 1, kinds = s->kinds;
	bool known = false;

	if (s->word_len - w < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (forms_fold(s->word[w + i]) != forms_fold(by->like[i]))
			return false;
	for (size_t i = 0; i < kinds; i++)
		known = known || s->kind[i] == by;
	if (!known) {
		if (kinds == s->kinds_max)
			return false;
		s->kind[s->kinds++] = by;
	}
	if (is_similar(s, k + 1, w + len))
		return true;
	s->kinds = kinds;
	return false;
}

// True if the pair of letters at `w` looks like one letter of the keyword.
static bool is_pair(const struct similarity *s, size_t w, char letter)
{
	if (w + 1 >= s->word_len)
		return false;
	return (letter == 'm' && s->word[w] == 'r' && s->word[w + 1] == 'n') ||
	       (letter == 'w' && s->word[w] == 'v' && s->word[w + 1] == 'v');
}

static bool is_similar(struct similarity *s, size_t k, size_t w)
{
	if (k == s->keyword_len)
		return w == s->word_len;
	if (w == s->word_len || k >= SIMILAR_DEPTH || s->word_len - w < s->keyword_len - k)
		return false;
	char letter = s->keyword[k];
	if (forms_fold(s->word[w]) == forms_fold(letter) && is_similar(s, k + 1, w + 1))
		return true;
	if (is_pair(s, w, letter) && is_similar(s, k + 1, w + 2))
		return true;
	for (size_t i = 0; i < sizeof(similars) / sizeof(*similars); i++)
		if (similars[i].letter == letter && exchange(s, k, w, &similars[i]))
			return true;
	return false;
}

// The word from `begin` to `end`, of which the dots and hyphens are part.
static enum alike_reason compare(const struct forms_keyword *k, const struct forms_name *f, size_t begin, size_t end)
{
	size_t len = end - begin;
	const char *word = f->text + begin;
	enum alike_reason reason = ALIKE_NONE;
	bool edits = k->len >= ALIKE_EDIT_MIN;

	if (len <= k->len + 1 && len + 1 >= k->len) {
		reason = one_edit(k->text, k->len, word, len);
		if (reason == ALIKE_NONE && one_edit(k->folded, k->len, f->folded + 1 + begin, len) == ALIKE_SPLIT)
			reason = ALIKE_SPLIT;
		if (reason == ALIKE_SPLIT || (reason == ALIKE_EDIT && edits))
			return reason;
	}
	struct similarity s = {.keyword = k->text, .keyword_len = k->len, .word = word, .word_len = len};
	s.kinds_max = edits ? SIMILAR_KINDS : 1;
	return is_similar(&s, 0, 0) ? ALIKE_SIMILAR : ALIKE_NONE;
}

static size_t next_boundary(const struct forms_name *f, size_t at, size_t end)
{
	while (at < end && !forms_is_separator(f->text[at]))
		at++;
	return at;
}

enum alike_reason word_compare(const struct forms_keyword *k, const struct forms_name *f)
{
	bool anywhere = k->len >= ANYWHERE_MIN, whole = k->len < REGISTERED_MIN;
	size_t stop = anywhere ? f->len : f->suffix, www = f->len > 4 && memcmp(f->text, "www.", 4) == 0 ? 4 : 0;
	enum alike_reason best = ALIKE_NONE;
	size_t from = 0;

	if (!anywhere && f->label > k->len + WIDER_MAX) // what begins before that does not reach the label
		from = next_boundary(f, f->label - k->len - WIDER_MAX - 1, stop) + 1;
	for (size_t begin = from; begin < stop; begin = next_boundary(f, begin, f->len) + 1) {
		for (size_t end = begin; end < stop && end - begin < k->len + WIDER_MAX; end++) {
			end = next_boundary(f, end, stop);
			if ((!anywhere && end <= f->label) || (whole && (end != f->suffix || begin != www)))
				continue;
			if (end - begin + 1 < k->len || end - begin > k->len + WIDER_MAX)
				continue;
			enum alike_reason reason = compare(k, f, begin, end);
			if (reason != ALIKE_NONE && (best == ALIKE_NONE || reason < best))
				best = reason;
		}
	}
	return best;
}

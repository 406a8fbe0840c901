// SPDX-License-Identifier: BSD-3-Clause
// A name and a keyword in the forms that the rules compare.
#pragma once

#include "collector/alike/alike.h"

enum { FORMS_TEXT_SIZE = 4 * TEXT_NAME_SIZE };

struct forms_name {
	const char *name; // as given
	size_t name_len;
	bool decoded;			  // it has punycode labels, which `text` has as letters
	char text[FORMS_TEXT_SIZE];	  // in ASCII letters
	char folded[FORMS_TEXT_SIZE + 2]; // '.', the text folded, '.'
	size_t len;			  // of text
	bool has_pair;			  // rn or vv
	size_t label, suffix; // in text: the registered label begins, and ends, at its dot or the end of the name
};

struct forms_keyword {
	const char *text;
	size_t len;
	char folded[TEXT_NAME_SIZE];	 // each letter
	char contracted[TEXT_NAME_SIZE]; // and rn as m, vv as w
	size_t contracted_len;
	size_t separators; // dots and hyphens
};

// `name` must outlive the form. A name that is too long is cut.
void forms_name(struct forms_name *out, const char *name, size_t len);
void forms_keyword(struct forms_keyword *out, const char *keyword, size_t len);

// rn as m, vv as w. Returns the length. In place is fine.
size_t forms_contract(const char *text, size_t len, char *out);

// memmem for short texts, without its set-up.
bool forms_contains(const char *text, size_t len, const char *part, size_t part_len);

extern const char forms_folds[256]; // 0: the octet itself

static inline char forms_fold(char c)
{
	char folded = forms_folds[(unsigned char)c];

	return folded ? folded : c;
}

static inline bool forms_is_separator(char c)
{
	return c == '.' || c == '-';
}

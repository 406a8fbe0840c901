// SPDX-License-Identifier: BSD-3-Clause
// Finds out what a pasted text means. Used by the page, /api/lookup, /api/bulk, /pdns/ and the command.
//
//     name      www.example.com, hxxps://user@www[.]example[.]com:8443/x, me@example.com, "bücher.example",
//     below     *.example.com, .example.com
//     stem      www.example.*
//     pattern   *pay?al*
//     regex     /^pay(pal)?/
//     address, prefix, range (address.c)
//     keyword   paypal: a word without a dot
//     list      several of these, with blanks, commas, semicolons or bars between them
#pragma once

#include "collector/question/question.h"

enum query_meaning {
	QUERY_MEANS_NAME,
	QUERY_MEANS_BELOW,
	QUERY_MEANS_STEM,
	QUERY_MEANS_PATTERN,
	QUERY_MEANS_REGEX,
	QUERY_MEANS_ADDRESS,
	QUERY_MEANS_PREFIX,
	QUERY_MEANS_RANGE,
	QUERY_MEANS_KEYWORD,
	QUERY_MEANS_LIST,
	QUERY_MEANS_MAX
};
extern const char *const query_meaning_text[]; // "name", "below", …

struct query_paste {
	enum query_meaning meaning;
	char value[TEXT_NAME_SIZE + 4]; // in the form that is looked up; empty for a list
	struct query q;			// kind, name, addresses; a keyword as a name; not set for patterns and lists
};

// 0, or -EINVAL with one line in `why`.
int query_understand(struct query_paste *p, const char *text, char *why, size_t why_size);

// The same for one item of a list: accepts only names with a dot, addresses, prefixes and ranges, and ignores punctuation
// around the item.
int query_understand_item(struct query_paste *p, const char *text, char *why, size_t why_size);

// Sets kind, name and addresses of `q` to those found (p.q). Types, times and limits of `q` do not change.
void query_take_value(struct query *q, const struct query *value);

// Calls `sink` with each item as it was written: the whole text if it is one item. Returns how many, SIZE_MAX without memory.
typedef void query_item_sink(void *arg, const char *item, bool several);
size_t query_paste_items(const char *text, query_item_sink *sink, void *arg);

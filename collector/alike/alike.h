// SPDX-License-Identifier: BSD-3-Clause
// Does a name contain a keyword, such as a trademark, or look like it? Pure functions of texts, any thread.
//
// Names and keywords are in the form of Redis keys: lower case, punycode, no final dot, TEXT_NAME_SIZE octets at most.
#pragma once

#include "collector/text/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Why a name matches, best first.
enum alike_reason {
	ALIKE_NONE,
	ALIKE_CONTAINS,	 // the keyword itself
	ALIKE_HOMOGLYPH, // by letters of other scripts or with accents, in punycode
	ALIKE_DIGIT,	 // by digits and letters that look alike: 0 o, 1 l i, 5 s, g q, rn m, …
	ALIKE_SPLIT,	 // with a dot or hyphen more, less or other: exa.mple.com, ex-ample.com
	ALIKE_EDIT,	 // one letter more, less, other, or two swapped, in a word of the name
	ALIKE_SIMILAR,	 // up to two letters are similar ones wherever they are: b d, c e, m n, n r, d cl, …
	ALIKE_MAX
};
extern const char *const alike_reason_text[ALIKE_MAX]; // "contains", "homoglyph", …

// Shortest keywords for which a rule is tried.
enum { ALIKE_DIGIT_MIN = 3, ALIKE_EDIT_MIN = 4 };

enum alike_reason alike(const char *keyword, size_t keyword_len, const char *name, size_t len);

// The same for one keyword and many names. `has_piece`: the name is known to contain one of the pieces (below), or "xn--".
struct alike_keyword;
struct alike_keyword *alike_keyword_new(const char *keyword, size_t len); // NULL without memory
enum alike_reason alike_match(const struct alike_keyword *k, const char *name, size_t len, bool has_piece);
void alike_keyword_free(struct alike_keyword *k); // NULL is fine

// The keywords of a set that a name contains or looks like, many at a time: 0.7 µs for a name and 100 keywords, 5 to 25 µs for
// 10,000 (one at a time: 10 µs and 1 ms). The set is built, then sealed, then read by any number of threads.
struct alike_set;
struct alike_set *alike_set_new(void); // NULL without memory
// `id` is what the callback gets. False without memory, or if the keyword has no octet or TEXT_NAME_SIZE or more.
bool alike_set_add(struct alike_set *s, const char *keyword, size_t len, uint32_t id);
bool alike_set_seal(struct alike_set *s); // false without memory
// Called once for each keyword that matches, in no order. False stops.
typedef bool alike_hit(void *arg, uint32_t id, enum alike_reason reason);
void alike_set_find(const struct alike_set *s, const char *name, size_t len, alike_hit *hit, void *arg);
// The best reason; the first keyword with it in `id` (NULL: not wanted).
enum alike_reason alike_set_best(const struct alike_set *s, const char *name, size_t len, uint32_t *id);
void alike_set_free(struct alike_set *s); // NULL is fine

// What names that match a keyword contain, after alike_fold of the name between two dots; and "xn--", unless all names were
// decoded. For an index of names.
enum { ALIKE_PIECES_MAX = 6 };
struct alike_pieces {
	size_t len, size[ALIKE_PIECES_MAX];
	char text[ALIKE_PIECES_MAX][2 * TEXT_NAME_SIZE];
};
void alike_pieces(struct alike_pieces *out, const char *keyword, size_t len);

// One letter for all that look like it: 0 o, 1 i l, 2 z, 3 e, 4 a, 5 s, 6 9 q g, 7 t, 8 b, and one for dots and hyphens.
char alike_fold(char c);

// The name with its punycode labels in UTF-8. Returns the length (terminated), 0 if there are none or no room.
size_t alike_unicode(const char *name, size_t len, char *out, size_t out_size);

// A text in UTF-8 as the ASCII letters that it looks like; false if some look like none.
bool alike_to_latin(const char *text, char *out, size_t out_size);

// SPDX-License-Identifier: BSD-3-Clause
// Regular expressions from people, in bounded time and memory: RE2, which does not backtrack. Compiling fails
// if the program would be large; matching takes time linear in the text. No back-references, no
// look-around.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct query_regex;

// Case does not matter; octets are characters. NULL with the reason (of RE2, one line) in `why`.
struct query_regex *query_regex_compile(const char *pattern, char *why, size_t why_size);
void query_regex_free(struct query_regex *r); // NULL is fine

// After this moment (monotonic, milliseconds) nothing matches any more. One thread.
void query_regex_until(struct query_regex *r, int64_t deadline_ms);

// True if the text contains what the expression describes. One thread.
bool query_regex_matches(struct query_regex *r, const char *text, size_t len);

#ifdef __cplusplus
}
#endif

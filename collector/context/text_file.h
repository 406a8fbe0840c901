// SPDX-License-Identifier: BSD-3-Clause
// Text files with one entry per line. A file is read into memory as a whole, so that it may change at any time.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CONTEXT_FILE_MAX = 1 << 28 }; // octets of a text file

struct context_text {
	const char *path; // borrowed
	char *bytes;
	size_t size, at;
	unsigned long line; // number of the line that was returned last
};

// Returns 0, or -1 with one line in `why`. Free it in any case.
int context_text_open(struct context_text *t, const char *path, char *why, size_t why_size);
void context_text_free(struct context_text *t);

// The text `bytes` instead of a file; it is copied.
int context_text_of(struct context_text *t, const char *path, const char *bytes, size_t size);

// The next line that is neither empty nor a comment ('#'), terminated, without blanks at both ends. NULL at the end.
char *context_text_next(struct context_text *t);

// No more lines than that.
size_t context_text_lines(const struct context_text *t);

// Writes "PATH:LINE: …". Returns -1.
int context_text_fail(const struct context_text *t, char *why, size_t why_size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

// Copies a text that will be shown: UTF-8, cut at a character if it does not fit. Other octets, control characters and characters that
// change the direction of text become '?'. `out_size` is not 0.
void context_text_copy(char *out, size_t out_size, const char *text, size_t len);

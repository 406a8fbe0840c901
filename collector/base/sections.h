// SPDX-License-Identifier: BSD-3-Clause
// Files of named sections, such as watch.conf:
//
//     # a comment: lines that begin with '#'
//     [rule brand]                 # also after the bracket
//     match = keyword example
//     limit = 100/hour
//
// Only the form is checked here: what kinds and keys exist is the caller's. Every message is one line with file and line
// number. No state, no locks: any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SECTIONS_FILE_SIZE = 16 << 20, // octets of a file
	SECTIONS_LINE_SIZE = 4096,     // octets of a line
	SECTIONS_MAX = 100000,	       // sections of a file
	SECTIONS_ENTRIES_MAX = 1000,   // entries of a section
	SECTIONS_NAME_LEN = 63,	       // characters of a kind or a name: A-Z a-z 0-9 . _ -, first a letter or digit
};

struct section_entry {
	const char *key;   // a-z 0-9 _ .
	const char *value; // UTF-8, no control characters but tabs; may be empty. Blanks at both ends are removed
	uint32_t line;	   // from 1
};

struct section {
	const char *kind;		     // "rule"
	const char *name;		     // unique among sections of this kind
	uint32_t line;			     // of the bracket
	uint32_t entries_len;		     // how many
	const struct section_entry *entries; // in the order of the file; a key may be repeated
};

struct sections {
	struct section *at;	       // in the order of the file
	size_t len;		       // how many
	char *file;		       // for messages
	char *text;		       // what the strings point into
	struct section_entry *entries; // of all sections
	size_t entries_len;	       // how many
};

// A key that a kind of section may have.
struct section_key {
	const char *name;
	bool needed;   // a section without it is an error
	bool repeated; // more than one line may have it
};

// Reads a text of `size` octets; `file` is its name in messages. Returns 0, or -errno with one line in `why` and `*out` empty.
// The caller frees with sections_free.
int sections_parse(struct sections *out, const char *file, const char *text, size_t size, char *why, size_t why_size);

// The same of a file. A file that does not exist is -ENOENT.
int sections_read(struct sections *out, const char *path, char *why, size_t why_size);

void sections_free(struct sections *s);

// Compares the keys of a section with those that its kind has (`keys_len` of them). Returns 0, or -EINVAL with a line in `why`.
int sections_check(const struct sections *s, const struct section *section, const struct section_key *keys,
	size_t keys_len, char *why, size_t why_size);

// The first entry with this key, or NULL.
const struct section_entry *sections_entry(const struct section *section, const char *key);

// The value of the first entry with this key, or `otherwise`.
const char *sections_value(const struct section *section, const char *key, const char *otherwise);

// Writes "FILE:LINE: [KIND NAME] " and the formatted text to `why`. Returns -EINVAL.
int sections_refuse(const struct sections *s, const struct section *section, uint32_t line, char *why, size_t why_size,
	const char *format, ...) __attribute__((format(printf, 6, 7)));

// SPDX-License-Identifier: BSD-3-Clause
// Settings: `key = value` lines in a file, and `-o key=value` on the command line over them.
//
//     # a comment
//     flush.interval = 60
//     sections = answer,authority
//
// A program declares its keys in one table, which also makes the --help text. Both processes use
// the same reader, so that one file may serve both: a key that belongs to the other program is
// named in `conf_other` and passed over. Every message names file, line and key, what was found
// and what was expected. Not thread-safe; start-up and SIGHUP only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_type {
	CONF_BOOL,    // bool: yes/no, true/false, on/off, 1/0
	CONF_UINT,    // uint64_t: decimal, min..max
	CONF_SIZE,    // uint64_t: bytes, with k, m or g (powers of 1024), min..max
	CONF_SECONDS, // double: seconds, with ms, s, min, h or d, min..max
	CONF_STRING,  // char *, without control characters: owned by the table, free()d when set again
	CONF_FUNCTION // set(at, value, why) decides; `def` is for --help only
};

// Parses `value` into `at`. Returns 0, or -EINVAL with what was expected in `why`.
typedef int conf_set_function(void *at, const char *value, char *why, size_t why_size);

struct conf_key {
	const char *name;	// as users write it: "flush.interval"
	enum conf_type type;	// how the value is read
	void *at;		// where it goes
	const char *def;	// default, as text; NULL: none
	const char *help;	// one line for --help and the manual
	double min, max;	// inclusive bounds of numbers; of a string the longest; both 0: none
	conf_set_function *set; // CONF_FUNCTION only
	bool reload;		// takes effect on SIGHUP; others need a restart
};

// What a key was set to, as text.
struct conf_text {
	char *read;	// by the last reading; owned
	char *in_force; // by the one that conf_in_force came after; owned
};

struct conf {
	const struct conf_key *keys; // the program's own keys
	size_t keys_len;	     // how many
	const char *const *other;    // names of keys that the other program reads; NULL-terminated
	struct conf_text *texts;     // one for each key, zeros at first, for conf_next_changed; or NULL
};

// Sets every key to its default. Returns 0; a default that does not parse aborts (it is ours).
void conf_defaults(const struct conf *conf);

// Reads a file. Returns 0 or -errno, having written one line to `why`.
int conf_read_file(const struct conf *conf, const char *path, char *why, size_t why_size);

// Sets one `key=value` of the command line. Returns 0 or -EINVAL with one line in `why`.
int conf_set_option(const struct conf *conf, const char *assignment, char *why, size_t why_size);

// The program begins with what was read: from now on keys that need a restart stay so.
void conf_in_force(const struct conf *conf);

// The next key, from `*at` on (0 at first), that was read otherwise since, and needs a restart. NULL at the end.
const struct conf_key *conf_next_changed(const struct conf *conf, size_t *at);

// Prints the table of keys with defaults and help.
void conf_help(const struct conf *conf, FILE *out);

// SPDX-License-Identifier: BSD-3-Clause
// Settings: `key = value` lines in a file, and `-o key=value` on the command line over them.
//
//     # a comment
//     flush.interval = 60
//     sections = answer,authority
//
// A program declares its keys in one table, which also gives the --help text. One file may serve both programs: keys in
// `conf.other` belong to the other program and are ignored. Every message gives file, line and key, what was found and what
// was expected. Not thread-safe: for start-up and SIGHUP only.
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
	CONF_STRING,  // char *, without control characters: owned by the table, freed when set again
	CONF_FUNCTION // read by set(at, value, why); `def` is for --help only
};

// Reads `value` into `*at`. Returns 0, or -EINVAL with what was expected in `why`.
typedef int conf_set_function(void *at, const char *value, char *why, size_t why_size);

struct conf_key {
	const char *name;	// as users write it: "flush.interval"
	enum conf_type type;	// how the value is read, and the type of `*at`
	void *at;		// where the value is stored
	const char *def;	// default, as text; NULL: none
	const char *help;	// one line for --help and the manual
	double min, max;	// inclusive bounds of a number; max: longest string; both 0: no bounds
	conf_set_function *set; // CONF_FUNCTION only
	bool reload;		// takes effect on SIGHUP; others need a restart
};

// What a key was set to, as text.
struct conf_text {
	char *read;	// by the last reading; owned
	char *in_force; // by the reading before conf_in_force; owned
};

struct conf {
	const struct conf_key *keys; // the program's own keys
	size_t keys_len;	     // how many
	const char *const *other;    // names of keys that the other program reads; NULL-terminated
	struct conf_text *texts;     // one for each key, zeros at first, for conf_next_changed; or NULL
};

// Sets every key to its default. A default that cannot be read aborts the program.
void conf_defaults(const struct conf *conf);

// Reads a file. Returns 0 or -errno, having written one line to `why`.
int conf_read_file(const struct conf *conf, const char *path, char *why, size_t why_size);

// Sets one `key=value` of the command line. Returns 0 or -EINVAL with one line in `why`.
int conf_set_option(const struct conf *conf, const char *assignment, char *why, size_t why_size);

// Notes that the program runs with what was read. From now on keys without `reload` need a restart.
void conf_in_force(const struct conf *conf);

// The next key from `*at` on (0 at first) that was read with another value since then and needs a restart. NULL at the end.
const struct conf_key *conf_next_changed(const struct conf *conf, size_t *at);

// Prints the table of keys with defaults and help.
void conf_help(const struct conf *conf, FILE *out);

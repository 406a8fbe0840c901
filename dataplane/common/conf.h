// SPDX-License-Identifier: BSD-3-Clause
// Settings: `key = value` lines in a file, and `-o key=value` on the command line over them.
//
//     # a comment
//     flush.interval = 60
//     include = conf.d/*.conf
//
// The catalogue (setting.h) has all keys of all programs. A program has a table of places: where it stores the values of the keys
// that it uses; it ignores the others. A later line replaces an earlier one. `include` reads files at its place, conf_file.c.
// Every message gives file, line and key, what was found and what was expected. Not thread-safe: for start-up and SIGHUP only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dataplane/common/setting.h"

#define CONF_DEFAULT_FILE "/etc/lookback/lookback.conf"
#define CONF_ENVIRONMENT "LOOKBACK_CONFIG" // the file to read if -c is not given; none: no file

enum { CONF_WHY_SIZE = 1024 };

// Reads `value` into `*at`. Returns 0, or -EINVAL with what was expected in `why`.
typedef int conf_set_function(void *at, const char *value, char *why, size_t why_size);

// Where a program stores a setting.
struct conf_place {
	const char *name;	// of a setting in the catalogue
	void *at;		// of the type that setting_type says, if `set` is NULL
	conf_set_function *set; // reads the text; or NULL
};

// What a key was set to, as text.
struct conf_text {
	char *read;	// by the last reading; owned
	char *origin;	// of `read`: FILE:LINE or -o; NULL: the default; owned
	char *in_force; // by the reading before conf_in_force; owned
};

struct conf {
	const struct setting_topic *const *topics; // the catalogue
	const struct conf_place *places;	   // the program's own keys
	size_t places_len;			   // how many
	enum setting_program program;		   // which one reads
	struct conf_text *texts;		   // one for each place, zeros at first
};

struct conf_source {
	const char *file;	    // or NULL
	const char *const *options; // -o, in order
	size_t options_len;
};

// What was found while settings were read. Zeros at first, except `say`.
struct conf_report {
	void (*say)(void *context, const char *line); // called with each error; or NULL
	void *context;
	bool all;		   // check the values of the other programs' keys, too
	unsigned errors;	   // how many
	char first[CONF_WHY_SIZE]; // the first error
	struct conf_files *files;  // read; NULL: not wanted
};

// Names of files. Zeros at first; freed by conf_files_free.
struct conf_files {
	char **names;
	size_t len;
};

// The file that -c names (`given`, or NULL), else that of the environment, else the default one if it exists. NULL: none.
const char *conf_file(const char *given);

// Sets every key to its default, then reads the source. A default that cannot be read aborts the program. Returns 0, or -EINVAL
// if there are errors.
int conf_read(const struct conf *conf, const struct conf_source *source, struct conf_report *report);

// Adds an error that concerns the value of a key; its origin comes first.
void conf_report_add(const struct conf *conf, struct conf_report *report, const char *key, const char *text);

// The first error, and how many more there are.
void conf_report_first(const struct conf_report *report, char *why, size_t why_size);

void conf_files_free(struct conf_files *files);
// Appends a copy of a name. Without memory the name is missing.
void conf_files_add(struct conf_files *files, const char *name);

// Appends the names of a file of settings (NULL: none) and of those that it includes, as far as they can be read, and the patterns of
// `include`: whoever reads the settings again needs these files and the folders of all these names.
void conf_files_find(struct conf_files *files, const char *name);

// Sets one `key=value`, without the defaults. Returns 0 or -EINVAL with one line in `why`.
int conf_set_option(const struct conf *conf, const char *assignment, char *why, size_t why_size);
void conf_defaults(const struct conf *conf);

// Notes that the program runs with what was read. From now on keys without `reload` need a restart.
void conf_in_force(const struct conf *conf);

// The next key from `*at` on (0 at first) that was read with another value since then and needs a restart. NULL at the end.
const struct setting *conf_next_changed(const struct conf *conf, size_t *at);

// Prints the keys that the program uses, with range, default and help.
void conf_help(const struct conf *conf, FILE *out);

// Prints `key = value` and the origin of each value; no secrets.
void conf_print(const struct conf *conf, FILE *out);

// --check-config, or with `print` --print-config: reads everything and logs each error, also those in the values of the other
// programs' keys; `check` finds those that depend on several keys. Returns the exit status: 0, or CONF_EXIT_WRONG.
enum { CONF_EXIT_WRONG = 2 };
typedef void conf_check_function(void *context, struct conf_report *report);
int conf_command(const struct conf *conf, const struct conf_source *source, conf_check_function *check, void *context,
	bool print);

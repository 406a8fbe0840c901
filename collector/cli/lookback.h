// SPDX-License-Identifier: BSD-3-Clause
// The command lookback. Each subcommand is a function; all have the same options. README.md lists the files.
#pragma once

#include "collector/base/settings.h"
#include "collector/query/record_context.h"
#include "collector/query/json.h"

struct newly_suffixes;

enum { LOOKBACK_SETS_MAX = 200 };
enum { LOOKBACK_LIMIT = 1000, LOOKBACK_TIMEOUT_S = 300 }; // of tables; of lookups

enum lookback_exit { LOOKBACK_FOUND = 0, LOOKBACK_NOTHING = 1, LOOKBACK_FAILED = 2 };

enum lookback_output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_GRAPHML, OUTPUT_DOT, OUTPUT_HTML };

struct lookback {
	struct settings_source source; // -c, -o
	struct settings settings;      // what they say
	struct zone_list *zones;
	struct query_db db;
	struct query filter; // types, times, limit, offset, order: the options, for every lookup
	bool has_limit;	     // --limit was given
	enum lookback_output output;
	const char *cursor;		 // --cursor
	const char *resume;		 // --resume
	const char *depth;		 // --depth; each command reads it
	const char *rule;		 // --rule
	const char *feed;		 // --feed
	struct newly_suffixes *suffixes; // --tld, --zone, --suffixes; NULL: none
	bool history, plain;
	const char *limits;	 // --quota
	bool with_context;	 // --context
	struct context *context; // with --context; NULL: no file is set
	bool quiet, follow, yes, add, dry, unicode;
	const char *redis;		     // --redis
	const char *format;		     // --format
	const char *sets[LOOKBACK_SETS_MAX]; // --set, in order
	size_t sets_len;
	bool write, report;  // block
	bool through_shared; // pivot
	const char *score;   // --score
	const char *own;     // --own
	bool implied;	     // the configuration file is the default one, which no option named
	int argc;	     // arguments after the command
	char **argv;
};

struct lookback_command {
	const char *name, *arguments;
	int min, max; // number of arguments
	int (*run)(struct lookback *l);
	const char *help;    // one line
	const char *details; // lines, or empty
	const char *options; // its options besides the common ones
};

extern const struct lookback_command lookback_commands[]; // help.c; the last one has no name

// Prints the help of a command, or of all commands if the name is NULL or unknown.
void lookback_help(const char *command);

// options.c: reads the options. Returns -1 to continue, or an exit status.
int lookback_parse_options(struct lookback *l, int argc, char **argv);

// The command, whose arguments are in `l` afterwards. NULL after an error message.
const struct lookback_command *lookback_find_command(struct lookback *l);

// Each returns an exit status; `l->db` is ready to connect.
int lookback_name(struct lookback *l);
int lookback_ip(struct lookback *l);
int lookback_rdata(struct lookback *l);
int lookback_zone(struct lookback *l);
int lookback_find(struct lookback *l);
int lookback_brand(struct lookback *l);
int lookback_alerts(struct lookback *l);
int lookback_new(struct lookback *l);
int lookback_pivot(struct lookback *l);
int lookback_export(struct lookback *l);
int lookback_import(struct lookback *l);
int lookback_erase(struct lookback *l);
int lookback_expire(struct lookback *l);
int lookback_key(struct lookback *l);
int lookback_watch(struct lookback *l);
int lookback_doctor(struct lookback *l);
int lookback_status(struct lookback *l);
int lookback_spool(struct lookback *l);
int lookback_block(struct lookback *l);

// The doctor's answer if the settings cannot be read: why. Returns an exit status.
int lookback_doctor_settings(const struct lookback *l, const char *why);

// Removes what else refers to erased records of a name or zone: their entries in the streams of new records and of alerts, and the zone in the
// list of flooded ones. 0, or LOOKBACK_FAILED after a message. Does nothing for other queries.
int lookback_forget(struct lookback *l, const struct query *q);

// input.c: calls `take` with each argument, and for "-" with each line of the standard input, until it returns false. 0, or
// LOOKBACK_FAILED after a message.
int lookback_each(const struct lookback *l, bool (*take)(void *arg, const char *text), void *arg);

// True if nobody reads the standard output any more.
bool lookback_is_unread(void);

// Prints an error, `lookback: …`. Returns LOOKBACK_FAILED.
int lookback_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Sends the commands gathered in `l->db` and returns the one reply. NULL after an error message.
redisReply *lookback_ask(struct lookback *l);

// table.c: a table on a terminal. The first rows decide the widths of the columns.
struct lookback_table;
// `last`: title of the last column; `unicode`: print internationalized names in Unicode as well. NULL without memory.
struct lookback_table *table_new(FILE *out, const char *last, bool unicode);
void table_show_context(struct lookback_table *t, const struct context *c); // before the first row
void table_add(struct lookback_table *t, const struct query_record *r);
void table_end(struct lookback_table *t); // prints the remaining rows and frees

// table_context.c: the columns of --context, padded: their heads, and those of a record. Empty if `c` is NULL.
enum { TABLE_CONTEXT_SIZE = 512 };
void table_context_head(char out[static TABLE_CONTEXT_SIZE], const struct context *c);
void table_context_row(char out[static TABLE_CONTEXT_SIZE], const struct context *c, const struct query_record *r);

// unicode.c: appends the owner, or the RDATA with its name (`target`), in Unicode. False if that is the same text; nothing is
// appended then.
bool lookback_readable_owner(struct redis_buffer *out, const struct query_record *r);
bool lookback_readable_rdata(struct redis_buffer *out, const struct query_record *r, const char **target, size_t *len);
// The number of terminal columns of a UTF-8 text, or of the part that fits into `most`, and its octets.
size_t lookback_columns(const char *text, size_t most, size_t *octets);

// progress.c: a line on the terminal.
struct progress {
	const char *what; // "exported"
	char detail[96];  // follows the numbers
	int64_t start_ms, shown_ms;
	bool terminal;
};
void progress_show(struct progress *p, uint64_t records);
void progress_end(struct progress *p);

// SPDX-License-Identifier: BSD-3-Clause
// lookback: the analyst's command. One function a subcommand; the options are common to all.
//
//     lookback.c          options, table of commands
//     look.c     name, ip, rdata, zone: records for people and programs
//     find.c     find: names by keyword, with reasons
//     new.c      new: what no one had seen before
//     export.c   export
//     import.c   import
//     erase.c    erase, expire
//     forget.c   what tells of erased records besides their keys
//     admin.c    status, key
//     spool.c    spool
//     slots.c    spool, in a Redis Cluster
//     lines.c    arguments from the standard input; who reads the standard output
//     progress.c how far an export or import is
//     table.c    columns by the width of the terminal
//     unicode.c  --unicode
#pragma once

#include "collector/query/json.h"
#include "collector/base/settings.h"

enum lookback_exit { LOOKBACK_FOUND = 0, LOOKBACK_NOTHING = 1, LOOKBACK_FAILED = 2 };

enum lookback_output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV };

struct lookback {
	struct settings_source source; // -c, -o
	struct settings settings;      // what they say
	struct zone_list *zones;
	struct reader db;
	struct query filter; // types, times, limit, offset, order: the options, for every lookup
	bool has_limit;	     // --limit was given
	enum lookback_output output;
	const char *cursor; // --cursor
	const char *resume; // --resume
	const char *limits; // --quota
	bool quiet, follow, yes, add, dry, unicode;
	const char *redis; // --redis
	bool implied;	   // the configuration file is the one that is read where none is given
	int argc;	   // arguments behind the command
	char **argv;
};

// Each returns an exit status; `l->db` is ready to connect.
int lookback_name(struct lookback *l);
int lookback_ip(struct lookback *l);
int lookback_rdata(struct lookback *l);
int lookback_zone(struct lookback *l);
int lookback_find(struct lookback *l);
int lookback_new(struct lookback *l);
int lookback_export(struct lookback *l);
int lookback_import(struct lookback *l);
int lookback_erase(struct lookback *l);
int lookback_expire(struct lookback *l);
int lookback_key(struct lookback *l);
int lookback_status(struct lookback *l);
int lookback_spool(struct lookback *l);

// Removes what else tells of the records of a name or zone that are gone: their entries in the feed of new ones,
// and that the zone was flooded. 0, or LOOKBACK_FAILED after a message; other queries have nothing to forget.
int lookback_forget(struct lookback *l, const struct query *q);

// lines.c: calls `take` with each argument, in place of "-" with each line of the standard input. 0, or
// LOOKBACK_FAILED after a message; ends where `take` returns false.
int lookback_each(const struct lookback *l, bool (*take)(void *arg, const char *text), void *arg);

// True where nobody reads the standard output any more.
bool lookback_is_unread(void);

// Prints an error, `lookback: …`. Returns LOOKBACK_FAILED.
int lookback_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Sends what is gathered in `l->db` and returns the one reply, or NULL after an error message.
redisReply *lookback_ask(struct lookback *l);

// table.c: rows for people. The first rows decide how wide the columns are.
struct table;
// `last`: title of the last column; `unicode`: names that are punycode also as they read. NULL without memory.
struct table *table_new(FILE *out, const char *last, bool unicode);
void table_add(struct table *t, const struct query_record *r);
void table_end(struct table *t); // prints what is left and frees

// unicode.c: appends the owner as it reads, or the RDATA with the name in it (`target`) as it reads.
// False, and nothing appended, where that is no other text.
bool lookback_readable_owner(struct redis_buffer *out, const struct query_record *r);
bool lookback_readable_rdata(struct redis_buffer *out, const struct query_record *r, const char **target, size_t *len);
// Columns of a terminal that UTF-8 takes, and how many octets those are: the whole text, or what fits.
size_t lookback_columns(const char *text, size_t most, size_t *octets);

// progress.c: on a terminal only.
struct progress {
	const char *what; // "exported"
	int64_t start_ms, shown_ms;
	bool terminal;
};
void progress_show(struct progress *p, uint64_t records);
void progress_end(struct progress *p);

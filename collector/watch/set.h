// SPDX-License-Identifier: BSD-3-Clause
// Rules, compiled: which rules does a record match? Names and networks are found by hash tables (index.h), keywords by one
// filter for all (keywords.h). So the time depends on the record, and hardly on the number of rules.
//
// A set is read-only; a matcher holds the state of one lookup, one per thread.
#pragma once

#include "collector/watch/rules.h"

struct watch_set;
struct context;

enum { WATCH_REASON_SIZE = 256 };

// Reads and compiles `path`, with the files that it names. A `path` that does not exist, or is empty, is a set without
// rules. Returns 0, or -errno with one line in `why`.
// Only rules with one of `news` (bits) are compiled; the numbers of the rules stay.
int watch_set_read(struct watch_set **out, const char *path, unsigned news, char *why, size_t why_size);
void watch_set_free(struct watch_set *s); // NULL is fine

// What --check reports of the rules, for people. False with one line in `why` if they are not sound.
bool watch_set_check(const char *path, char *report, size_t report_size, char *why, size_t why_size);

// True if the files of indicators have changed since they were read.
bool watch_set_is_stale(const struct watch_set *s);

size_t watch_set_rules(const struct watch_set *s);   // how many
size_t watch_set_entries(const struct watch_set *s); // names and networks, with those of files
const struct watch_rule *watch_set_rule(const struct watch_set *s, uint32_t rule);
unsigned watch_set_news(const struct watch_set *s); // all kinds of news of all rules: bits by enum watch_news

// A record, in the text of Redis. Borrowed.
struct watch_record {
	const char *name, *type, *rdata;
	size_t name_len, type_len, rdata_len;
};

struct watch_matcher;

// `s` must outlive the matcher. NULL without memory.
struct watch_matcher *watch_matcher_new(const struct watch_set *s);
void watch_matcher_free(struct watch_matcher *m); // NULL is fine
// For the terms `country` and `asn`; borrowed; NULL: they never hold.
void watch_matcher_know(struct watch_matcher *m, const struct context *context);

// The rules that the record matches, with one of `news` at least (bits). Returns how many; `*rules` is valid until the next
// call.
size_t watch_match(struct watch_matcher *m, const struct watch_record *record, unsigned news, const uint32_t **rules);

// After watch_match: why a rule matched, such as "keyword example (homoglyph)". The offset of the part of the owner that a
// zone or name of the rule has; SIZE_MAX if the rule has none.
void watch_matcher_reason(const struct watch_matcher *m, uint32_t rule, char out[static WATCH_REASON_SIZE]);
size_t watch_matcher_zone(const struct watch_matcher *m, uint32_t rule);

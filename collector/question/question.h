// SPDX-License-Identifier: BSD-3-Clause
// A question: which records are looked for, made of the texts of people and clients. query/query.h answers it. Plain values, no
// ownership unless said; any thread.
#pragma once

#include "collector/question/name.h"

#include <stdint.h>

struct alike_set;

enum query_kind {
	QUERY_NAME,	      // one owner
	QUERY_SUBTREE,	      // a name and all below it: "*.example.com", and a zone
	QUERY_STEM,	      // names that begin with labels: "www.example.*"
	QUERY_ADDRESSES,      // first..last: one address, a prefix, a range
	QUERY_TARGET,	      // records that point to a name
	QUERY_TARGET_SUBTREE, // records that point to a name or to one below it
	QUERY_TARGET_STEM,    // records that point to a name that begins so
	QUERY_GLOB,	      // names that match a pattern with * ? [a-z]
	QUERY_REGEX,	      // names that match an extended regular expression
	QUERY_TARGET_GLOB,    // records that point to a name that matches
	QUERY_TARGET_REGEX,   // the same
	QUERY_KEYWORD,	      // names that contain a keyword, or look like it (collector/alike)
	QUERY_EVERYTHING      // all that Redis holds
};

enum { QUERY_TYPES_MAX = 16, QUERY_RAW_MAX = 1024 };

enum query_type_class { QUERY_TYPES_ALL, QUERY_TYPES_NOT_DNSSEC, QUERY_TYPES_DNSSEC, QUERY_TYPES_LISTED };

enum query_order {
	QUERY_ORDER_NONE,
	QUERY_ORDER_LAST,
	QUERY_ORDER_FIRST,
	QUERY_ORDER_COUNT,
	QUERY_ORDER_NAME, // by labels from the right
	QUERY_ORDER_TYPE,
	QUERY_ORDER_RDATA
};

struct query {
	enum query_kind kind;
	char name[TEXT_NAME_SIZE]; // canonical text, without "*."; of QUERY_GLOB and REGEX the pattern
	size_t name_len;
	uint8_t first[16], last[16]; // QUERY_ADDRESSES, inclusive
	size_t address_size;	     // 4 or 16
	bool mapped;		     // …of IPv4: AAAA records with these inside ::ffff:0:0/96 as well
	enum query_type_class types;
	char type[QUERY_TYPES_MAX][TEXT_TYPE_SIZE]; // QUERY_TYPES_LISTED: mnemonics as keys hold them
	size_t types_len;
	int64_t first_after, first_before; // bounds of first seen, inclusive, seconds since 1970
	int64_t last_after, last_before;   // bounds of last seen
	uint64_t offset;		   // records to skip
	uint64_t limit;			   // records at most; 0: no bound
	enum query_order order;
	bool descending;
	char bailiwick
		[TEXT_NAME_SIZE]; // only owners of this registered domain, or of those below it or that begin so; empty: any
	enum query_kind bailiwick_kind;	  // QUERY_NAME, QUERY_SUBTREE, QUERY_STEM
	char exclude[TEXT_NAME_SIZE];	  // patterns: exclude names that match this pattern; empty: none
	bool no_placeholders;		  // without TYPE0, the pseudo-type of a flood
	bool with_targets;		  // QUERY_NAME: afterwards the records that point to it
	uint8_t raw[QUERY_RAW_MAX];	  // QUERY_TARGET: only this RDATA, in wire form; name is not looked at
	size_t raw_size;		  // 0: any
	const struct alike_set *keywords; // QUERY_KEYWORD: any of these instead of `name`; borrowed; NULL: `name`
	double time_max_s;		  // the run fails after that long; 0: no bound
	bool partial;			  // query_sorted: after a failure, return the records found so far first
	const struct query
		*also; // query_sorted: further questions, answered together with this one; may be freed after the start
	size_t also_len;
	const char *cursor; // transfer/export.h: where to continue; NULL: at the start
};

// A query of no name yet: all types, all times, no limit.
struct query query_make(enum query_kind kind);

// parse.c: read texts from people and clients. 0, or -EINVAL with one line in `why`.

// Pasted text (paste.h), if it is a name, "*.name", "name.*", an address, a prefix or a range.
int query_parse(struct query *q, const char *text, char *why, size_t why_size);
int query_parse_name(struct query *q, const char *text, char *why, size_t why_size);
int query_parse_target(struct query *q, const char *text, char *why, size_t why_size);
// Changes a question for a name, a subtree or a stem to one for the records that point to it.
void query_to_targets(struct query *q);
// A registered domain, "*.com" or "example.*": only owners in it.
int query_parse_bailiwick(struct query *q, const char *text, char *why, size_t why_size);
// A pattern with * ? [a-z], or an extended regular expression, for names with or without final dot.
int query_parse_pattern(struct query *q, enum query_kind kind, const char *text, char *why, size_t why_size);
// A part of a name, for QUERY_KEYWORD.
int query_parse_keyword(struct query *q, const char *text, char *why, size_t why_size);
// "192.0.2.1", "192.0.2.0/24", "192.0.2.0,24", "192.0.2.1-192.0.2.9", and IPv6 alike.
int query_parse_addresses(struct query *q, const char *text, char *why, size_t why_size);
// "a,aaaa", "any" (no DNSSEC types), "any-dnssec" (only those), "all".
int query_parse_types(struct query *q, const char *text, char *why, size_t why_size);
// Checks the types against the kind: records that point to a name have types that point to names; for an address, A and AAAA
// select both. -EINVAL if no record can match. Call it after the kind and the types are set.
int query_fit_types(struct query *q, char *why, size_t why_size);
// "1700000000", "-3600" (from `now`), "7d", "2024-01-31", "2024-01-31T12:00:00Z", "2024-01-31 12:00+02:00"; UTC if
// no zone is given. A day, a minute or a month means its first second.
int query_parse_time(int64_t *out, const char *text, int64_t now, char *why, size_t why_size);
// The same for the end of a period: a day, a minute or a month means its last second.
int query_parse_until(int64_t *out, const char *text, int64_t now, char *why, size_t why_size);
// "-last", "first", "count", "name", "type", "rdata".
int query_parse_order(struct query *q, const char *text, char *why, size_t why_size);

// idn.c: labels in UTF-8 become punycode, in place. False if one is not sound, or there is no room.
bool query_to_ascii(char *text, size_t size);

// Like query_name (name.h), for a name that may have labels in UTF-8; 0 also if IDNA does not permit them.
size_t query_name_of(const char *text, size_t len, char out[static TEXT_NAME_SIZE]);

// The name, with labels in UTF-8 if they are valid IDNA 2008 and convert back to the same punycode. Labels
// that are broken or have control characters stay in punycode. Returns the length (terminated), 0 if there are none.
size_t query_readable(const char *name, size_t len, char *out, size_t out_size);

// options.c: true if the question is for records that point to a name.
bool query_is_of_targets(const struct query *q);

// True if RDATA of the type points to a name.
bool query_type_has_target(const char *type, size_t len);

// True if the types of the question include this one.
bool query_has_type(const struct query *q, const char *type, size_t len);

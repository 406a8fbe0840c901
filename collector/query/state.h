// SPDX-License-Identifier: BSD-3-Clause
// The state of a run, shared by the files that make it up; everyone else includes query.h.
//
//     question ──► source ──► sets ──► keys ──► page ──► records
//                 (source.c)          (records.c)  (run.c)
//
//     sets   sorted sets whose members are keys: zone:example.com, net:192.0.2.0/24
//     keys   what follows name:, ip: or rdata: in the names of keys, some hundreds at a time
//     page   the records of these keys, after the filters that need no further reading
#pragma once

#include "collector/names/store.h"
#include "collector/names/stream.h"
#include "collector/query/query.h"
#include "collector/question/regex.h"

enum {
	QUERY_PAGE = 1000,	// members read of one set at a time
	QUERY_BATCH = 64,	// keys read together
	QUERY_SETS_BATCH = 512, // sets whose existence is checked together
	QUERY_SCAN_COUNT = 2000 // keys that one SCAN looks at
};

enum query_source {
	SOURCE_NONE,	  // no more
	SOURCE_NETS,	  // /24 or /48 sets, one after the other (from_nets.c)
	SOURCE_SCAN,	  // SCAN of the keys themselves (from_scan.c)
	SOURCE_SCAN_NETS, // SCAN of the net sets
	SOURCE_INDEX	  // the names index (from_index.c)
};

// Texts one after another.
struct query_list {
	struct redis_buffer text;
	struct query_span {
		uint32_t at;  // offset in text
		uint32_t len; // octets
	} * span;
	size_t len, capacity; // spans used and allocated
	size_t pos;	      // the next one to be used
};

struct query_item {
	uint32_t owner, owner_len;   // in the page's text
	uint32_t member, member_len; // "<TYPE> <rdata>"
	uint32_t type_len;
	int64_t first, last, count;
	bool known; // first seen and count are known
};

struct query_page {
	struct redis_buffer text;
	struct query_item *item;
	size_t len, capacity; // items used and allocated
	size_t pos;	      // the next one to be shown
	bool bad;	      // memory ran out
};

struct query_run {
	struct query q;
	struct query_db *db;
	const char *family; // FAMILY_NAME, FAMILY_IP or FAMILY_RDATA
	enum query_source source;
	char scan_cursor[24];		     // of the next SCAN
	size_t scan_node, nodes;	     // primary being scanned, of how many; 0: not asked yet
	uint64_t version;		     // of the cluster when the scan began
	char pattern[2 * TEXT_NAME_SIZE];    // glob for SCAN, after the prefix
	uint64_t net_next, net_last;	     // SOURCE_NETS: number of the /24 or /48
	uint64_t index_next;		     // SOURCE_INDEX: where the search goes on
	struct names_mark mark;		     // …what the index has to hold
	int64_t mark_until_ms;		     // …and until when that is waited for; 0: not asked yet
	bool index_covers;		     // …it does
	bool index_stale;		     // it does not: the keys are read
	struct names_needles needles;	     // SOURCE_INDEX: what it looks for
	struct query_list ranked[ALIKE_MAX]; // QUERY_KEYWORD: names by reason, until all are known
	size_t rank;			     // which of them comes next
	struct alike_keyword *keyword;	     // QUERY_KEYWORD: for the comparison; owned, made by query_ranks_take
	struct query_list sets, keys;
	uint64_t set_rank;	   // members of the current set that were read
	uint64_t key_rank;	   // members of the current key that were read
	struct query_list resolve; // "<TYPE> <owner>", for targets whose RDATA holds more than the target
	struct query_page page;
	struct query_regex *regex, *exclude; // of QUERY_REGEX, owned; NULL: none
	uint64_t passed, shown;		     // records (of QUERY_KEYWORD: names) skipped and returned
	char owner[TEXT_NAME_SIZE];	     // QUERY_KEYWORD: the last name that was found
	size_t owner_len;
	bool showing;	     // QUERY_KEYWORD: its records are returned, not skipped
	bool rnames;	     // SOA records by their RNAME, which no index has, after those by their MNAME
	bool behind;	     // phase two: records that point to the name
	int64_t deadline_ms; // monotonic; INT64_MAX: none
	bool failed;
	char why[512];
};

// query_list_…: false without memory.
bool query_list_add(struct query_list *l, const char *text, size_t len);
bool query_list_add2(struct query_list *l, const char *a, size_t a_len, const char *b, size_t b_len);
void query_list_clear(struct query_list *l);
void query_list_free(struct query_list *l);
static inline size_t query_list_left(const struct query_list *l)
{
	return l->len - l->pos;
}
static inline const char *query_list_text(const struct query_list *l, size_t i)
{
	return l->text.bytes + l->span[i].at;
}

// Notes a failure. Returns -1.
int query_run_fail(struct query_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Adds a key, or a set of keys, to be read. 0, or -1 with the failure noted.
int query_run_add_key(struct query_run *run, const char *text, size_t len);
int query_run_add_set(struct query_run *run, const char *family, const char *text, size_t len);

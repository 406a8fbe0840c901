// SPDX-License-Identifier: BSD-3-Clause
// The state of a run, shared by the files of the room.
#pragma once

#include "collector/newly/newly.h"

enum { NEWLY_PAGE = 128, NEWLY_SEEN = 32768 };

// An entry of the stream. Texts are in the page's reply.
struct newly_entry {
	const char *id;
	const redisReply *owner, *type, *rdata;
	const char *sensor, *rule, *kind, *domain;
	size_t domain_len;
	int64_t first, stored;
	int64_t known, name_first, domain_first; // INT64_MAX: not in Redis
	bool out;				 // left out
	bool first_of_domain, first_of_name;	 // the name, the record
};

// Fingerprints of what was returned, in two generations: the older one is forgotten when the younger one is full.
struct newly_seen {
	uint64_t start; // random: nobody can prepare names of equal fingerprints
	uint64_t *slots[2];
	size_t len;
};

struct newly_run {
	struct newly_options o;
	struct query_db *db;
	redisReply *reply;	// of the page
	const redisReply *page; // inside it: the entries; NULL: none
	struct newly_entry entry[NEWLY_PAGE];
	size_t len, at;
	char cursor[NEWLY_CURSOR_SIZE];	 // last entry that was looked at
	char read_to[NEWLY_CURSOR_SIZE]; // last entry that was read
	bool begun, ended, gap, trimmed;
	int64_t oldest;
	struct newly_seen seen;
	char why[512];
};

// read.c: the next page into run->entry. 0, or -1 with `why`. No entries: the end.
int newly_read_page(struct newly_run *run);
void newly_read_forget(struct newly_run *run);
// <0, 0, >0
int newly_read_compare(const char *a, const char *b);

// check.c: asks Redis what is known about the entries of the page, and leaves out those that are not new. 0, or -1 with `why`.
int newly_check_page(struct newly_run *run);

// seen.c: true if the fingerprint was noted before; notes it.
bool newly_seen_before(struct newly_seen *s, uint64_t fingerprint);

// SPDX-License-Identifier: BSD-3-Clause
// A case: one record, one rule that it matches, and one kind of news that it may be. news.c asks for all cases of a page, reads
// the answers, and so on for WATCH_CASE_TURNS turns; then each case is an alert or not.
#pragma once

#include "collector/text/text.h"
#include "collector/watch/view.h"

enum { WATCH_CASE_TURNS = 2, WATCH_EXPECTED_SIZE = 1024, WATCH_EARLIER_MAX = 256 };

struct watch_case {
	struct watch_record record; // borrowed from the page
	const char *sensor;
	bool fresh;		     // new to Redis
	int64_t first, last, before; // before: when it was last seen; 0: not known
	uint32_t rule;
	enum watch_news kind;
	char reason[WATCH_REASON_SIZE];
	size_t zone_at; // offset of the zone of the rule in the owner; SIZE_MAX: none
	// found out on the way
	unsigned asked; // commands of this turn
	bool is_news;
	bool learned;
	uint64_t names;			    // burst
	char zone[TEXT_NAME_SIZE];	    // burst, tamper
	char network[64];		    // moved: where it is now
	char expected[WATCH_EXPECTED_SIZE]; // what was there before
};

struct watch_cases {
	struct watch_case *at;
	size_t len, capacity;
};

bool watch_cases_add(struct watch_cases *cases, const struct watch_case *c); // false without memory
void watch_cases_free(struct watch_cases *cases);

// True if the record may be news of this kind for the rule, before Redis is asked.
bool watch_case_fits(struct watch_case *c, const struct watch_view *v);

// Appends the commands of this turn; reads their replies. 0, or -1 (closed).
void watch_case_ask(struct watch_case *c, const struct watch_view *v, unsigned turn);
int watch_case_take(struct watch_case *c, const struct watch_view *v, unsigned turn);

// Appends the alert, if it is one. False without memory.
bool watch_case_tell(const struct watch_case *c, const struct watch_view *v, struct watch_alerts *alerts);

// True if the tamper watch looks at this record: NS, A, AAAA, MX, CNAME, CAA, DS, and TXT with an SPF policy.
bool watch_is_guarded(const struct watch_record *record);

// The registered domain of an owner, as Redis keys have it. Its length, terminated; 0 if it is none.
size_t watch_registered(const struct zone_list *zones, const char *name, size_t len, char out[static TEXT_NAME_SIZE]);

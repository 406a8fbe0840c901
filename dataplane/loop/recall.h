// SPDX-License-Identifier: BSD-3-Clause
// Answers seen before (answers/), in the loop: ordinary answers (answer.h) that repeat are counted in their entry, and what
// the entries have counted reaches the table
//
//     before the sweep comes to their records    recall_drain_before
//     before an entry makes room for another     recall_missed
//     before other options come into force       recall_choose, recall_retire
//     at the end                                 recall_drain_all
//
// by the same path that an ordinary answer takes. Filters of packets and servers, copies and query matching decide about each
// message before it is counted. If too few look-ups hit, messages pass by for a while. With captures alone, everything here
// follows from the messages and not from the clock: they are looked up one by one, and drained after so many look-ups.
#pragma once

#include "dataplane/answers/look.h"
#include "dataplane/loop/answer.h"
#include "dataplane/loop/burst_state.h"

// Decides whether messages are looked up with the options and filters in force. Call after every change of them.
void recall_choose(struct worker *w);

// Part of a change of options: drains and forgets some entries. For the housekeeping, until `retires` is false.
void recall_retire(struct worker *w);

// Drains the entries whose questions' names are in the first `bucket` of `buckets` of the table, until the TSC is beyond
// `until`. True if that was done.
bool recall_drain_before(struct worker *w, uint64_t bucket, uint64_t buckets, uint64_t until_tsc);

// Drains all entries.
void recall_drain_all(struct worker *w);

// The ordinary answer `a` was looked up in vain, and committed to the table.
void recall_missed(struct worker *w, const struct answers_look *look, const uint8_t *wire, const struct answer *a);

// The end of a window of look-ups.
void recall_end_window(struct worker *w);

// Counts `lookups` with so many `hits`.
static inline __attribute__((always_inline)) void recall_note(struct worker *w, uint32_t lookups, uint32_t hits)
{
	enum { WINDOW = 65536 };
	struct recall *r = &w->recall;

	stats_add(&w->stats.answers_hits, hits);
	stats_add(&w->stats.answers_misses, lookups - hits);
	r->hits += hits;
	r->lookups += lookups;
	if (unlikely(r->lookups >= WINDOW))
		recall_end_window(w);
}

// After a pause: messages are looked up again.
void recall_resume(struct worker *w);

// Counts a message that is not looked up.
static inline __attribute__((always_inline)) void recall_pass(struct worker *w)
{
	if (unlikely(--w->recall.rest == 0))
		recall_resume(w);
}

// Counts a repetition.
static inline __attribute__((always_inline)) void recall_count(struct burst *b, struct answers_entry *e, uint32_t now_s)
{
	answers_count(e, now_s);
	b->ordinary++;
	b->skipped += e->skipped;
	b->repeated += e->records;
}

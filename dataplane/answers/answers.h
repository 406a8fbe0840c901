// SPDX-License-Identifier: BSD-3-Clause
// Answers seen before, of one worker: whole DNS messages whose records the table has counted. A repetition differs from the
// message seen before in its ID, its TTLs, the case of the question's name and the contents of its EDNS cookie at most; such a
// message is counted in its entry alone. The sightings reach the table when the entry is drained (loop/recall.c).
//
//     set, 16 octets              entry, 256 octets
//     ┌──────────┬──────────┐     ┌──────┬──────────────────┬──────┬───────────────┐
//     │ 4 tags   │ 4 tags   │ ──► │ mask │ count first last │ size │ message (208) │
//     │ of       │ seen     │     └──────┴──────────────────┴──────┴───────────────┘
//     │ entries  │ once     │
//     └──────────┴──────────┘
//
// The whole message is compared; a tag only saves looking. A message gets an entry when it is seen for the second time, so
// messages that come once write two octets. The sets are in the order of the table's pages (table.h): the upper half of the
// hash of the question's name chooses both, so entries are drained just before the sweep comes to their records.
//
// Look-ups are inlined into the loop (look.h). One thread; no allocation after answers_new; no DPDK.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/answers/layout.h"

// Takes over what the entry has counted; called before the entry is overwritten.
typedef void answers_sink(void *context, const struct answers_entry *entry);

// Uses at most `memory` octets, at least ANSWERS_MEMORY_MIN; in huge pages if asked for and there are any. `key`: of the hashes
// of names, the table's. NULL: out of memory.
struct answers *answers_new(size_t memory, bool huge_pages, const struct hash_key *key);
void answers_free(struct answers *a);
size_t answers_memory(size_t memory); // octets that it maps
uint32_t answers_sets(const struct answers *a);

struct answers_look; // look.h

// A message was looked up in vain: notes it. True if it was noted before.
bool answers_seen_again(struct answers *a, const struct answers_look *look);

// Gives a message that was looked up in vain an entry: its records were counted and are different ones. `records` and
// `skipped`: of the message. An entry that makes room is passed to `sink` first. False: it has none.
bool answers_insert(struct answers *a, const struct answers_look *look, const uint8_t *wire, uint32_t records,
	uint32_t skipped, answers_sink *sink, void *context);

// Passes each entry of one set that has counted any to `sink`, and sets it back.
void answers_drain(struct answers *a, uint32_t set, answers_sink *sink, void *context);

// Forgets the entries of one set, which must be drained.
void answers_forget(struct answers *a, uint32_t set);

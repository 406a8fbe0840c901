// SPDX-License-Identifier: BSD-3-Clause
// Tamper watch: until when the records of a rule are learned. Hash pdns:watch:learn: seconds of the wall clock by rule, set when
// the rule is first in force; and by "RULE oldest" the first sighting of its oldest record from a capture.
#pragma once

#include "collector/reader/reader.h"
#include "collector/watch/set.h"

enum { WATCH_LEARN_LIVE_S = 86400 }; // a record last seen before that is history: from a capture

// Of one rule. A record is learned until `until`. If it is history, the time in the capture counts as well: it must have been
// seen first within `learn` after the oldest such record of the rule, else the replay of a month would learn the whole month.
struct watch_learn {
	uint64_t until;	  // seconds of the wall clock
	uint64_t oldest;  // first seen of that record; 0: there is none yet
	bool has_changed; // `oldest` is not in Redis yet
};

// Sets the times of new rules, and reads all of them into `learn` (by rule). 0, or -1 (closed).
int watch_learn_read(struct reader *r, const struct watch_set *set, struct watch_learn *learn, uint64_t now_s);

// Writes what has changed. 0, or -1 (closed).
int watch_learn_write(struct reader *r, const struct watch_set *set, struct watch_learn *learn);

// Call it for all records of a page before watch_learn_covers.
void watch_learn_see(struct watch_learn *learn, uint64_t first, uint64_t last, uint64_t now_s);

// True if a record of the rule is learned now.
bool watch_learn_covers(const struct watch_learn *learn, const struct watch_rule *rule, uint64_t first, uint64_t last,
	uint64_t now_s);

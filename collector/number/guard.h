// SPDX-License-Identifier: BSD-3-Clause
// Decides whether the writer may write. Redis has two copies of the number of a spool's last batch, both written by the
// transaction of each batch: in the hash pdns:seq, for people, and in the string pdns:fence:<uuid>, which transactions watch
// and which SET replaces whatever it contains. If the copies differ, another client changed one of them, and only a person can
// decide what Redis has (`lookback spool`).
//
//     pdns:seq          fence            other knowledge
//     n                 n                                                   continue after n
//     n                 none             n is the last that was applied     continue after n
//     n                 none             else                               stop: differs
//     none              none             no batch was ever applied          start with the first batch
//     none              none             Redis has no key with our prefix   new, or emptied: send all that is retained
//     none              none             else                               stop: missing
//     none              n                                                   stop: missing
//     n                 m                                                   stop: differs
//     one is not a number, or a key of another type                         stop: foreign
//     n is above all batches that were sent                                 stop: beyond
#pragma once

#include "collector/redis/conn.h"

enum guard_state { GUARD_SOUND, GUARD_NEW, GUARD_MISSING, GUARD_DIFFERS, GUARD_FOREIGN, GUARD_BEYOND };

enum guard_kind { GUARD_NONE, GUARD_NUMBER, GUARD_OTHER };

struct guard {
	enum guard_kind seq, fence; // what is there
	uint64_t seq_number, fence_number;
	bool keys; // Redis has keys with our prefix; asked only if both are missing
};

// Reads the reply to HGET pdns:seq or GET pdns:fence:<uuid>. Returns false if it is an error other than WRONGTYPE.
bool guard_take(const struct redis_result *reply, enum guard_kind *kind, uint64_t *number);

// Decides. `applied`: the highest batch that Redis is known to have had, 0: none. `sent`: the highest batch that was ever sent,
// UINT64_MAX: not known. Sets `*number`, the batch after which to continue, if the state is SOUND or NEW.
enum guard_state guard_judge(const struct guard *g, uint64_t applied, uint64_t sent, uint64_t *number);

// Guesses the number of a spool whose copies are not sound, in this order: the copy that equals `applied`, if that is exact; a
// copy between `applied` and `sent`, the fence first; `applied`, if neither copy is a number. False if none of them can be
// right: a person must decide.
// `exact`: `applied` was noted when writing stopped. If not, it may be older than a kill.
bool guard_guess(const struct guard *g, uint64_t applied, uint64_t sent, bool exact, uint64_t *number);

// One line: what was found, what was expected, what to do.
void guard_tell(char *out, size_t out_size, enum guard_state state, const struct guard *g, const char *prefix,
	const char *uuid, uint64_t applied, uint64_t sent);

// Names of the states, such as "missing", for people and programs.
extern const char *const guard_label[];

// Looks for any key that begins with the prefix of `s`. Returns 0 and sets `*found`, or -1 (closed).
int guard_look_for_keys(struct redis_conn *c, const struct redis_settings *s, bool *found);

// SPDX-License-Identifier: BSD-3-Clause
// May we write? Redis holds the number of the last batch of a spool twice, both set by each batch's
// transaction: in the hash pdns:seq, which everyone can read, and in the string pdns:fence:<uuid>, which a
// transaction watches and which SET writes whatever it held. Where the two do not tell the same, someone
// else has been there, and only a person can say what Redis holds (lookback spool).
//
//     pdns:seq          fence            keys, and batches applied before
//     n                 n                                                   go on behind n
//     n                 none             n is the last that was applied     go on behind n
//     n                 none             else                               stop: differs
//     none              none             no batch was ever applied          go on from the first
//     none              none             no key of ours in Redis            new, or emptied: go on with what is kept
//     none              none             else                               stop: missing
//     none              n                                                   stop: missing
//     n                 m                                                   stop: differs
//     no number, or a key of another type, on either side                  stop: foreign
//     n beyond all that was sent                                            stop: beyond
#pragma once

#include "collector/redis/conn.h"

enum guard_state { GUARD_SOUND, GUARD_NEW, GUARD_MISSING, GUARD_DIFFERS, GUARD_FOREIGN, GUARD_BEYOND };

enum guard_kind { GUARD_NONE, GUARD_NUMBER, GUARD_OTHER };

struct guard {
	enum guard_kind seq, fence; // what they hold
	uint64_t seq_number, fence_number;
	bool keys; // Redis holds keys of ours; asked only where both are missing
};

// What the reply to HGET pdns:seq or to GET pdns:fence:<uuid> tells. Returns false where it is another error than
// WRONGTYPE.
bool guard_take(const struct redis_result *reply, enum guard_kind *kind, uint64_t *number);

// Judges: `applied` is the highest number that Redis is known to have had of this spool, 0: none; `sent` the highest
// that was ever sent, UINT64_MAX where that is not known. The number to go on behind is in `*number` where the state is
// SOUND or NEW.
enum guard_state guard_judge(const struct guard *g, uint64_t applied, uint64_t sent, uint64_t *number);

// What Redis holds, as far as the numbers can tell where they are not sound: the one of the two that is what was applied last, if that is exact;
// else one that is not below it and not above what was sent, the fence first, which each batch writes; else, where neither is a number,
// what was applied. False where none of them can be right: someone has to say.
// `exact`: `applied` was noted when writing stopped, and is not of some time before a kill, when it could be anyone's number.
bool guard_guess(const struct guard *g, uint64_t applied, uint64_t sent, bool exact, uint64_t *number);

// One line: what was found, what was expected, what to do.
void guard_tell(char *out, size_t out_size, enum guard_state state, const struct guard *g, const char *prefix,
	const char *uuid, uint64_t applied, uint64_t sent);

// "missing", for people and programs.
extern const char *const guard_label[];

// Whether Redis holds any key that begins with the prefix of `s`. Returns 0 with `*found`, or -1 (closed).
int guard_look_for_keys(struct redis_conn *c, const struct redis_settings *s, bool *found);

// SPDX-License-Identifier: BSD-3-Clause
// An index of names in memory: all owner names in Redis, or all names that records point to, so that wildcards and
// keywords need no SCAN of Redis. A thread builds it: from its file; from a SCAN of the keys if there is no file or it is
// too old; then from the stream of new records, which all collectors write.
//
//     file ──► store ◄── SCAN name:* or rdata:* until it is complete
//                    ◄── XREAD pdns:new         from then on
//
// A name that was erased in Redis stays until the index is built again. That does no harm: every name found is looked up.
#pragma once

#include "collector/names/store.h"
#include "collector/names/stream.h"

struct names_index;

struct names_index_levels {
	uint64_t names, bytes, memory; // bytes: of the names themselves
	bool complete;
};

// Starts the thread. `file`: where the names are kept over restarts (targets: with ".targets" after it), or
// empty. NULL with one line in `why`.
struct names_index *names_index_open(const struct redis_settings *redis, enum names_of of, const char *file, char *why,
	size_t why_size);

// Ends the thread and saves the file.
void names_index_close(struct names_index *index);

// Reads a file and the later entries of the stream, for one search; starts no thread. NULL if there is
// no file, or if the index would lack names.
struct names_index *names_index_read(struct reader *db, enum names_of of, const char *file);

// True if the index contains all names in Redis. Any thread.
bool names_index_is_complete(const struct names_index *index);
struct names_index_levels names_index_levels(const struct names_index *index);

// Whether the index contains all names that Redis had when the mark was read. Any thread.
enum names_cover {
	NAMES_COVERED,
	NAMES_BEHIND, // not yet: the index is being updated; ask again
	NAMES_STALE   // no: read the keys instead
};
enum names_cover names_index_covers(struct names_index *index, const struct names_mark *m);

// Searches about `budget` octets of names for those that contain a needle, and calls `hit` for each. `*next`: where the
// search continues, 0 at first. False at the end. Any thread.
bool names_index_next(const struct names_index *index, const struct names_needles *needles, uint64_t *next,
	uint64_t budget, names_hit *hit, void *arg);

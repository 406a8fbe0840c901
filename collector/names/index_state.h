// SPDX-License-Identifier: BSD-3-Clause
// The inside of a names index, shared by index.c (thread, file, searches) and fill.c (names from Redis). Private to both.
#pragma once

#include "collector/names/store.h"
#include "collector/names/stream.h"
#include "collector/reader/reader.h"

#include <pthread.h>

struct names_kind {
	const char *family;	 // of the keys that hold them
	const char *file_ending; // after names.file
	const char *label;	 // in the file's head, after the prefix
	const char *words;	 // in the log
};

extern const struct names_kind names_kinds[]; // by enum names_of

struct names_index {
	enum names_of of;
	struct names_store store; // thread: rw, searchers: ro
	struct reader db;	  // of the thread
	char file[4096];
	char label[96];		// in its head
	char id[NAMES_ID_SIZE]; // of the last entry of the stream that was taken
	int64_t imports;	// batches of `lookback import` before the keys were scanned; they are in no stream
	int64_t imports_seen;	// …that there are now, the same since:
	int64_t imports_at;
	uint64_t names;		      // of the store; thread: w, any: r
	bool complete;		      // thread: w, any: r
	bool pending;		      // …but Redis has names that it does not hold yet; thread: w, any: r
	bool full;		      // some did not fit in; thread: rw
	char shown_id[NAMES_ID_SIZE]; // `id` and `imports`, for others; under `lock`
	int64_t shown_imports;
	bool stop; // any: w, thread: r
	bool started;
	int64_t saved;	      // when the file was written
	int64_t scanned;      // when the keys were
	pthread_mutex_t lock; // of `wake` and of what is shown
	pthread_cond_t wake;  // to end a pause
	pthread_t thread;
};

static inline bool names_index_is_stopped(const struct names_index *index)
{
	return __atomic_load_n(&index->stop, __ATOMIC_ACQUIRE);
}

// Publishes the position (`id`, `imports`) for searchers. Thread of the index.
void names_fill_show(struct names_index *index);

// Notes whether Redis has names that the index lacks. Thread of the index.
void names_fill_set_pending(struct names_index *index, bool pending);

// Reads all keys. 0, or -1 if Redis cannot be reached, slots of a cluster moved, or the thread must end.
int names_fill_scan(struct names_index *index);

// Reads the next page of the stream of new records, at most NAMES_FILL_PAGE entries. Returns their number, -1 if Redis cannot be reached.
enum { NAMES_FILL_PAGE = 64 };
int names_fill_stream(struct names_index *index, struct reader *db);

// SPDX-License-Identifier: BSD-3-Clause
// The captures of a folder, as they are completed: a thread looks at the folder twice a second, reads each complete file once to check
// it, and offers batches in the order of their first packets. After a batch is applied it leaves, moves or deletes the files.
//
//     folder ─► complete? ─► in the journal? ─► whole? ─► batch ─► replay … applied ─► leave | move | delete
//
// A file is complete if a newer one of the same series exists (names that differ in digits and in the suffix of a compression), or
// if it was not changed for `quiet_s`. Content is compared unpacked, so a file that is compressed or copied later is known. If a file has
// grown after it was taken, its further packets are taken.
#pragma once

#include <stdatomic.h>

#include "dataplane/capture/capture.h"
#include "dataplane/follow/search.h"

enum { FOLLOW_BATCH_MAX = 64 }; // files

struct follow_batch {
	struct capture captures[FOLLOW_BATCH_MAX];
	struct follow_file files[FOLLOW_BATCH_MAX];
	char *paths[FOLLOW_BATCH_MAX]; // owned
	unsigned len;
};

struct follow_levels {
	uint64_t waiting;  // files that are not complete, or not applied yet
	uint64_t taken;	   // files applied since the start
	uint64_t refused;  // captures in the folder that are damaged or cannot be read
	uint64_t passed;   // other files in the folder
	uint64_t oldest_s; // age of the oldest file that waits, by its last change
};

struct follow_files;

// Returns NULL without memory. `options` and the journal are borrowed.
struct follow_files *follow_files_new(const struct follow_files_options *options, struct follow_journal *journal);

// Starts the thread: before the sandbox is sealed; it begins to read after follow_files_go. Returns 0 or -1.
int follow_files_start(struct follow_files *f);
void follow_files_go(struct follow_files *f);

// The next batch, or NULL. It is valid until follow_files_done. Main thread.
const struct follow_batch *follow_files_batch(struct follow_files *f);
void follow_files_done(struct follow_files *f); // it is applied

struct follow_levels follow_files_levels(struct follow_files *f);
void follow_files_stop(struct follow_files *f); // ends the thread; NULL is allowed

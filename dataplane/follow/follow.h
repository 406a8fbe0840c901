// SPDX-License-Identifier: BSD-3-Clause
// --follow FOLDER: captures are taken as they are completed, each exactly once, also across kill -9. One batch at a time:
//
//     files.h: batch ─► replay ─► workers: flush all ─► store.h: frames on disk ─► journal: committed
//                                                        ─► outbox ─► collector has all ─► journal: applied ─► next batch
//
// A crash before "committed": the batch is read again, nothing of it was sent. A crash after it: its frames are sent again with their
// old numbers. What a crash loses is only what waits between packets: TCP messages, fragments and queries in two files.
//
// Main thread only.
#pragma once

#include <stdbool.h>

#include "dataplane/follow/files.h"
#include "dataplane/follow/store.h"
#include "dataplane/intake/replay.h"

struct follower;

// Opens the state folder, and makes it if necessary. NULL with one logged line. `options` is borrowed.
struct follower *follow_open(const struct follow_files_options *options);

// From which the outbox takes frames, instead of the workers.
struct flush *follow_flush(struct follower *f);

// Connects the parts, and resumes a batch that was not applied before the last end; starts the thread. Call it before the sandbox is
// sealed and before the first turn of the outbox. Returns 0, or -1 with one logged line.
int follow_begin(struct follower *f, struct outbox *outbox, struct replay *replay, struct flush *const *workers,
	unsigned workers_len);

// One step, in every turn of the main thread. `order`: the workers must flush everything when it changes; `flushed`: the number
// of the order that all have carried out.
struct follow_orders {
	atomic_uint_fast64_t *order;
	uint64_t flushed;
};
void follow_turn(struct follower *f, const struct follow_orders *orders);

// At the end, instead of follow_turn, while the workers flush and after that (`workers_done`). A batch that is not committed is
// dropped, and read again at the next start. What waited between packets is a last batch without captures. True: nothing is left
// to send, and the stream can end.
bool follow_finish(struct follower *f, bool workers_done);
bool follow_is_on_disk(const struct follower *f); // frames that are not sent are committed: the next start sends them

uint64_t follow_sightings(const struct follower *f); // in frames of the workers
struct follow_levels follow_levels(const struct follower *f);
void follow_close(struct follower *f); // NULL is allowed

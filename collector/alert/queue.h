// SPDX-License-Identifier: BSD-3-Clause
// The alerts that wait for one outlet, on disk. They survive the end of the program at any moment.
//
//     NAME.queue    records, appended: head with checksum, then the packed alert
//     NAME.done     number of the last record that is done: delivered, set aside or dropped
//     NAME.failed   JSON lines: alerts that the receiver refused, each with the reason. For people; see alert_queue_revive
//
// Records are delivered in the order of their numbers. One that is postponed is appended again. If more octets wait than
// allowed, the oldest are dropped and counted. Any thread; one lock per queue.
#pragma once

#include "collector/alert/alert.h"

struct alert_queue;

struct alert_queue_item {
	uint64_t number;
	uint32_t tries; // failures while other alerts were delivered
	struct alert alert;
};

struct alert_queue_levels {
	uint64_t waiting;	 // alerts
	uint64_t bytes;		 // of them
	uint64_t dropped;	 // since the start, because the queue was full
	int64_t oldest_ms;	 // time of the oldest one; 0: none waits
	uint64_t failed_dropped; // set aside but not kept: NAME.failed was full
};

// Opens or creates the files in a folder. `limit`: octets that may wait. NULL with one line in `why`.
struct alert_queue *alert_queue_open(const char *folder, const char *name, uint64_t limit, char *why, size_t why_size);
void alert_queue_close(struct alert_queue *q);

// Appends an alert, except if its entry is not later than one that was appended before. Returns 0, or -errno: it is not in.
int alert_queue_put(struct alert_queue *q, const struct alert *a);

// Makes what was appended durable. Returns 0 or -errno.
int alert_queue_sync(struct alert_queue *q);

// Forgets which entries were appended before: the stream began anew.
void alert_queue_restart(struct alert_queue *q);

// Frees disk space. `entry`: the stream is read up to here, durably.
void alert_queue_trim(struct alert_queue *q, const char *entry);

// Copies up to `most` of the oldest alerts to `items`; the caller frees each (alert_free). Returns how many.
size_t alert_queue_take(struct alert_queue *q, struct alert_queue_item *items, size_t most);

// All up to this number are done.
void alert_queue_done(struct alert_queue *q, uint64_t number);

// Moves the oldest alert, which has this number, to the end, with this many tries. Returns 0 or -errno.
int alert_queue_postpone(struct alert_queue *q, const struct alert_queue_item *item, uint32_t tries);

// Sets an alert aside: appends it to NAME.failed with a reason. It is not done by that. Returns 0 or -errno.
int alert_queue_fail(struct alert_queue *q, const struct alert *a, const char *reason);

// Appends all alerts that were set aside again, and empties NAME.failed. Returns how many, or -errno.
int alert_queue_revive(struct alert_queue *q);

struct alert_queue_levels alert_queue_levels(struct alert_queue *q);

// SPDX-License-Identifier: BSD-3-Clause
// Frames between the inbox and the Redis writer, in order of arrival, bounded in bytes.
//
//     inbox ── put ──► [ oldest … newest ] ── peek, release ──► writer
//       ▲                                                          │
//       └────────────── eventfd: some stream's `safe` moved ◄──────┘
//
// A frame is safe, and may be acknowledged, once it is released: applied in Redis. This is the one
// place where a spool on disk comes in: with it a frame is safe as soon as it is put, and peek
// reads from the disk; neither inbox nor writer would change.
//
// Thread rule: one thread puts, one peeks and releases; the queue has a lock of its own.
#pragma once

#include "collector/stream.h"

enum queue_kind {
	QUEUE_RECORDS, // a RECORDS frame
	QUEUE_BYE,     // the stream ends with this number
	QUEUE_END      // the dataplane has read the acknowledgement of its BYE: forget the stream
};

struct queue_frame {
	enum queue_kind kind;
	struct stream *stream;	  // borrowed from the registry; pinned while the frame is queued
	uint64_t number;	  // within the stream; 0 for QUEUE_END
	uint32_t records;	  // in the body
	uint32_t size;		  // octets of the body
	const uint8_t *body;	  // owned by the queue; sound: checked by the inbox
	struct queue_frame *next; // queue
};

struct queue;

struct queue_levels {
	uint64_t frames; // waiting, the ones on their way to Redis included
	uint64_t bytes;	 // of memory that they take
	uint64_t limit;	 // bytes at which it is full
};

// Returns NULL where memory or descriptors are short. `limit` in bytes.
struct queue *queue_create(uint64_t limit);
void queue_free(struct queue *q);
void queue_set_limit(struct queue *q, uint64_t limit);

// Copies a frame in. Returns 0, -ENOBUFS when the queue is full, or -ENOMEM.
int queue_put(struct queue *q, const struct queue_frame *frame);

// True where the next put would find it full.
bool queue_is_full(struct queue *q);

// The frame at `index` (0: the oldest, 1: the one after it), waiting up to `wait_ms` for it; NULL
// where there is none. Valid until it is released.
const struct queue_frame *queue_peek(struct queue *q, unsigned index, unsigned wait_ms);

// The oldest frame is done with: its number becomes the stream's safe number, the inbox is told.
void queue_release(struct queue *q);

// Everything of the stream up to this number is safe.
uint64_t queue_safe(struct queue *q, const struct stream *stream);

// Readable when some stream's safe number has moved or room was made; read 8 octets to clear.
int queue_fd(const struct queue *q);

// Ends the waits of queue_peek, now and later: the writer is to stop.
void queue_stop_waiting(struct queue *q);

struct queue_levels queue_levels(struct queue *q);

// SPDX-License-Identifier: BSD-3-Clause
// Between a worker and the main thread: frames being filled, and two rings to pass them on.
//
//     worker: table ──flush_record──► current frame ──full──► ring `full` ──► main: outbox ──► collector
//                                                    ◄──── ring `free` ◄──── acknowledged
//
// Frames are allocated once. A worker without a free frame keeps its records in the table until one
// comes back, so a slow or absent collector costs table space and nothing else.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/common/frame.h"
#include "dataplane/common/stats.h"

struct rte_ring;

enum { FLUSH_NEW_WORK = 4 }; // repeated records that Redis takes in the time of a new one

struct flush_frame {
	struct frame frame;	  // bytes: FRAME_SIZE_MAX octets
	uint64_t number;	  // given by the outbox when it first sees the frame
	uint64_t sightings;	  // in its records; the outbox's
	uint64_t before;	  // sightings in all frames before it; the outbox's
	struct flush *origin;	  // to whom it goes back
	struct flush_frame *next; // outbox: the next younger unacknowledged frame
};

struct flush {
	struct rte_ring *free;	     // main → worker
	struct rte_ring *full;	     // worker → main
	struct flush_frame *current; // worker: being filled, or NULL
	struct worker_stats *stats;
	uint32_t frames_len;  // frames that there are
	uint32_t work;	      // worker: of Redis for the current frame, a repeated record being one
	uint32_t records_max; // new records at most in a frame: FRAME_RECORDS_MAX unless set before the worker starts
};

// Allocates `frames` frames on the calling thread's NUMA node. Returns 0 or -ENOMEM. Main thread.
int flush_init(struct flush *f, unsigned id, uint32_t frames, struct worker_stats *stats);

// A table_sink: appends a record to the current frame. False where no frame is free. Worker.
bool flush_record(void *flush, const struct record_view *record);

// Returns once a frame is free, for a table_wait. Worker.
void flush_wait(struct flush *f);

// Passes the current frame on although it is not full. Worker.
void flush_push(struct flush *f);

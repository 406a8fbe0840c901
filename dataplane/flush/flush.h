// SPDX-License-Identifier: BSD-3-Clause
// Between a worker and the main thread: frames being filled, and two rings to pass them on.
//
//     worker: table ──flush_record──► current frame ──full──► ring `full` ──► main: outbox ──► collector
//                                                    ◄──── ring `free` ◄──── acknowledged
//
// Frames are allocated once, at the start. A worker without a free frame keeps its records in the table until a frame comes
// back: a slow or absent collector costs room in the table, and nothing else.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/common/frame.h"
#include "dataplane/common/stats.h"

struct rte_ring;

enum { FLUSH_NEW_WORK = 4 }; // repeated records that take Redis as long as one new record

struct flush_frame {
	struct frame frame;	  // bytes: FRAME_SIZE_MAX octets
	uint64_t number;	  // outbox: given when it first sees the frame
	uint64_t sightings;	  // outbox: sightings in its records
	uint64_t before;	  // outbox: sightings in all frames before it
	struct flush *origin;	  // the worker that it goes back to
	struct flush_frame *next; // outbox: the next younger unacknowledged frame
};

struct flush {
	struct rte_ring *free;	     // main → worker
	struct rte_ring *full;	     // worker → main
	struct flush_frame *current; // worker: being filled, or NULL
	struct worker_stats *stats;
	uint32_t frames_len;  // number of frames
	uint32_t work;	      // worker: time that the current frame takes Redis, in repeated records
	uint32_t records_max; // new records in a frame at most; set before the worker starts, default FRAME_RECORDS_MAX
};

// Allocates `frames` frames; `id` is the number of the worker, for the names of the rings. 0 or -ENOMEM. Main thread.
int flush_init(struct flush *f, unsigned id, uint32_t frames, struct worker_stats *stats);

// A table_sink: appends a record to the current frame. False if no frame is free. Worker.
bool flush_record(void *flush, const struct record_view *record);

// Waits until a frame is free, for a table_wait. Worker.
void flush_wait(struct flush *f);

// Passes on the current frame even if it is not full. Worker.
void flush_push(struct flush *f);

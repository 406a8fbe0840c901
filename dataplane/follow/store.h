// SPDX-License-Identifier: BSD-3-Clause
// The frames of one batch of captures on disk, in the file `frames` of the state folder, between the workers and the outbox:
//
//     workers ──take──► file ── commit: sync, journal ──► feed ──► outbox ──► collector
//
// Nothing of a batch is sent before all of it is on disk with the name and number of its stream. So after a crash it is either read
// again from the captures, or sent again from here with the same numbers, which the collector recognizes. Main thread only.
#pragma once

#include "dataplane/flush/flush.h"
#include "dataplane/flush/outbox.h"

struct follow_store {
	struct flush flush; // from which the outbox takes frames
	struct worker_stats unused;
	int fd;
	uint64_t size, fed;	  // octets written; given to the outbox
	uint64_t sightings;	  // in all frames taken since the start
	struct flush_frame *held; // could not be written
	int logged;		  // -errno that was logged; 0: none
};

// Opens or creates the file. Returns 0, or -1 with one line in `why`.
int follow_store_open(struct follow_store *s, const char *folder, char *why, size_t why_size);

// Begins a batch: the file is empty but for the stream. Returns 0 or -errno.
int follow_store_begin(struct follow_store *s, const struct outbox_stream *stream);

// Takes the frames that the workers have filled. A frame that cannot be written waits; that is logged once.
void follow_store_take(struct follow_store *s, struct flush *const *workers, size_t workers_len);

// True if everything that was filled is on disk.
bool follow_store_sync(struct follow_store *s);

// Reads the stream of a batch that was committed before a restart; then it can be fed. False if there is none.
bool follow_store_resume(struct follow_store *s, struct outbox_stream *stream);

// Gives frames to the outbox while there is room. True if it has been given all, and has given all back.
bool follow_store_feed(struct follow_store *s);

bool follow_store_is_empty(const struct follow_store *s); // no frame was taken since follow_store_begin

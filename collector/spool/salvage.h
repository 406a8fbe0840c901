// SPDX-License-Identifier: BSD-3-Clause
// What a damaged file still holds. It is searched from end to end for records, wherever they are: each proves
// itself (record.h), so nothing depends on the pages around it. Of the meta record and of streams the
// newest counts; what LMDB has not yet written over serves where the newest is damaged.
#pragma once

#include "collector/spool/store_record.h"
#include "collector/spool/stream.h"

struct salvage_batch {
	uint64_t at;		// where in the file; 0: nowhere
	struct store_head head; // as found; where its body is damaged with STORE_LOST
};

struct salvage {
	struct store_meta meta;
	bool found; // `meta` is known; else nothing below is
	bool exact; // it is what the caller knew: what is beyond it does not count
	struct store_stream streams[STREAMS_MAX];
	bool has_stream[STREAMS_MAX];
	struct salvage_batch *batches; // of meta.first…meta.next - 1; owned
	size_t len;		       // how many
	uint64_t lost, lost_sightings; // of those waiting for Redis: damaged ones, and what they held as far
				       // as known
	uint64_t lost_uncounted;       // of them, how many did not tell
	uint64_t lost_in_redis;	       // damaged ones that Redis had, as far as the file knows
};

// Reads the file. `meta`: what is known to be its meta record, where that is known otherwise, or NULL.
// Returns 0 or an errno value; salvage_free in any case.
int salvage_read(struct salvage *out, int fd, const struct store_meta *meta);

// Reads the body of a batch that is there into `body` (FRAME_SIZE_MAX octets). 0 or an errno value.
int salvage_body(const struct salvage *s, int fd, const struct salvage_batch *batch, uint8_t *body);

void salvage_free(struct salvage *s);

// SPDX-License-Identifier: BSD-3-Clause
// What can still be read of a damaged file. The whole file is searched for records, wherever they are: a record has its
// own checksum (store_record.h), so the pages around it do not matter. The newest meta record and the newest record of
// each stream count. If the newest is damaged, an older one that LMDB has not overwritten yet is used.
#pragma once

#include "collector/spool/store_record.h"
#include "collector/spool/stream.h"

struct salvage_batch {
	uint64_t at;		// offset in the file; 0: not found
	struct store_head head; // as found; STORE_LOST if its body is damaged
};

struct salvage {
	struct store_meta meta;
	bool found; // `meta` is known; if not, nothing below is
	bool exact; // the caller gave `meta`: batches after it do not count
	struct store_stream streams[STREAMS_MAX];
	bool has_stream[STREAMS_MAX];
	struct salvage_batch *batches; // of meta.first…meta.next - 1; owned
	size_t len;		       // how many
	uint64_t lost, lost_sightings; // damaged batches that Redis does not have, and their sightings as far as known
	uint64_t lost_uncounted;       // lost batches whose number of sightings is not known
	uint64_t lost_in_redis;	       // damaged batches that Redis has, as far as the file knows
};

// Reads the file. `meta`: its meta record if the caller knows it, or NULL. Returns 0 or an errno value. Call salvage_free
// in both cases.
int salvage_read(struct salvage *out, int fd, const struct store_meta *meta);

// Reads the body of a batch that was found into `body` (FRAME_SIZE_MAX octets). Returns 0 or an errno value.
int salvage_body(const struct salvage *s, int fd, const struct salvage_batch *batch, uint8_t *body);

void salvage_free(struct salvage *s);

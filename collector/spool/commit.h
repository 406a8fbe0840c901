// SPDX-License-Identifier: BSD-3-Clause
// One transaction of the spool's thread: commit_choose.c chooses what goes into it, commit.c writes it.
#pragma once

#include "collector/spool/state.h"

enum {
	GROUP_BYTES_MAX = 16 << 20, // of frames in one transaction
	GROUP_LEN_MAX = 1024,
	DELETE_LEN_MAX = 4096 // batches deleted in one transaction
};

// One transaction being put together.
struct spool_commit_group {
	struct spool_pending *frames[GROUP_LEN_MAX];
	size_t len;
	uint64_t bytes;	    // that they will take on disk
	uint64_t delete_to; // batches first…delete_to are deleted
	uint64_t given_up;  // batches among these that Redis does not have
	uint64_t given_up_records;
	uint64_t given_up_sightings;
	uint64_t delete_bytes;
	struct store_meta meta; // as it is after the commit
};

// Octets that a frame needs on disk; 0 if it becomes no batch.
uint32_t spool_frame_on_disk(const struct spool_pending *p);

// Chooses what goes into the transaction. `disk`: 0, or the error that keeps the file from growing. False if the spool is
// full and the frames have to wait. Takes `lock`.
bool spool_commit_choose(struct spool *s, struct spool_commit_group *g, int disk);

// SPDX-License-Identifier: BSD-3-Clause
// Creates a new file from what can be read of a damaged one. The new file replaces the old one in one step, after it is
// on disk. The old file is kept under another name. The new file stays open from its creation on: it is not opened again
// by its name, which may name another file by then.
#pragma once

#include "collector/spool/salvage.h"
#include "collector/spool/store.h"

struct rebuild {
	const char *dir;
	const char *name; // the old file is renamed to "<name>-<time>.mdb"
	uint64_t map_size;
	int lock_fd;	  // the lock of the folder that the file has to be in
	char aside[4200]; // out: its new path; empty: there was no old file
};

// Writes what `from` found in `fd`. Damaged batches keep their numbers. Returns 0, and the new file in `out`; or an error of
// the store: EAGAIN: `dir` is not the folder that is locked.
int rebuild_file(struct rebuild *r, const struct salvage *from, int fd, struct store *out);

// Renames data.mdb and puts nothing in its place. Returns 0 or an errno value.
int rebuild_move_aside(struct rebuild *r);

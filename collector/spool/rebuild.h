// SPDX-License-Identifier: BSD-3-Clause
// A new file out of what a damaged one still holds. The new one takes the place of the old one in one step,
// when it is on the disk; the old one keeps its octets under another name.
#pragma once

#include "collector/spool/salvage.h"

struct rebuild {
	const char *dir;
	const char *name; // what the old one is called then: "<name>-<time>.mdb"
	uint64_t map_size;
	char aside[4200]; // out: its path; empty: there was none
};

// Writes what `from` found in `fd`. Damaged batches keep their numbers. Returns 0 or what LMDB or the system
// says.
int rebuild_file(struct rebuild *r, const struct salvage *from, int fd);

// Gives data.mdb the other name, and leaves nothing in its place. 0 or an errno value.
int rebuild_move_aside(struct rebuild *r);

// SPDX-License-Identifier: BSD-3-Clause
// Files of indicators: one name, address or network per line; a comment begins with '#'. Defanged ones are accepted.
#pragma once

#include "collector/watch/index.h"

#include <sys/stat.h>

enum { WATCH_FILE_ENTRIES_MAX = 20000000 };

struct watch_indicators {
	const char *path; // borrowed
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

// Reads a file into the index, for `term`. A name stands for itself and all below, as an owner and in RDATA. Lines that are
// neither are errors. Returns 0, or -errno with one line in `why`.
int watch_indicators_read(struct watch_indicators *out, struct watch_index *x, const char *path, uint32_t term,
	char *why, size_t why_size);

// True if another file is there now. False if there is none: the last one stays in force.
bool watch_indicators_changed(const struct watch_indicators *i);

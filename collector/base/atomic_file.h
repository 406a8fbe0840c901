// SPDX-License-Identifier: BSD-3-Clause
// Replaces a small file that several programs may change at once. A reader sees the old file or the new one, also after a
// crash. The file is locked (flock) and read; a new one is written beside it and renamed. Mode and owner stay, and a
// symbolic link still points to it.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct atomic_file {
	char path[4096];      // of the file itself, symbolic links resolved
	char temporary[4110]; // of the new file
	FILE *old;	      // locked; empty if there was no file
	FILE *fresh;	      // to be written
};

// Waits for the lock. Returns 0, or -1 with one line in `why`.
int atomic_file_begin(struct atomic_file *w, const char *path, char *why, size_t why_size);

// Replaces the old file by the new one and unlocks. Returns 0, or -1 with one line in `why`: the old file stays.
int atomic_file_commit(struct atomic_file *w, char *why, size_t why_size);

// Leaves the file as it is and unlocks.
void atomic_file_cancel(struct atomic_file *w);

// SPDX-License-Identifier: BSD-3-Clause
// A small file that several programs change at a time, each as a whole: one waits for the other, a reader sees the old
// file or the new one, and a crash leaves one of them. The file is locked (flock), read, written anew beside itself and
// renamed; mode and owner stay, and a symbolic link goes on pointing to it.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct atomic_file {
	char path[4096];      // of the file itself, behind symbolic links
	char temporary[4110]; // of the new one
	FILE *old;	      // locked; empty if there was none
	FILE *fresh;	      // to be written
};

// Waits for the lock. 0, or -1 with one line in `why`.
int atomic_file_begin(struct atomic_file *w, const char *path, char *why, size_t why_size);

// Puts the new file in place of the old one and unlocks. 0, or -1 with one line in `why`: the old one stays.
int atomic_file_commit(struct atomic_file *w, char *why, size_t why_size);

// Leaves the file as it is and unlocks.
void atomic_file_cancel(struct atomic_file *w);

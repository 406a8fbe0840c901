// SPDX-License-Identifier: BSD-3-Clause
// Which captures were taken, by content, in the file `journal` of the state folder: lines, appended and synced.
//
//     F hash packets octets first-time device inode size mtime path    a capture of a batch
//     C files                                                           the batch is committed: its frames are on disk
//     A                                                                 it is applied: the collector has all its frames
//     S …as F…                                                          one that was applied is also in this place
//
// A batch is one write; what a crash has left of an incomplete one is cut off at the next start. All functions lock.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct follow_file {
	uint64_t hash, packets, bytes, first_us; // its content, unpacked: of all packets, with their times
	uint64_t device, inode, size, mtime_ns;	 // its place and state when it was read
};

struct follow_journal;

// Opens or creates it. NULL with one line in `why`.
struct follow_journal *follow_journal_open(const char *folder, char *why, size_t why_size);
void follow_journal_close(struct follow_journal *j); // NULL is allowed

// Whether a batch is committed and not applied.
bool follow_journal_is_open(struct follow_journal *j);

// Whether this content, or this place in the same state, was applied.
bool follow_journal_has_content(struct follow_journal *j, const struct follow_file *file);
bool follow_journal_has_place(struct follow_journal *j, const struct follow_file *file);

// What was applied of the same inode when it had fewer packets: `*earlier`. False: nothing.
bool follow_journal_earlier(struct follow_journal *j, const struct follow_file *file, struct follow_file *earlier);

// Each returns 0 if the disk has it, or -errno; then call it again. `paths` are for people.
int follow_journal_commit(struct follow_journal *j, const struct follow_file *files, const char *const *paths,
	size_t files_len);
int follow_journal_apply(struct follow_journal *j);
int follow_journal_place(struct follow_journal *j, const struct follow_file *file, const char *path);

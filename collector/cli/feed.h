// SPDX-License-Identifier: BSD-3-Clause
// Where `new` writes: the standard output, or a feed file that logrotate may move away.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct redis_buffer;

struct feed {
	const char *path; // NULL: the standard output
	FILE *file;	  // of the path
	unsigned long long device, inode;
};

// Opens the file for appending; from then on SIGHUP opens it again. 0, or LOOKBACK_FAILED after a message.
int feed_open(struct feed *f, const char *path);
// True if the file is empty, so that it needs a head.
bool feed_is_empty(const struct feed *f);
// Writes what is in `out`, and clears it. A file that was moved or removed is opened again first. 0, or LOOKBACK_FAILED after a
// message.
int feed_write(struct feed *f, struct redis_buffer *out);
void feed_close(struct feed *f);

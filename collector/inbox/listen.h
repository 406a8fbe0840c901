// SPDX-License-Identifier: BSD-3-Clause
// The socket file. Never taken from a running collector; removed at the end if it is still ours.
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct inbox_listener {
	int fd;		// listening, non-blocking; -1: closed
	char path[108]; // of the socket file
	dev_t device;	// of the file that was bound, with `inode`
	ino_t inode;
};

// Listens on `path`. Returns 0, or -errno with one line in `why`. Changes the umask for a moment: call it before other
// threads run.
int inbox_listen(struct inbox_listener *l, const char *path, char *why, size_t why_size);

// Closes, and removes the socket file if it is still the one that was bound.
void inbox_unlisten(struct inbox_listener *l);

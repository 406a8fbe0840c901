// SPDX-License-Identifier: BSD-3-Clause
// Files with one entry per line that settings name: names to filter by, networks. They are read again on SIGHUP by a thread
// that must not block, so only ordinary files are opened.
#pragma once

#include <stddef.h>
#include <stdio.h>

// Opens an ordinary file for reading. NULL with one line in `why` and errno set if it cannot be read or is no ordinary file:
// a FIFO, a device, a folder. The caller closes it.
FILE *list_file_open(const char *path, char *why, size_t why_size);

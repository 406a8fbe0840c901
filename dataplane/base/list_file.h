// SPDX-License-Identifier: BSD-3-Clause
// Files of one entry a line: names to filter by, networks. They are read on SIGHUP by the thread that looks after all else,
// so nothing is opened that could keep it waiting.
#pragma once

#include <stddef.h>
#include <stdio.h>

// Opens an ordinary file for reading. NULL with one line in `why` (and errno) where it cannot be read or is no ordinary
// file: a FIFO, a device, a folder.
FILE *list_file_open(const char *path, char *why, size_t why_size);

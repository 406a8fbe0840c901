// SPDX-License-Identifier: BSD-3-Clause
// Captures compressed by gzip, unpacked while they are read and nowhere else.
#pragma once

#include <stdio.h>
#include <zlib.h>

#define CAPTURE_GZIP_CUT "its gzip data is cut off"

// What is in the file, to be read from front to end; fclose closes all. `*gzip` is for capture_gzip_error
// meanwhile. NULL, both, where the file is not gzip's or cannot be opened.
FILE *capture_gzip_open(const char *path, gzFile *gzip);

// What is wrong with the compression, or NULL; also where `gzip` is NULL.
const char *capture_gzip_error(gzFile gzip);

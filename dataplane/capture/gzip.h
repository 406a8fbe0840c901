// SPDX-License-Identifier: BSD-3-Clause
// Captures compressed by gzip (RFC 1952), unpacked while they are read; nothing is written to disk.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define CAPTURE_GZIP_CUT "its gzip data is cut off"

struct capture_gzip;

// A stream of the unpacked content, to be read from front to end. fclose frees all; `*gzip` is valid until then. Both are NULL
// if the file is not in gzip or cannot be opened.
FILE *capture_gzip_open(const char *path, struct capture_gzip **gzip);

// What is wrong with the compressed data, or NULL; also if `gzip` is NULL.
const char *capture_gzip_error(const struct capture_gzip *gzip);

// True if a checksum, a length or the coding is wrong: wrong octets may be anywhere in what was read before. False if the
// file is only cut off, or followed by something else; also if `gzip` is NULL.
bool capture_gzip_is_unverified(const struct capture_gzip *gzip);

// SPDX-License-Identifier: BSD-3-Clause
// Captures compressed by gzip (RFC 1952), zstd (RFC 8878), xz or lz4, unpacked while they are read; nothing is written to disk.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define CAPTURE_UNPACK_CUT "data is cut off" // the end of such an error

struct capture_unpack;

// A stream of the unpacked content, to be read from front to end. fclose frees all; `*unpack` is valid until then. Both are NULL
// if the file is in no such form or cannot be opened.
FILE *capture_unpack_open(const char *path, struct capture_unpack **unpack);

// "gzip", "zstd", "xz" or "lz4"; NULL if `unpack` is NULL.
const char *capture_unpack_name(const struct capture_unpack *unpack);

// What is wrong with the compressed data, or NULL; also if `unpack` is NULL.
const char *capture_unpack_error(const struct capture_unpack *unpack);

// True if a checksum, a length or the coding is wrong: wrong octets may be anywhere in what was read before. False if the
// file is only cut off, or followed by something else; also if `unpack` is NULL.
bool capture_unpack_is_unverified(const struct capture_unpack *unpack);

// SPDX-License-Identifier: BSD-3-Clause
// A file to import, or the standard input, plain or compressed by gzip, zstd, xz or lz4.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct import_input;

// `path`: "-" is the standard input. NULL with errno.
struct import_input *import_input_open(const char *path);
void import_input_close(struct import_input *in); // NULL is fine

// As read(2). -1: `*why` is what is wrong, valid as long as the input.
ssize_t import_input_read(struct import_input *in, char *to, size_t size, const char **why);

// Whether a pipe has nothing to be read now, so that the next read would wait.
bool import_input_is_silent(const struct import_input *in);

// Hundredths of the file that were read, -1 if that is not known.
int import_input_progress(const struct import_input *in);

// SPDX-License-Identifier: BSD-3-Clause
// The octets of a capture: a file or a pipe, as it is or compressed by gzip (RFC 1952), zstd (RFC 8878), xz or lz4, unpacked while
// it is read; nothing is written to disk. One thread at a time.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CAPTURE_UNPACK_CUT "data is cut off" // the end of such an error

struct capture_unpack;

// Opens a file. NULL with errno.
struct capture_unpack *capture_unpack_open(const char *path);

// The same with an open descriptor, which it owns from now on, also if it fails. With `stop`, reading waits for octets until
// `*stop` is set, and then fails with ECANCELED; the first octets are waited for here.
struct capture_unpack *capture_unpack_take(int fd, const atomic_bool *stop);
void capture_unpack_close(struct capture_unpack *unpack); // NULL is allowed

// Reads what there is, at least one octet, as read(2) does: 0 at the end, -1 with errno.
ssize_t capture_unpack_read(struct capture_unpack *unpack, void *to, size_t size);

// Shows the next octets without taking them: returns how many there are, fewer than `size` only at the end, after an error or
// without memory. `*at` is valid until the next call.
size_t capture_unpack_peek(struct capture_unpack *unpack, const uint8_t **at, size_t size);

// The next octets to be read are these again. False: no memory.
bool capture_unpack_give_back(struct capture_unpack *unpack, const uint8_t *at, size_t size);

// "gzip", "zstd", "xz" or "lz4"; NULL if it is not compressed or `unpack` is NULL.
const char *capture_unpack_name(const struct capture_unpack *unpack);

// What is wrong with the compressed data, or NULL; also if `unpack` is NULL.
const char *capture_unpack_error(const struct capture_unpack *unpack);

// True if a checksum, a length or the coding is wrong: wrong octets may be anywhere in what was read before. False if the
// file is only cut off, or followed by something else; also if `unpack` is NULL.
bool capture_unpack_is_unverified(const struct capture_unpack *unpack);

// True if the compressed data end early.
bool capture_unpack_is_cut(const struct capture_unpack *unpack);

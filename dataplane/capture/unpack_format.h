// SPDX-License-Identifier: BSD-3-Clause
// One way to compress files: what unpack.c needs of it. A file consists of members, one after another; gzip calls them members, zstd
// and lz4 frames, xz streams.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNPACK_START = 6 }; // octets by which a member is recognized, at most

// What is left to read, and room to write to; both move on.
struct unpack_io {
	const uint8_t *in;
	uint8_t *out;
	size_t in_size, out_size;
};

enum unpack_result {
	UNPACK_GOES_ON,	  // needs more input or more room
	UNPACK_END,	  // of the member
	UNPACK_WRONG,	  // a checksum, a length or the coding
	UNPACK_IMPOSSIBLE // too little memory, or a form that is not read
};

struct unpack_format {
	const char *name;
	uint8_t start[UNPACK_START];
	uint8_t start_mask[UNPACK_START]; // bits of `start` that count; 0: no more octets
	void *(*create)(void);		  // NULL: no memory
	void (*destroy)(void *coder);
	bool (*begin)(void *coder); // a member; false: no memory
	// Unpacks as much as there is input and room for. `*error`: what is wrong, valid as long as the coder.
	enum unpack_result (*step)(void *coder, struct unpack_io *io, const char **error);
};

extern const struct unpack_format unpack_gzip, unpack_zstd, unpack_xz, unpack_lz4;

// SPDX-License-Identifier: BSD-3-Clause
// xz streams, by liblzma. https://tukaani.org/xz/xz-file-format.txt
#include "dataplane/capture/unpack_format.h"

#include <lzma.h>
#include <stdlib.h>

enum { MEMORY_MAX = 256 << 20 }; // octets; xz -9 takes 65 MiB

static void *create(void)
{
	lzma_stream *z = malloc(sizeof(*z));

	if (z)
		*z = (lzma_stream)LZMA_STREAM_INIT;
	return z;
}

static void destroy(void *coder)
{
	lzma_end(coder);
	free(coder);
}

static bool begin(void *coder)
{
	return lzma_stream_decoder(coder, MEMORY_MAX, LZMA_TELL_UNSUPPORTED_CHECK) == LZMA_OK;
}

static enum unpack_result step(void *coder, struct unpack_io *io, const char **error)
{
	lzma_stream *z = coder;

	z->next_in = io->in;
	z->avail_in = io->in_size;
	z->next_out = io->out;
	z->avail_out = io->out_size;
	lzma_ret result = lzma_code(z, LZMA_RUN);
	io->in = z->next_in;
	io->in_size = z->avail_in;
	io->out = z->next_out;
	io->out_size = z->avail_out;
	switch (result) {
	case LZMA_OK:
	case LZMA_BUF_ERROR: // no progress without more input
		return UNPACK_GOES_ON;
	case LZMA_STREAM_END:
		return UNPACK_END;
	case LZMA_MEM_ERROR:
		*error = "no memory for its xz data";
		return UNPACK_IMPOSSIBLE;
	case LZMA_MEMLIMIT_ERROR:
		*error = "its xz data needs more than 256 MiB of memory";
		return UNPACK_IMPOSSIBLE;
	case LZMA_OPTIONS_ERROR:
	case LZMA_UNSUPPORTED_CHECK:
		*error = "its xz data has a filter or a checksum that liblzma does not know";
		return UNPACK_IMPOSSIBLE;
	default:
		*error = "its xz data is wrong";
		return UNPACK_WRONG;
	}
}

const struct unpack_format unpack_xz = {.name = "xz",
	.start = {0xfd, '7', 'z', 'X', 'Z', 0},
	.start_mask = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	.create = create,
	.destroy = destroy,
	.begin = begin,
	.step = step};

// SPDX-License-Identifier: BSD-3-Clause
// zlib's inflate, not its gzread: gzread accepts any end of the file as the end of the data, and ignores without an
// error what follows the last member: garbage, or a member whose first octet has changed.
#include "dataplane/capture/unpack_format.h"

#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST // input is read only
#include <zlib.h>

enum { GZIP_ONLY = 15 + 16 }; // inflateInit2: the largest window, a gzip header and trailer, checked

static void *create(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, GZIP_ONLY) == Z_OK)
		return z;
	free(z);
	return NULL;
}

static void destroy(void *coder)
{
	inflateEnd(coder);
	free(coder);
}

static bool begin(void *coder)
{
	return inflateReset(coder) == Z_OK;
}

static unsigned most(size_t size)
{
	return size < INT_MAX ? (unsigned)size : INT_MAX;
}

static enum unpack_result step(void *coder, struct unpack_io *io, const char **error)
{
	z_stream *z = coder;
	unsigned in = most(io->in_size), out = most(io->out_size);

	z->next_in = io->in;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = out;
	int result = inflate(z, Z_NO_FLUSH);
	io->in += in - z->avail_in;
	io->in_size -= in - z->avail_in;
	io->out += out - z->avail_out;
	io->out_size -= out - z->avail_out;
	if (result == Z_STREAM_END)
		return UNPACK_END;
	if (result == Z_OK || (result == Z_BUF_ERROR && io->in_size == 0))
		return UNPACK_GOES_ON;
	*error = z->msg ? z->msg : "its gzip data needs a dictionary, or there is no memory";
	return result == Z_MEM_ERROR ? UNPACK_IMPOSSIBLE : UNPACK_WRONG;
}

const struct unpack_format unpack_gzip = {.name = "gzip",
	.start = {0x1f, 0x8b}, // RFC 1952 §2.3.1
	.start_mask = {0xff, 0xff},
	.create = create,
	.destroy = destroy,
	.begin = begin,
	.step = step};

// SPDX-License-Identifier: BSD-3-Clause
// lz4 frames. https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
#include "dataplane/capture/unpack_format.h"

#include <lz4frame.h>

static void *create(void)
{
	LZ4F_dctx *z = NULL;

	return LZ4F_isError(LZ4F_createDecompressionContext(&z, LZ4F_VERSION)) ? NULL : z;
}

static void destroy(void *coder)
{
	LZ4F_freeDecompressionContext(coder);
}

static bool begin(void *coder)
{
	LZ4F_resetDecompressionContext(coder);
	return true;
}

static enum unpack_result step(void *coder, struct unpack_io *io, const char **error)
{
	size_t in = io->in_size, out = io->out_size;
	size_t result = LZ4F_decompress(coder, io->out, &out, io->in, &in, NULL);

	io->in += in;
	io->in_size -= in;
	io->out += out;
	io->out_size -= out;
	if (!LZ4F_isError(result))
		return result == 0 ? UNPACK_END : UNPACK_GOES_ON;
	*error = LZ4F_getErrorName(result);
	return UNPACK_WRONG;
}

const struct unpack_format unpack_lz4 = {.name = "lz4",
	.start = {0x04, 0x22, 0x4d, 0x18},
	.start_mask = {0xff, 0xff, 0xff, 0xff},
	.create = create,
	.destroy = destroy,
	.begin = begin,
	.step = step};

// SPDX-License-Identifier: BSD-3-Clause
// zstd frames, RFC 8878. Windows of more than 128 MiB (zstd --long=28 and more) are refused, as by the program zstd.
#include "dataplane/capture/unpack_format.h"

#include <zstd.h>
#include <zstd_errors.h>

static void *create(void)
{
	return ZSTD_createDStream();
}

static void destroy(void *coder)
{
	ZSTD_freeDStream(coder);
}

static bool begin(void *coder)
{
	return !ZSTD_isError(ZSTD_initDStream(coder));
}

static enum unpack_result step(void *coder, struct unpack_io *io, const char **error)
{
	ZSTD_inBuffer in = {.src = io->in, .size = io->in_size};
	ZSTD_outBuffer out = {.dst = io->out, .size = io->out_size};
	size_t result = ZSTD_decompressStream(coder, &out, &in);

	io->in += in.pos;
	io->in_size -= in.pos;
	io->out += out.pos;
	io->out_size -= out.pos;
	if (!ZSTD_isError(result))
		return result == 0 ? UNPACK_END : UNPACK_GOES_ON;
	*error = ZSTD_getErrorName(result);
	switch (ZSTD_getErrorCode(result)) {
	case ZSTD_error_memory_allocation:
	case ZSTD_error_frameParameter_windowTooLarge:
	case ZSTD_error_frameParameter_unsupported:
	case ZSTD_error_version_unsupported:
		return UNPACK_IMPOSSIBLE;
	default:
		return UNPACK_WRONG;
	}
}

const struct unpack_format unpack_zstd = {.name = "zstd",
	.start = {0x28, 0xb5, 0x2f, 0xfd}, // RFC 8878 §3.1.1
	.start_mask = {0xff, 0xff, 0xff, 0xff},
	.create = create,
	.destroy = destroy,
	.begin = begin,
	.step = step};

// SPDX-License-Identifier: BSD-3-Clause
// Responses of libmicrohttpd with the headers that all of them have. Only response.c makes responses.
#pragma once

#include "collector/query/json.h"

#include <microhttpd.h>

// A whole body, compressed if `gzip` is set and it gets smaller. Takes ownership of `body`. NULL without memory.
struct MHD_Response *http_response_whole(struct redis_buffer *body, const char *type, bool gzip);

// A body that is neither copied nor freed; `gzip`: it is compressed already. NULL without memory.
struct MHD_Response *http_response_static(const void *bytes, size_t size, const char *type, bool gzip);

// A body that is not copied; `release` is called with `arg` when it is sent, and also if this fails. NULL without memory.
struct MHD_Response *http_response_shared(const void *bytes, size_t size, const char *type, void (*release)(void *arg),
	void *arg);

// A body that `read` copies, block by block; `gzip`: it is compressed. NULL without memory.
struct MHD_Response *http_response_stream(size_t block_size, MHD_ContentReaderCallback read,
	MHD_ContentReaderFreeCallback release, void *arg, const char *type, bool gzip);

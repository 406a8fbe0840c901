// SPDX-License-Identifier: BSD-3-Clause
// The HTTP server: /metrics, /api/status, /healthz, /readyz, the web page and lookups. One thread of libmicrohttpd serves all
// connections; their number, their times and the sizes of requests are bounded. README.md lists the files.
#pragma once

#include "collector/base/endpoint.h"
#include "collector/http/sources.h"

struct http;

// Serves on `fd`, a listening socket from http_listen_socket, and takes it over. Copies `sources`. Logs the address
// ("http: listening on 127.0.0.1:8053"). NULL with one line in `why`.
struct http *http_start(const struct endpoint *listen, int fd, const struct http_sources *sources, char *why,
	size_t why_size);
void http_stop(struct http *h);

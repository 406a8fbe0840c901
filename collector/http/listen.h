// SPDX-License-Identifier: BSD-3-Clause
// Where the HTTP server listens.
#pragma once

#include "collector/base/endpoint.h"
#include "collector/base/settings.h"

#include <stdbool.h>
#include <stddef.h>

// A socket that listens on the first address that works. -1 with the reason in `why`.
int http_listen_socket(const struct endpoint *e, char *why, size_t why_size);

void http_listen_log(int fd);

// True if only this machine can connect. Without keys, only this machine may look up.
bool http_listen_is_local(int fd);

// A warning about the settings of HTTP for the administrator, one line. NULL: none.
const char *http_listen_warning(const struct settings *s);

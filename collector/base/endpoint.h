// SPDX-License-Identifier: BSD-3-Clause
// An address to listen on or to connect to: `unix:/path`, `HOST:PORT` or `[IPV6]:PORT`; of Redis also with `rediss://` before it,
// for TLS. Plain values, no ownership.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum endpoint_kind { ENDPOINT_NONE, ENDPOINT_UNIX, ENDPOINT_TCP };

struct endpoint {
	enum endpoint_kind kind; // ENDPOINT_NONE: switched off
	uint16_t port;		 // ENDPOINT_TCP; 0: any free port
	bool tls;		 // ENDPOINT_TCP of Redis: given as rediss://
	char host[256];		 // ENDPOINT_TCP: name or address, without brackets
	char path[108];		 // ENDPOINT_UNIX: as in sockaddr_un, terminated
	char text[272];		 // as it was given, for messages
};

enum { ENDPOINTS_MAX = 15 };

// Further addresses of the same service.
struct endpoint_list {
	size_t len; // used
	struct endpoint at[ENDPOINTS_MAX];
};

// Setters for settings (conf_set_function): `at` is a struct endpoint. Return 0, or -EINVAL with
// what was expected in `why`. The Redis address is unix: or TCP with a port from 1; the address to
// listen on is TCP with a port from 0, or `none`.
int endpoint_set_redis(void *at, const char *value, char *why, size_t why_size);
int endpoint_set_listen(void *at, const char *value, char *why, size_t why_size);

// Reads a comma-separated list of Redis addresses: the first to `first`, with the whole list as its text, the others to
// `more`. All TCP addresses have TLS, or none. Returns 0, or -EINVAL with what was expected in `why`.
int endpoint_read_list(struct endpoint *first, struct endpoint_list *more, const char *value, char *why,
	size_t why_size);

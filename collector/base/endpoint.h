// SPDX-License-Identifier: BSD-3-Clause
// Where something listens: `unix:/path`, `HOST:PORT` or `[IPV6]:PORT`. Plain values, no ownership.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum endpoint_kind { ENDPOINT_NONE, ENDPOINT_UNIX, ENDPOINT_TCP };

struct endpoint {
	enum endpoint_kind kind; // ENDPOINT_NONE: switched off
	uint16_t port;		 // ENDPOINT_TCP; 0 where any free port will do
	char host[256];		 // ENDPOINT_TCP: name or address, without brackets
	char path[108];		 // ENDPOINT_UNIX: as in sockaddr_un, terminated
	char text[272];		 // as it was written, for messages
};

enum { ENDPOINTS_MAX = 15 };

// Further places where the same may be found.
struct endpoint_list {
	size_t len; // used
	struct endpoint at[ENDPOINTS_MAX];
};

// Setters for settings (conf_set_function): `at` is a struct endpoint. Return 0, or -EINVAL with
// what was expected in `why`. The Redis address is unix: or TCP with a port from 1; the address to
// listen on is TCP with a port from 0, or `none`.
int endpoint_set_redis(void *at, const char *value, char *why, size_t why_size);
int endpoint_set_listen(void *at, const char *value, char *why, size_t why_size);

// Reads a comma-separated list of Redis addresses: the first goes to `first`, with the whole list as
// its text, the others to `more`. Returns 0, or -EINVAL with what was expected in `why`.
int endpoint_read_list(struct endpoint *first, struct endpoint_list *more, const char *value, char *why,
	size_t why_size);

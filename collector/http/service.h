// SPDX-License-Identifier: BSD-3-Clause
// The lookups that the server offers (collector/api/). The server reaches them through this table only.
#pragma once

#include "collector/http/stream.h"

struct http_route {
	const char *prefix; // the path, and all paths below it; NULL ends the table
	http_handler *handle;
	bool post;    // POST instead of GET
	bool counted; // against the key's quota
};

struct http_service {
	const struct http_route *routes;
	void *(*open)(void);	      // its own state (http_lookups.service); NULL without memory
	void (*stop)(void *service);  // before the connections end: nothing waits any more
	void (*close)(void *service); // after they have ended
};

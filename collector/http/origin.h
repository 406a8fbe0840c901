// SPDX-License-Identifier: BSD-3-Clause
// The origin of a request: its target, its Host, and whether a page of another site sent it.
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

// The path of a request target: "/x" of "/x" and of "http://host/x" (RFC 9112 §3.2.2). NULL if it is neither.
const char *http_target_path(const char *target);

// True if the request has exactly one valid Host (RFC 9112 §3.2); before HTTP/1.1 it may have none.
bool http_host_is_sound(struct MHD_Connection *connection, const char *version);

// True if the request names an address or "localhost" as its host. A page of another site that points its own name at this
// machine (DNS rebinding) cannot send such a request.
bool http_host_is_local(struct MHD_Connection *connection, const char *target);

// True if a page of another origin sent it: by Sec-Fetch-Site, else by Origin, else by Referer. `navigation`: following a
// link does not count.
bool http_is_cross_site(struct MHD_Connection *connection, const char *target, bool navigation);

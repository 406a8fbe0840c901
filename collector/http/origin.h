// SPDX-License-Identifier: BSD-3-Clause
// Where a request comes from and whom it asks: its target and Host, and whether a page of another site sent
// it.
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

// The path of a request target: "/x" of "/x" and of "http://host/x" (RFC 9112 §3.2.2). NULL if it is neither.
const char *http_target_path(const char *target);

// True if HTTP/1.1 has exactly one sound Host (RFC 9112 §3.2); earlier versions may have none.
bool http_host_is_sound(struct MHD_Connection *connection, const char *version);

// True if a browser on this machine that a page of elsewhere points here by its own name (DNS rebinding)
// cannot have sent the request: it asks an address or "localhost".
bool http_host_is_local(struct MHD_Connection *connection, const char *target);

// True if a page of another origin made the browser send it: by Sec-Fetch-Site, or else Origin, or else
// Referer. `navigation`: a link that a person followed does not count.
bool http_is_cross_site(struct MHD_Connection *connection, const char *target, bool navigation);

// SPDX-License-Identifier: BSD-3-Clause
// Who sends a request: keys, quotas, the audit line.
#pragma once

#include "collector/http/request.h"

// 0, or the status code of a refusal with one line in r->why: 401 no key, 403 unknown key or another site, 421 the Host is
// not this machine, 429 over quota. `count`: against the quota. Sets r->rate and r->who.
unsigned http_auth_check(struct http_request *r, bool count);

// Writes the audit line, if it is switched on; `code` as above.
void http_auth_audit(struct http_request *r, unsigned code);

// The state of a key as a JSON object, as clients of DNSDB read it.
void http_auth_rate(struct redis_buffer *out, const struct keys_rate *rate);

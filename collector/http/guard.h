// SPDX-License-Identifier: BSD-3-Clause
// Limits connections to the HTTP server: how long a request may take to arrive, how long an answer may take to be read, and
// which connection is closed when there are too many.
//
//     arriving ──► answering (page, metrics, health, errors) ──► arriving …
//              └─► looking up (at most http.connections, half of them for one address)
//
// A connection is closed when its deadline passes. When all places are taken, the address with the most connections loses the
// oldest one without a request. Lookups beyond their limit get 503; their connection stays open.
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_TARGET_SIZE = 1024, HTTP_TARGET_MAX = 8192, HTTP_PARAMETERS_MAX = 100 };

struct http_guard;
struct http_client; // one connection; belongs to the guard

// `lookups`: requests for lookups answered at a time. NULL without memory or thread.
struct http_guard *http_guard_new(unsigned lookups);
void http_guard_free(struct http_guard *g); // after the server has stopped

// Connections that the server should accept at a time.
unsigned http_guard_connections(const struct http_guard *g);

// Callbacks of libmicrohttpd: a connection opens or closes; the target of a request is known. If there are too many parameters,
// all are removed: libmicrohttpd 0.9.75 does not answer if they exhaust its memory.
void http_guard_notify(void *guard, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code);
void *http_guard_target(void *guard, const char *uri, struct MHD_Connection *connection);

struct http_client *http_guard_client(struct MHD_Connection *connection);
const char *http_client_target(const struct http_client *c); // of its request, as it came; cut at HTTP_TARGET_SIZE
bool http_client_is_too_long(const struct http_client *c);   // its target
bool http_client_has_too_many(const struct http_client *c);  // parameters
uint64_t http_client_id(const struct http_client *c);
unsigned http_client_group(const struct http_client *c); // the same number for all connections of an address

// The thread of the server:
void http_guard_body(struct http_client *c, size_t size);  // `size` more octets of the body were received
void http_guard_answers(struct http_client *c);		   // the request was received
bool http_guard_looks_up(struct http_client *c);	   // it is a lookup. False: too many are in progress
void http_guard_sends(struct http_client *c, size_t size); // the client must have read `size` octets in time
void http_guard_sends_within(struct http_client *c, unsigned ms);
void http_guard_waits(struct http_client *c); // the answer is not ready: no deadline
void http_guard_done(struct http_client *c);  // the answer is sent; another request may come

// Closes a connection; nothing happens if it is gone. Any thread.
void http_guard_close(struct http_guard *g, uint64_t id);

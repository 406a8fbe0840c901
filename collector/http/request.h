// SPDX-License-Identifier: BSD-3-Clause
// A lookup over HTTP, from the head of its request to the end of its answer, and what all lookups share.
#pragma once

#include "collector/base/keys.h"
#include "collector/http/guard.h"
#include "collector/query/json.h"

#include <microhttpd.h>

enum { HTTP_SEGMENTS_MAX = 16, HTTP_VALUE_SIZE = 2048, HTTP_BODY_MAX = 16 << 20, HTTP_LIMIT_DEFAULT = 10000 };

struct http_job;
struct http_sources;
struct http_work;

// Shared by all lookups.
struct http_lookups {
	const struct http_sources *sources;
	struct http_guard *guard;
	struct http_work *work;
	size_t bodies;	      // octets of request bodies in memory; HTTP thread
	struct keys *keys;    // NULL: lookups need no key
	void *service;	      // what the service's open() returned
	uint64_t results_max; // records in one answer
	double time_max_s;    // for one lookup
	bool audit;
};

struct http_request {
	struct http_lookups *lookups;
	struct MHD_Connection *connection;
	struct http_client *client;
	struct query_db *db;		  // of the worker, in a handler
	struct http_job *job;		  // in a worker; NULL: not yet, or its answer has it
	char *path;			  // as received; each segment is decoded in place
	char *segment[HTTP_SEGMENTS_MAX]; // the parts of the path between slashes
	size_t segments;
	struct redis_buffer body; // POST
	size_t body_counted;	  // octets of it in lookups->bodies; handlers may make it longer
	bool post;		  // the path is for POST, not for GET
	uint64_t body_size;	  // octets received, kept or not
	unsigned refused;	  // status code of an error found before the body was received, with `why`; 0: none
	char why[200];
	bool gzip;			   // the client accepts it
	struct keys_rate rate;		   // of its key
	unsigned retry_after_s;		   // 503
	uint64_t began_ns;		   // monotonic time when its head was received
	char next_page[24];		   // x-dribble-cursor
	unsigned code;			   // of the answer
	struct MHD_Response *response;	   // until it is queued
	size_t response_size;		   // SIZE_MAX: not known
	char who[KEYS_NAME_SIZE];	   // name of the key, for the audit line
	char asked[HTTP_TARGET_SIZE + 32]; // method and target, printable
	void *own;			   // of the handler, until its response is queued; NULL: nothing
	void (*leave)(void *own);	   // the request ends before that
	enum MHD_Result (*resume)(struct http_request *r); // called when the connection is resumed
};

// NULL without memory.
struct http_request *http_request_new(struct http_lookups *lookups, struct MHD_Connection *connection, const char *url,
	const char *method, bool post);
// The request has ended. NULL is fine.
void http_request_free(struct http_request *r);

// A header of the request, or NULL.
const char *http_request_header(const struct http_request *r, const char *name);

// Notes an error: `code`, which it returns, and one line in r->why.
unsigned http_request_refuse(struct http_request *r, unsigned code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Splits the path at its slashes and decodes the segments; an escaped slash does not split. False: a broken escape, or too
// many segments.
bool http_request_split(struct http_request *r);

// True if the whole path is /FIRST/LAST, or /dnsdb/v2/LAST if FIRST is "dnsdb": "ping" may also be a name to look up.
bool http_request_is(const struct http_request *r, const char *first, const char *last);

// Adds a piece of the body. False: close the connection, because no answer is possible in the middle of a body.
bool http_request_add_body(struct http_request *r, const char *upload, size_t size);

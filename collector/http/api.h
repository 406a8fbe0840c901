// SPDX-License-Identifier: BSD-3-Clause
// Lookups over HTTP: who may ask, what is asked, and answers that are streamed.
//
//     http.c            the server, /metrics, /healthz, /readyz
//     guard.c      connections: deadlines, who gives way
//     origin.c     Host, cross-site requests
//     api.c        requests: path, body; the table of paths
//     params.c     parameters
//     auth.c       keys, quotas, audit line
//     work.c       the threads that look things up, job.c: an answer in one of them
//     answer.c     headers of all answers, whole bodies; gzip.c: compressed
//     stream.c     a query's records as a body, a step at a time
//     dnsdb.c      DNSDB API v2 (and v1)
//     cof.c        Common Output Format, as CIRCL's server
//     find.c       /api/lookup, /api/find
//     understand.c /api/understand
//     export.c     /api/export, in threads of its own
//     bulk.c       /api/bulk
//
// The HTTP thread reads requests, checks keys and copies answers; handlers run in workers (work.h), exports in
// threads of their own. A long answer yields to others of its worker between its steps.
#pragma once

#include "collector/http/http.h"
#include "collector/http/guard.h"
#include "collector/http/work.h"
#include "collector/base/keys.h"
#include "collector/query/json.h"

#include <microhttpd.h>

enum { HTTP_SEGMENTS_MAX = 16, HTTP_VALUE_SIZE = 2048, HTTP_BODY_MAX = 16 << 20, HTTP_LIMIT_DEFAULT = 10000 };

struct http_api {
	const struct http_sources *sources;
	struct http_guard *guard;
	struct http_work *work;
	size_t bodies;	   // octets of bodies in memory; HTTP thread
	struct keys *keys; // NULL: lookups are open
	struct http_exports *exports;
	uint64_t results_max; // records in one answer
	double time_max_s;    // for one lookup
	bool audit;
};

// One request, from its headers to its end.
struct http_request {
	struct http_api *api;
	struct MHD_Connection *connection;
	struct http_client *client;
	struct reader *db;		  // of the worker, in a handler
	struct http_job *job;		  // in a worker; NULL: not yet, or its answer has it
	char *path;			  // as it came, decoded in place segment by segment
	char *segment[HTTP_SEGMENTS_MAX]; // behind the slashes
	size_t segments;
	struct redis_buffer body; // POST
	size_t body_counted;	  // octets of it in api->bodies; handlers may make it longer
	bool post;		  // what its path answers, instead of GET
	uint64_t body_size;	  // octets that came, kept or not
	unsigned refused;	  // the code of a refusal that was due before the body came, and `why`; 0: none
	char why[160];
	bool gzip;					   // the client takes it
	struct keys_rate rate;				   // of its key
	unsigned retry_after_s;				   // 503
	char next_page[24];				   // x-dribble-cursor
	unsigned code;					   // of the answer
	struct MHD_Response *response;			   // …until it is queued
	size_t response_size;				   // SIZE_MAX: not known
	char who[KEYS_NAME_SIZE];			   // name of the key, for the audit line
	char asked[HTTP_TARGET_SIZE + 32];		   // method and target, printable
	struct http_export *export;			   // /api/export, until its response is queued
	enum MHD_Result (*resume)(struct http_request *r); // what goes on after the connection waited
};

// api.c ─────────────────────────────────────────────────────────────────────────────────

// NULL with one line in `why`. `sources` must outlive it.
struct http_api *http_api_open(const struct http_sources *sources, struct http_guard *guard, char *why,
	size_t why_size);
void http_api_stop(struct http_api *api); // before the connections end: nothing waits any more
void http_api_close(struct http_api *api);

// True where a path is one of ours.
bool http_api_owns(const char *url);

// As MHD_AccessHandlerCallback, and the end of a request.
enum MHD_Result http_api_handle(struct http_api *api, struct MHD_Connection *connection, const char *url,
	const char *method, const char *upload, size_t *upload_size, void **state);
void http_api_completed(void *state);

// answer.c ──────────────────────────────────────────────────────────────────────────────

// The headers that every answer has but those of the page.
void http_headers(struct MHD_Response *response, const char *type);
void http_encoded(struct MHD_Response *response); // gzip

// A whole body as a response with its headers, compressed if that is accepted and worth it. Takes `body` over.
struct MHD_Response *http_response(struct redis_buffer *body, const char *type, bool gzip);

// Adds the headers of a lookup's answer and hands it to the HTTP thread, or sends it if this is that thread.
enum MHD_Result http_queue(struct http_request *r, unsigned code, struct MHD_Response *response, size_t size);
enum MHD_Result http_send(struct http_request *r); // HTTP thread

// One line of text as the answer.
enum MHD_Result http_line(struct http_request *r, unsigned code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
// A whole body. Takes `body` over.
enum MHD_Result http_body(struct http_request *r, unsigned code, const char *type, struct redis_buffer *body);

// A response of unknown length to HEAD: the connection is closed behind its headers, since libmicrohttpd (0.9.75)
// sends the end of a chunked body even then, which would be taken for the next answer.
void http_end_of_head(struct http_request *r, struct MHD_Response *response);

// params.c ──────────────────────────────────────────────────────────────────────────────

// A parameter of the query, decoded. False where it is missing, broken or too long.
bool http_param(struct http_request *r, const char *name, char *out, size_t out_size);
// 0, or -1 where it is there and no number.
int http_param_number(struct http_request *r, const char *name, int64_t *out);
bool http_param_flag(struct http_request *r, const char *name, bool def);

// limit, offset, sort, time_…_after and …_before of a request. 0, or the code of an answer with
// one line in `why`.
unsigned http_query_params(struct http_request *r, struct query *q, char *why, size_t why_size);

// The name of a parameter whose value cannot be read, or NULL.
const char *http_unsound_param(struct http_request *r);

// auth.c ────────────────────────────────────────────────────────────────────────────────

// 0, or the code of a refusal with one line in r->why: 401 no key, 403 unknown or from another site, 421 not asked as
// this machine, 429 over quota. `count`: against the quota. Sets r->rate and r->who.
unsigned http_authorize(struct http_request *r, bool count);

// The audit line, where it is switched on; `code` as above.
void http_audit(struct http_request *r, unsigned code);

// stream.c ──────────────────────────────────────────────────────────────────────────────

enum http_shape {
	HTTP_DNSDB,	// framed objects
	HTTP_DNSDB1,	// objects
	HTTP_SUMMARIZE, // one framed object
	HTTP_SUMMARIZE1,
	HTTP_FLEX_NAMES, // framed, each owner and type once
	HTTP_FLEX_RDATA, // framed, each target and type once
	HTTP_FOUND,	 // a line for each owner, with the reason
	HTTP_COF,
	HTTP_CSV
};

// Answers with the records of a query: 200, or 503 where Redis cannot be asked.
enum MHD_Result http_stream(struct http_request *r, const struct query *q, enum http_shape shape,
	const struct query_format *format);

// handlers ───────────────────────────────────────────────────────────────────────────────────

enum MHD_Result http_dnsdb(struct http_request *r);
enum MHD_Result http_dnsdb1(struct http_request *r);
enum MHD_Result http_cof(struct http_request *r);
enum MHD_Result http_info(struct http_request *r);
enum MHD_Result http_lookup(struct http_request *r);
enum MHD_Result http_find(struct http_request *r);
enum MHD_Result http_export(struct http_request *r);
enum MHD_Result http_bulk(struct http_request *r);
enum MHD_Result http_understand(struct http_request *r);

// find.c: type and the common parameters; 0, or the code of an answer. And whether CSV is wanted.
unsigned http_ours_params(struct http_request *r, struct query *q, char *why, size_t why_size);
bool http_wants_csv(struct http_request *r);

// export.c: the exports of a server. They are stopped before libmicrohttpd is, and freed behind it.
struct http_exports *http_exports_new(void);
void http_exports_stop(struct http_exports *all);
void http_exports_free(struct http_exports *all);
// The connection is gone.
void http_export_leave(struct http_export *x);

// dnsdb.c: the state of a key, as the clients of DNSDB read it.
void http_rate(struct redis_buffer *out, const struct keys_rate *rate);

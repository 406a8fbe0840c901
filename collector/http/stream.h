// SPDX-License-Identifier: BSD-3-Clause
// An answer that is made step by step (job.h).
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

struct http_request;
struct redis_buffer;

typedef enum MHD_Result http_handler(struct http_request *r);

enum http_step { HTTP_MORE, HTTP_END, HTTP_BROKEN }; // BROKEN: the answer cannot be completed

struct http_stream {
	const char *type;
	void *arg;
	enum http_step (*produce)(void *arg, struct redis_buffer *out); // appends
	void (*release)(void *arg);
	// Called before the answer begins, unless NULL. `ended`: the whole answer is made. Returns true if it has sent another
	// answer itself (http_answer_line).
	bool (*begin)(void *arg, struct http_request *r, bool ended);
	bool whole; // send nothing before the whole answer is made
	bool list;  // the answer to a list of questions, without a time limit: it yields to others that wait
};

// SPDX-License-Identifier: BSD-3-Clause
// One answer in a worker, from its request to the last octet.
#pragma once

#include "collector/http/stream.h"

struct http_job;
struct http_worker;

// HTTP thread. NULL without memory.
struct http_job *http_job_new(struct http_worker *w, struct http_request *r, http_handler *handle);

// Worker: runs the handler, or makes the next piece of the answer.
void http_job_step(struct http_job *j);

// After the worker's thread has ended, under its lock: gives up the answer and resumes the connection.
void http_job_abandon(struct http_job *j);

// HTTP thread: the request ends before its answer was queued.
void http_job_forget(struct http_job *j);

// Worker, in a handler: something else will resume the connection.
void http_job_detach(struct http_request *r);

// Worker, in a handler: the answer is this stream; its `arg` is released in any case.
enum MHD_Result http_job_stream(struct http_request *r, const struct http_stream *stream);

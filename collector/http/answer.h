// SPDX-License-Identifier: BSD-3-Clause
// Answers to lookups: lines of text, whole bodies, and what is common to all.
#pragma once

#include "collector/http/request.h"

// Adds the headers of a lookup's answer and hands it to the HTTP thread, or sends it if this is that thread.
enum MHD_Result http_answer_queue(struct http_request *r, unsigned code, struct MHD_Response *response, size_t size);
enum MHD_Result http_answer_send(struct http_request *r); // HTTP thread

// One line of text as the answer.
enum MHD_Result http_answer_line(struct http_request *r, unsigned code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
// A whole body. Takes `body` over.
enum MHD_Result http_answer_body(struct http_request *r, unsigned code, const char *type, struct redis_buffer *body);

// For a response of unknown length: closes the connection after the headers if the request is HEAD. libmicrohttpd (0.9.75)
// sends the end of a chunked body even for HEAD, and a client would read it as the next response.
void http_answer_end_head(struct http_request *r, struct MHD_Response *response);

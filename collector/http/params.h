// SPDX-License-Identifier: BSD-3-Clause
// The parameters of a lookup.
#pragma once

#include "collector/http/request.h"

// A parameter of the query, decoded. False if it is missing, broken or too long.
bool http_param(struct http_request *r, const char *name, char *out, size_t out_size);
// 0, or -1 if it is present and not a number.
int http_param_number(struct http_request *r, const char *name, int64_t *out);
bool http_param_flag(struct http_request *r, const char *name, bool def);

// limit, offset, sort, time_…_after and …_before of a request. 0, or the status code of an error with one line in `why`.
unsigned http_params_query(struct http_request *r, struct query *q, char *why, size_t why_size);

// The same, and `type`: for all paths under /api.
unsigned http_params_typed(struct http_request *r, struct query *q, char *why, size_t why_size);

// True if the client wants CSV, by `format` or Accept.
bool http_params_csv(struct http_request *r);

// The name of a parameter whose value cannot be read, or NULL.
const char *http_params_unsound(struct http_request *r);

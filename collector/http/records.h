// SPDX-License-Identifier: BSD-3-Clause
// The records of a query as the body of an answer.
#pragma once

#include "collector/http/request.h"

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

// Answers with the records of a query: 200, or 503 if Redis cannot be asked.
enum MHD_Result http_records(struct http_request *r, const struct query *q, enum http_shape shape,
	const struct query_format *format);

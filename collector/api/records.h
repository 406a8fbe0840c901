// SPDX-License-Identifier: BSD-3-Clause
// The records of a query as the body of an answer.
#pragma once

#include "collector/http/request.h"

enum api_shape {
	API_DNSDB,     // framed objects
	API_DNSDB1,    // objects
	API_SUMMARIZE, // one framed object
	API_SUMMARIZE1,
	API_FLEX_NAMES, // framed, each owner and type once
	API_FLEX_RDATA, // framed, each target and type once
	API_FOUND,	// a line for each owner, with the reason
	API_COF,
	API_CSV
};

// Answers with the records of a query: 200, or 503 if Redis cannot be asked.
enum MHD_Result api_records(struct http_request *r, const struct query *q, enum api_shape shape,
	const struct query_format *format);

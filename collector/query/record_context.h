// SPDX-License-Identifier: BSD-3-Clause
// What local files say about a record (context/context.h): AS, country, label and kind of the address that it holds; label and kind of
// the name that it points to, or else of its owner; rank of the owner's registered domain.
#pragma once

#include "collector/context/context.h"
#include "collector/query/query.h"

struct query_context {
	struct context_address network; // of the record's address; label and kind also of a name
	uint32_t rank;			// of the owner's registered domain; 0: not in the list
};

// True if anything is known.
bool query_context_of(struct query_context *out, const struct context *c, const struct query_record *r);

// Adds the member "context" to the JSON object at the end of the buffer, with what is known; nothing if nothing is known.
void query_context_json(struct redis_buffer *out, const struct context *c, const struct query_record *r);

// Adds columns to the CSV line at the end of the buffer. Their head is QUERY_CSV_CONTEXT_HEAD, the whole head line
// QUERY_CSV_HEAD_WITH_CONTEXT.
#define QUERY_CSV_CONTEXT_HEAD "asn,as_name,country,label,kind,rank"
#define QUERY_CSV_HEAD_WITH_CONTEXT "rrname,rrtype,rdata,time_first,time_last,count," QUERY_CSV_CONTEXT_HEAD "\r\n"
void query_context_csv(struct redis_buffer *out, const struct context *c, const struct query_record *r);

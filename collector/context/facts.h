// SPDX-License-Identifier: BSD-3-Clause
// What can be known about an address and a name.
#pragma once

#include <stdint.h>

enum context_kind {
	CONTEXT_NONE,	  // unknown, or nothing special
	CONTEXT_HOSTING,  // shared hosting, cloud: many unrelated owners
	CONTEXT_CDN,	  // content delivery network
	CONTEXT_PARKING,  // parked domains
	CONTEXT_SINKHOLE, // addresses and name servers of seized or sinkholed domains
	CONTEXT_KINDS
};

extern const char *const context_kind_text[CONTEXT_KINDS]; // "", "hosting", "cdn", "parking", "sinkhole"

enum { CONTEXT_AS_NAME_SIZE = 96, CONTEXT_LABEL_SIZE = 64 };

// Texts are UTF-8 without control characters, cut at a character if they are longer; empty: unknown.
struct context_address {
	uint32_t asn;			    // 0: unknown
	enum context_kind kind;		    // CONTEXT_NONE: unknown
	char country[3];		    // ISO 3166-1, two capital letters
	char as_name[CONTEXT_AS_NAME_SIZE]; // of the AS
	char label[CONTEXT_LABEL_SIZE];	    // of the network
};

struct context_name {
	uint32_t rank;			// of its registered domain in the popular list, 1 is best; 0: not in the list
	enum context_kind kind;		// of the most specific zone in context.labels that has the name
	char label[CONTEXT_LABEL_SIZE]; // of that zone
};

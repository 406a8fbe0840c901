// SPDX-License-Identifier: BSD-3-Clause
// The state of a report, shared by the files that make it up.
#pragma once

#include "collector/brand/brand.h"

struct brand {
	struct brand_options options;
	struct brand_domain **domains; // owned
	size_t len, capacity;
	uint32_t *slots; // hash table: 1 + index of the domain, 0: free
	size_t slots_len;
	char **keywords; // owned, in the form that is compared
	size_t keywords_len;
	uint64_t own_names;
	bool full, sorted;
};

// score.c: score, reasons and network of a domain whose records are known.
void brand_score(const struct brand *b, struct brand_domain *d);

// domains.c: the domain, added if it is new. NULL if there are too many, or without memory.
struct brand_domain *brand_domain_of(struct brand *b, const char *domain, size_t len);
void brand_domain_free(struct brand_domain *d);
// Adds a text unless it is there. False without memory.
bool brand_texts_add(struct brand_texts *t, const char *text, size_t len);

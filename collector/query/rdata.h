// SPDX-License-Identifier: BSD-3-Clause
// RDATA as text.
#pragma once

#include "collector/query/query.h"

// The name that a record points to: a view into its RDATA. Length, or 0 if there is none.
size_t query_target(const struct query_record *r, const char **target);

// RDATA written by other programs in the form that keys contain: names in lower case without final dots, addresses and
// hexadecimal in canonical form, TXT in quotes. Returns the length (terminated), or 0 if it is no RDATA of that type, or
// does not fit.
size_t query_rdata_canonical(const char *type, const char *text, char *out, size_t out_size);

// Length of the field that `text` begins with: up to a blank; blanks in quotes belong to the field.
size_t query_field_len(const char *text, size_t len);

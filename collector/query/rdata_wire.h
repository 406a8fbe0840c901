// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "collector/query/query.h"

#include <stddef.h>
#include <stdint.h>

enum { QUERY_RDATA_WIRE_SIZE = 65535 };

// RDATA in wire form. Its size; 0 if the record is of a type that points to no name (query_type_has_target), does not
// read as one, or does not fit.
size_t query_rdata_wire(const struct query_record *r, uint8_t *out, size_t out_size);

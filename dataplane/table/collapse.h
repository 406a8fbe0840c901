// SPDX-License-Identifier: BSD-3-Clause
// Flood control in front of the table: a hook on its new records. New records of a flooded zone (flood.h) are counted as
// sightings of `*.<zone>`, which is a record like any other, and a report about the zone is handed over as a record with
// RECORD_FLOOD.
//
//     sighting ─► table: is it there? ─► yes: counted, never comes here
//                                     ─► no: collapse ─► flood_ask ─► let in: inserted
//                                                                  ─► collapsed: counted as *.<zone>
//
// One thread, the table's.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/common/stats.h"
#include "dataplane/table/flood_notice.h"
#include "dataplane/table/table.h"

struct collapse_options {
	uint64_t names;		       // new names that a zone may bring in an interval, at least 1
	uint32_t interval_s;	       // that interval, at least 1
	uint32_t report_s;	       // how often a flooded zone is reported, at least 1
	const struct hash_key *key;    // of the hashes that come with keys
	struct flood_notices *notices; // notices of floods for the log; NULL: none
};

struct collapse;

// Sets itself up as the hook of `table`, which must outlive its use. NULL: out of memory.
struct collapse *collapse_new(const struct collapse_options *options, struct table *table, struct worker_stats *stats);
void collapse_free(struct collapse *c);

// Whether the zone of an owner (lower case) is flooded now.
bool collapse_has(struct collapse *c, const uint8_t *owner, size_t size);

// Advances the time to `now_s`: hands over the report about one zone if it is due. For the housekeeping of the loop.
void collapse_expire(struct collapse *c, uint32_t now_s);

// The same for all zones.
void collapse_expire_all(struct collapse *c, uint32_t now_s);

// Hands over all reports about flooded zones, before the last sweep. False if the sink has no room: call again.
bool collapse_finish(struct collapse *c);

// SPDX-License-Identifier: BSD-3-Clause
// Floods of random subdomains: a zone may bring so many new names in an interval; what comes beyond is counted
// as `*.<zone>`, with an estimate of how many different names it was.
//
//     cells   ┌─────────────────────────────────────────┐  4 a cache line, found by a keyed hash of the zone;
//             │ tag │ new names │ interval │ flooded zone │  the one with the fewest names makes room for another
//             └─────────────────────────────────────────┘
//     zones   those over their budget, FLOOD_ZONES at most: its name, HyperLogLog registers, names that came again
//
// Asked only about records that are new to the table; those that stand in it never come here. In a flooded zone
// are let in: a few names as examples, and each name that comes a third time, as random ones do not. The budget
// halves with every further interval of flood, and grows back after it. What a zone is: see flood_zone_at. A zone's
// own name is never collapsed. Memory is fixed; one thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/dns/dns.h"
#include "dataplane/base/hash.h"
#include "dataplane/common/stats.h"
#include "dataplane/table/flood_notice.h"

enum {
	FLOOD_ZONES = 512,     // flooded at a time
	FLOOD_CELLS = 1 << 15, // zones whose new names are counted at a time
	FLOOD_EXAMPLES = 8,    // names let in at least, in each interval
	FLOOD_RDATAS = 64,     // different records `*.<zone>` that an interval may bring; later ones are without RDATA
	FLOOD_AGAIN = 3	       // sightings after which a name is let in
};

// Takes a report over. False where it has no room just now: it is offered again.
typedef bool flood_sink(void *context, const struct flood_report *report);

struct flood_options {
	uint64_t names;	     // new names that a zone may bring in an interval
	uint32_t interval_s; // at least 1
	uint32_t report_s;   // how often a flooded zone is reported, at least 1
	const struct hash_key *key;
	flood_sink *sink;
	void *sink_context;
	struct flood_notices *notices; // where to tell the log; NULL: nowhere
};

struct flood;
struct flood_zone;

struct flood *flood_new(const struct flood_options *options, struct worker_stats *stats); // NULL: out of memory
void flood_free(struct flood *f);

enum flood_answer {
	FLOOD_LET_IN,
	FLOOD_COLLAPSE, // to be counted for its zone
	FLOOD_DUPLICATE // the record was collapsed in this message before
};

// What is to become of a record that is new to the table; `*zone` is set with FLOOD_COLLAPSE. All records of one owner
// in one message have one answer. `record_hash`: of owner, type and RDATA; `message`: its number.
enum flood_answer flood_ask(struct flood *f, const uint8_t *owner, size_t size, uint64_t record_hash, uint32_t message,
	uint32_t time_s, struct flood_zone **zone);

// The owner `*.<zone>`, in wire form, followed by zeros up to a multiple of HASH_BLOCK. Valid until the next call.
const uint8_t *flood_owner(struct flood *f, const struct flood_zone *z, size_t *size);

// Whether a record `*.<zone>` with that type and RDATA (hashed) has been brought in this interval, or may be: `limit` of
// them at most, 2 * FLOOD_RDATAS or less.
bool flood_takes_rdata(struct flood_zone *z, uint64_t hash, uint32_t limit);

// Time goes on: reports what is due of a few zones. For the housekeeping of the loop.
void flood_expire(struct flood *f, uint32_t now_s);

// Reports everything. False where the sink had no room: call again.
bool flood_finish(struct flood *f);

// Offset in `owner` of the zone that it counts for: the registered domain, as far as that can be told without a list:
// two labels, three under co.uk and its like; in in-addr.arpa a /24, in ip6.arpa a /48. 0: is none, or is it itself.
size_t flood_zone_at(const uint8_t *owner, size_t size);

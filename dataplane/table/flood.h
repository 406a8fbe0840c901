// SPDX-License-Identifier: BSD-3-Clause
// Floods of random subdomains. Each zone may bring `names` new names in an interval. Further new names are counted as
// `*.<zone>`, with an estimate of how many different names there were.
//
//     cells   ┌─────────────────────────────────────────┐  4 per cache line, found by a keyed hash of the zone;
//             │ tag │ new names │ interval │ flooded zone │  the cell with the fewest names makes room
//             └─────────────────────────────────────────┘
//     zones   zones over their budget, at most FLOOD_ZONES: name, HyperLogLog, names that were seen again
//
// Only records that are new to the table come here (collapse.h). In a flooded zone two kinds of names are let in: a few, as
// examples, and each name that is seen a third time, as random names are not. The budget halves with every further interval of
// flood, and grows back afterwards. For what a zone is, see flood_zone_at. The zone's own name is never collapsed. Memory is
// fixed; one thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/dns/dns.h"
#include "dataplane/base/hash.h"
#include "dataplane/common/stats.h"
#include "dataplane/table/flood_notice.h"

enum {
	FLOOD_ZONES = 512,     // flooded at the same time
	FLOOD_CELLS = 1 << 15, // zones whose new names are counted at the same time
	FLOOD_EXAMPLES = 8,    // names let in at least, per interval
	FLOOD_RDATAS = 64,     // different records `*.<zone>` per interval; further ones lose their RDATA
	FLOOD_AGAIN = 3	       // sightings after which a name is let in
};

// Takes over a report. False if there is no room now: it is offered again.
typedef bool flood_sink(void *context, const struct flood_report *report);

struct flood_options {
	uint64_t names;	     // new names that a zone may bring in an interval
	uint32_t interval_s; // at least 1
	uint32_t report_s;   // how often a flooded zone is reported, at least 1
	const struct hash_key *key;
	flood_sink *sink;
	void *sink_context;
	struct flood_notices *notices; // for the log; NULL: none
};

struct flood;
struct flood_zone;

struct flood *flood_new(const struct flood_options *options, struct worker_stats *stats); // NULL: out of memory
void flood_free(struct flood *f);

enum flood_answer {
	FLOOD_LET_IN,
	FLOOD_COLLAPSE, // count it for its zone
	FLOOD_DUPLICATE // the same record was collapsed in this message already
};

// Decides about a record that is new to the table; sets `*zone` with FLOOD_COLLAPSE. All records of one owner in one message
// get the same answer. `record_hash`: of owner, type and RDATA; `message`: its number; `time_s`: seconds since 1970.
enum flood_answer flood_ask(struct flood *f, const uint8_t *owner, size_t size, uint64_t record_hash, uint32_t message,
	uint32_t time_s, struct flood_zone **zone);

// Adds `more` sightings of the name that was just answered with FLOOD_COLLAPSE, the last at `last_s`.
void flood_more(struct flood *f, struct flood_zone *z, const uint8_t *owner, size_t size, uint32_t more,
	uint32_t last_s);

// Whether the zone of a name is flooded now.
bool flood_has(struct flood *f, const uint8_t *owner, size_t size);

// The owner `*.<zone>`, in wire form, followed by zeros up to a multiple of HASH_BLOCK. Valid until the next call.
const uint8_t *flood_owner(struct flood *f, const struct flood_zone *z, size_t *size);

// True if the record `*.<zone>` with this type and RDATA (`hash`) was seen in this interval, or is one of the first `limit`;
// `limit` is at most 2 * FLOOD_RDATAS.
bool flood_takes_rdata(struct flood_zone *z, uint64_t hash, uint32_t limit);

// Advances the time to `now_s`: reports one zone if it is due. For the housekeeping of the loop.
void flood_expire(struct flood *f, uint32_t now_s);

// Reports everything. False if the sink had no room: call again.
bool flood_finish(struct flood *f);

// flood_zone.c: offset in `owner` of the zone that it counts for. That is the registered domain, as far as it can be known
// without a list: two labels, three under co.uk and the like; in in-addr.arpa a /24, in ip6.arpa a /48. 0: there is none, or
// `owner` is the zone itself.
size_t flood_zone_at(const uint8_t *owner, size_t size);

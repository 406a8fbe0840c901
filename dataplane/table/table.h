// SPDX-License-Identifier: BSD-3-Clause
// The table of one worker: how often, first and last seen, for each (owner, type, RDATA).
//
//     bucket, 64 octets: one cache line decides
//     ┌──────────────────┬──────────────────────────┬──────┐
//     │ 10 tags × 16 bit │ 10 unit numbers × 32 bit │ meta │  meta: which slots are changed, recent, repeated
//     └──────────────────┴──────────────────────────┴──────┘
//     unit, 128 octets: a record, its key inline; longer keys continue in further units
//     ┌────────────────────────────────────┬────────────────────────────────────────────┐
//     │ first last count message size next │ key (104): type, owner size, owner, rdata  │
//     └────────────────────────────────────┴────────────────────────────────────────────┘
//
// A key has two buckets. The first is in the page of its owner; the second is used only if the first was full. The whole key
// is compared; the tag only saves looking. Sightings go through a pipeline in batches: when a batch is full, its buckets are
// prefetched; one batch later its units are; one batch later it is counted.
//
// Changed records are handed to a sink: by table_sweep, spread over the flush interval; before eviction; and at once if
// nothing can make room. One thread; no allocation after table_new; no DPDK.
//
// A capture can wait, and its result must not depend on time. With `wait` set nothing is lost for lack of room in the sink,
// and which records are evicted follows from the sightings alone, not from the time of the sweep.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/dns/dns.h"
#include "dataplane/base/hash.h"
#include "dataplane/common/frame.h"
#include "dataplane/common/stats.h"

enum {
	TABLE_KEY_HEAD = 4,    // type (host order), owner size, zero
	TABLE_KEY_SHORT = 160, // octets; longer keys bypass the pipeline
	TABLE_KEY_MAX = TABLE_KEY_HEAD + DNS_NAME_SIZE + DNS_RDATA_SIZE,
	TABLE_KEY_SLACK = 64, // octets after a key that copies in blocks may write
	TABLE_UNIT_SIZE = 128,
	TABLE_BUCKET_SLOTS = 10
};

// Takes over a changed record, which is valid during the call. False if there is no room now: the table keeps the record.
typedef bool table_sink(void *context, const struct record_view *record);

// Returns once the sink may have room again.
typedef void table_wait(void *context);

struct table_options {
	uint64_t records; // room in units: records with keys of up to 104 octets take one, longer ones several
	bool huge_pages;  // use huge pages if there are any
	table_sink *sink;
	void *sink_context;
	table_wait *wait; // of a capture, with sink_context; NULL: what the sink has no room for is lost and counted
};

struct table;

// One sighting, or several of one record, on the way into the table.
struct table_sighting {
	uint64_t hash;	    // of the whole key (table_hash)
	const uint8_t *key; // zeros follow it: to a multiple of eight octets, and to 40 octets at least
	uint32_t size;	    // octets of the key
	uint32_t time_s;    // seconds since 1970
	uint32_t message;   // its number; a record counts once in each message
	uint32_t times;	    // 1; more are sightings in as many messages, the first at time_s
	uint32_t last_s;    // when the last of them was
};

// Asked about each sighting whose record is not in the table. True: the hook has counted it otherwise (table_count_as).
typedef bool table_hook(void *context, const struct table_sighting *s);

// Maps and touches the memory: about TABLE_UNIT_SIZE + 11 octets a record. NULL: out of memory.
struct table *table_new(const struct table_options *options, struct worker_stats *stats);
void table_free(struct table *t);
size_t table_memory(uint64_t records);	   // octets of memory that it maps
bool table_is_huge(const struct table *t); // whether it is in huge pages

// Where to write the next key: TABLE_KEY_HEAD octets, owner in lower case, canonical RDATA; at most `size_max` octets.
// TABLE_KEY_SLACK octets after it may be overwritten too.
uint8_t *table_key(struct table *t, size_t size_max);

// Adds one sighting, at `time_s` (seconds since 1970), of the key just written, `size` octets of it. `hash`: see table_hash.
void table_add(struct table *t, size_t size, uint64_t hash, uint32_t time_s);

// The hash of a key. Upper half: the hash of the owner, computed once per message; lower half: the hash of everything. So the
// first buckets of an owner's records are in one page of 64 buckets, and the look-ups of a message share one address
// translation, which costs as much as a cache miss. An owner with more records than its page has room for uses their second
// buckets, which are anywhere.
static inline uint64_t table_hash_join(uint64_t owner_hash, uint64_t key_hash)
{
	return (owner_hash & ~(uint64_t)UINT32_MAX) | (uint32_t)key_hash;
}

static inline uint64_t table_hash_a(const struct hash_key *key, uint64_t owner_hash, uint32_t address)
{
	return table_hash_join(owner_hash, hash_mix(key, owner_hash, (uint64_t)DNS_TYPE_A << 32 | address));
}

static inline uint64_t table_hash_sixteen(const struct hash_key *key, uint64_t owner_hash, uint16_t type,
	const uint8_t *rdata)
{
	uint64_t mixed = owner_hash ^ key->k[4] ^ hash_load64(rdata);

	return table_hash_join(owner_hash, hash_fold(mixed, key->k[5] ^ (uint64_t)type << 32 ^ hash_load64(rdata + 8)));
}

static inline uint64_t table_hash(const struct hash_key *key, uint64_t owner_hash, uint16_t type, const uint8_t *rdata,
	size_t rdata_size)
{
	if (type == DNS_TYPE_A && rdata_size == 4) {
		uint32_t address;
		memcpy(&address, rdata, sizeof(address));
		return table_hash_a(key, owner_hash, address);
	}
	if (rdata_size == 16)
		return table_hash_sixteen(key, owner_hash, type, rdata);
	return table_hash_join(owner_hash, hash_mix(key, owner_hash ^ type, hash_bytes(key, rdata, rdata_size)));
}

// Counts everything that is in the pipeline. Call before the worker idles, before the last sweep and before counters are read.
void table_settle(struct table *t);

// Hands over the changed records of the next `buckets` buckets. Returns the number of buckets done; fewer if the sink had no
// room: continue later. After the last bucket the sweep begins again.
uint64_t table_sweep(struct table *t, uint64_t buckets);

// Counts `sightings` now whose records follow later by table_add_promised: they are in the table, as far as is known.
void table_promise(struct table *t, uint64_t sightings);

// Adds `times` messages, from first_s to last_s, with the `n` different records that were prepared (inline.h) and are not to be
// committed. Their sightings were promised.
void table_add_promised(struct table *t, uint32_t n, uint32_t times, uint32_t first_s, uint32_t last_s);

// Adds what was counted since the last call to the worker's counters. Once per burst.
void table_publish(struct table *t);

// True if less than a quarter of the units is free.
bool table_is_filling(const struct table *t);

// Number of buckets: one round of the sweep.
uint64_t table_buckets(const struct table *t);

// for a hook ─────────────────────────────────────────────────────────────────────────────────

// From now on `hook` is asked about new records.
void table_set_hook(struct table *t, table_hook *hook, void *context);

// Counts a sighting of a record that the hook has made up, and takes the record in if it is not there. Unlike others it
// counts more than once in a message.
void table_count_as(struct table *t, const struct table_sighting *s);

// Offers a record to the sink, past the table; a capture waits for room. False if there is none.
bool table_offer(struct table *t, const struct record_view *record);

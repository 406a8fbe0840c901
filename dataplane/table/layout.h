// SPDX-License-Identifier: BSD-3-Clause
// The structures of the table, for this room alone; table.h draws them.
#pragma once

#include "dataplane/base/memory.h"
#include "dataplane/table/table.h"

enum {
	TABLE_INLINE = 104,	  // key octets in the first unit of a record
	TABLE_MORE = 120,	  // key octets in each further unit
	TABLE_FIRST_LINE = 40,	  // key octets in the first cache line of a unit
	TABLE_TOUCH = 1 << 16,	  // units whose pages are made present together; more than any key has
	TABLE_NO_UNIT = 0,	  // unit 0 is never used
	TABLE_PAGE_BUCKETS = 64,  // 4 KiB, the smallest page of the machine
	TABLE_PENDING = 64,	  // pipeline slots, a power of two
	TABLE_BATCH = 16,	  // sightings that pass a stage together
	TABLE_PASSED = 8192,	  // a power of two; larger than the number of records in a message
	TABLE_META_CHANGED = 0,	  // each of these three: first bit of a group of TABLE_BUCKET_SLOTS bits, one per slot
	TABLE_META_RECENT = 10,	  // seen since the sweep before last
	TABLE_META_REPEATED = 20, // seen more than once
	TABLE_META_OVERFLOWED = 1 << 30 // a key of this first bucket may live in its second one
};

struct table_bucket {
	uint16_t tag[TABLE_BUCKET_SLOTS];  // 0: free
	uint32_t unit[TABLE_BUCKET_SLOTS]; // number of the first unit
	uint32_t meta;			   // see above
} __attribute__((aligned(64)));

struct table_unit {
	uint32_t first_s;	   // earliest sighting since it entered the table
	uint32_t last_s;	   // latest sighting
	uint32_t count;		   // sightings since it was last handed over
	uint32_t message;	   // number of the message that was counted last
	uint16_t key_low;	   // octets of the key, low 16 bits
	uint8_t key_high;	   // its high 8 bits
	uint8_t flags;		   // enum record_flag to be sent
	uint32_t next;		   // further unit of the key, or TABLE_NO_UNIT; of a free unit: the next free one
	uint8_t key[TABLE_INLINE]; // zero-padded
} __attribute__((aligned(128)));

struct table_more {
	uint32_t next; // further unit, or TABLE_NO_UNIT
	uint32_t zero;
	uint8_t key[TABLE_MORE]; // zero-padded
} __attribute__((aligned(128)));

struct table_pending {
	uint64_t hash;	    // of the whole key
	uint32_t bucket;    // number of the first bucket
	uint32_t candidate; // unit whose tag matched when the bucket was in the cache, or TABLE_NO_UNIT
	uint32_t time_s;    // of the sighting
	uint32_t message;   // number of the message
	uint16_t size;	    // octets of the key
	uint16_t slot;	    // of the candidate in the bucket
	uint8_t key[TABLE_KEY_SHORT + TABLE_KEY_SLACK]; // zero-padded; its owner begins at a multiple of 32
} __attribute__((aligned(64)));

// A sighting that was handed over at once: remembered so that a duplicate in the same message is known.
struct table_passed {
	uint64_t hash;	  // of the whole key
	uint32_t message; // that it was in; others are stale
};

_Static_assert((int)TABLE_PASSED > (int)DNS_RECORDS_MAX, "never full");
_Static_assert(sizeof(struct table_pending) == 256, "the pipeline spreads over all sets of the first cache");
_Static_assert(offsetof(struct table_pending, key) + TABLE_KEY_HEAD == 32, "owners are stored whole");

struct table {
	// read by every sighting
	struct table_bucket *buckets;
	struct table_unit *units;
	uint64_t pages_len; // of buckets
	struct worker_stats *stats;
	uint32_t message; // number of the message being counted
	bool key_is_long; // the key being built is in long_key
	bool promised;	  // what is being counted was counted among the hits before
	// counted here, added to the counters by table_publish
	uint64_t hits;
	uint64_t pending_sightings;
	// the pipeline holds [done, added); buckets and units are prefetched up to buckets_asked and units_asked
	uint32_t added;
	uint32_t buckets_asked;
	uint32_t units_asked;
	uint32_t done;
	// free units: a chain of those that were used before, then those never used
	uint32_t free_unit;
	uint32_t fresh_unit;
	uint32_t units_len;
	uint32_t units_touched; // of those, whose pages are present; a capture waits for the others
	uint32_t free_len;	// units free in all
	uint64_t sweep_at;	// next bucket of the sweep
	uint32_t
		sweep_handed; // slots of that bucket that the sweep has handed over, where the sink had no room for all
	uint64_t hand;	      // next bucket of the search for room
	uint32_t inserting;   // number of the message whose record is being taken in
	uint32_t passed_message; // number of the last message of which a record was handed over at once
	table_sink *sink;
	void *sink_context;
	table_wait *wait; // NULL: live
	struct memory_block bucket_memory;
	struct memory_block unit_memory;
	table_hook *hook; // asked about new records; NULL: none
	void *hook_context;
	struct table_pending pending[TABLE_PENDING];
	uint8_t long_key[TABLE_KEY_MAX + 64];	  // a key being built that is too long for the pipeline
	uint8_t out_key[TABLE_KEY_MAX + 64];	  // a chained key gathered for the sink
	struct table_passed passed[TABLE_PASSED]; // of the last message that had any
};

static inline struct table_more *table_more(const struct table *t, uint32_t unit)
{
	return (struct table_more *)&t->units[unit];
}

static inline uint32_t table_key_size(const struct table_unit *u)
{
	return (uint32_t)u->key_high << 16 | u->key_low;
}

static inline uint32_t table_units_of(size_t key_size)
{
	return key_size <= TABLE_INLINE ? 1 : 1 + (uint32_t)((key_size - TABLE_INLINE + TABLE_MORE - 1) / TABLE_MORE);
}

static inline void table_meta_set(struct table_bucket *b, unsigned group, unsigned slot)
{
	b->meta |= 1u << (group + slot);
}

static inline bool table_meta_get(const struct table_bucket *b, unsigned group, unsigned slot)
{
	return b->meta >> (group + slot) & 1;
}

// create.c ───────────────────────────────────────────────────────────────────────────────────

// Makes the pages of further units present; without memory for them the table stays as it is.
void table_touch(struct table *t);

// handover.c ─────────────────────────────────────────────────────────────────────────────────

// Hands one record to the sink and marks it unchanged; a capture waits for room. False if the sink has none.
bool table_hand_over_now(struct table *t, struct table_bucket *b, unsigned slot);

// Hands a sighting over at once: the table has no room for its record.
void table_pass_by(struct table *t, const struct table_sighting *s);

// True if a sighting of the same message was handed over at once. By the keyed hash alone.
bool table_was_passed(struct table *t, uint64_t hash, uint32_t message);

// evict.c ────────────────────────────────────────────────────────────────────────────────────

// Evicts one record of the two buckets, the least worth keeping. Returns its bucket, and its slot, which is now free;
// NULL if none may go.
struct table_bucket *table_evict_slot(struct table *t, struct table_bucket *first, struct table_bucket *second,
	unsigned *slot);

// Evicts records until `units` units are free. False if not enough may go.
bool table_make_room(struct table *t, uint32_t units);

// insert.c ───────────────────────────────────────────────────────────────────────────────────

// Takes a record in that is not in the table.
void table_insert(struct table *t, const struct table_sighting *s);

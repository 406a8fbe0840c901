// SPDX-License-Identifier: BSD-3-Clause
// The records in the spool's file, as octets. The checksum of a record covers all of it, its number in the spool
// included, so that a record can be recognized anywhere in a damaged file (salvage.h). Each record also contains `seal`, a
// random number of the file: octets that came in a frame cannot be mistaken for a record.
#pragma once

#include "dataplane/common/frame.h"

enum {
	STORE_FORMAT = 2,	  // other formats are rejected, except the previous one, which is converted
	STORE_FORMAT_BEFORE = 1,  // no checksums, except of the body of a batch
	STORE_MAGIC = 0x32425353, // begins each batch
	STORE_MAGIC_BEFORE = 0x4c425350,
	STORE_MAGIC_META = 0x324d5353,
	STORE_MAGIC_STREAM = 0x32545353,
	STORE_SEAL_SIZE = 16
};

// Which process may write to Redis under the spool's UUID: number/lease.h.
struct store_owner {
	uint64_t generation; // number of take-overs of the spool
	uint64_t nonce;	     // random number of the process that took it over
};

// What became of the sightings accepted: account.c.
struct store_account {
	uint64_t taken, applied, skipped, refused, given_up, damaged;
	uint64_t settled; // highest batch that is counted
};

struct store_meta {
	uint32_t format;		// STORE_FORMAT
	uint32_t magic;			// STORE_MAGIC_META
	uint8_t uuid[STREAM_UUID_SIZE]; // of this spool, random
	uint64_t next;			// number of the next batch, from 1
	uint64_t given_up;		// highest batch that was given up before Redis had it, or 0
	uint64_t acked;			// Redis had all batches up to it, as known at the commit
	uint8_t seal[STORE_SEAL_SIZE];	// of the file, random
	uint64_t first;			// oldest batch, or `next`
	uint64_t serial;		// counts the commits
	uint64_t confirmed;		// highest batch that the owner is known to have: number/lease.h
	struct store_owner owner;	// last one known to be in Redis
	struct store_owner claim;	// one that may be in Redis: of a take-over in progress
	uint64_t place;			// identifies the folder then; 0: not known
	struct store_account account;
	uint64_t halted; // writing has stopped: store_halted_at of the last batch sent; 0: not stopped
	uint64_t check;	 // of all above
};

// `sent`: the highest batch that was sent to Redis; UINT64_MAX: not known.
static inline uint64_t store_halted_at(uint64_t sent)
{
	return sent == UINT64_MAX ? UINT64_MAX : sent + 1;
}
static inline uint64_t store_halted_sent(uint64_t halted)
{
	return halted == 0 || halted == UINT64_MAX ? UINT64_MAX : halted - 1;
}

enum store_head_flag {
	STORE_LOST = 1,	    // the batch was damaged; only its number is kept, no body
	STORE_UNCOUNTED = 2 // the number of its records is not known either
};

struct store_head {
	uint32_t magic;		  // STORE_MAGIC
	uint32_t records;	  // in the body
	uint32_t size;		  // octets of the body
	uint32_t flags;		  // enum store_head_flag
	uint64_t check;		  // of the body
	struct frame_hello hello; // of the dataplane that it came from
	uint64_t number;	  // within the spool
	uint64_t frame;		  // within the stream
	uint64_t sightings;	  // in the records
	uint8_t seal[STORE_SEAL_SIZE];
	uint64_t head_check; // of all above
};

// Octets before the body of a batch of STORE_FORMAT_BEFORE.
enum { STORE_HEAD_BEFORE = offsetof(struct store_head, number) };

struct store_stream {
	struct frame_hello hello;
	uint64_t received; // highest number committed
	uint64_t ended;	   // 1 after BYE
	uint32_t magic;	   // STORE_MAGIC_STREAM
	uint32_t slot;	   // of the registry
	uint64_t serial;   // of the commit
	uint8_t seal[STORE_SEAL_SIZE];
	uint64_t sightings; // in the frames up to `received`
	uint64_t counted;   // 1: that is known
	uint64_t check;	    // of all above
};

enum {
	STORE_META_BEFORE = offsetof(struct store_meta, seal),
	STORE_STREAM_BEFORE = offsetof(struct store_stream, magic)
};

// FNV-1a on words of eight octets. Finds damage, not manipulation.
uint64_t store_checksum(const uint8_t *body, size_t size);

// Set the checksums.
void store_seal_meta(struct store_meta *meta);
void store_seal_stream(struct store_stream *stream);
void store_seal_head(struct store_head *head, const uint8_t *body);

// True if the checksum is right.
bool store_meta_is_sound(const struct store_meta *meta);
bool store_stream_is_sound(const struct store_stream *stream);
bool store_head_is_sound(const struct store_head *head);

// Reads a value of the table of batches: returns its body and `*head`, or NULL if it is not what was written under
// `number`. In the previous format, missing fields of the head are filled in.
const uint8_t *store_read_batch(const uint8_t *value, size_t size, uint64_t number, const uint8_t *seal,
	struct store_head *head);

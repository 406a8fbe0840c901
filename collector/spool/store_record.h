// SPDX-License-Identifier: BSD-3-Clause
// What the spool's file holds, as octets. Each record proves itself: its checksum covers all that is in it,
// its number within the spool included, so that it can be recognised anywhere in a damaged file
// (salvage.h). `seal`, a random number of the file, is in each as well: octets that came with a frame
// cannot pass for a record.
#pragma once

#include "dataplane/common/frame.h"

enum {
	STORE_FORMAT = 2,	  // another one is refused, but for the one before, which is taken over
	STORE_FORMAT_BEFORE = 1,  // records without checksums, batches with one of the body alone
	STORE_MAGIC = 0x32425353, // before each batch
	STORE_MAGIC_BEFORE = 0x4c425350,
	STORE_MAGIC_META = 0x324d5353,
	STORE_MAGIC_STREAM = 0x32545353,
	STORE_SEAL_SIZE = 16
};

// Who may write to Redis under the spool's UUID: writer/lease.h.
struct store_owner {
	uint64_t generation; // how many times the spool was taken over
	uint64_t nonce;	     // random, of the process that did
};

// What became of the sightings taken: account.c.
struct store_account {
	uint64_t taken, applied, skipped, refused, given_up, damaged;
	uint64_t settled; // highest batch that is counted
};

struct store_meta {
	uint32_t format;		// STORE_FORMAT
	uint32_t magic;			// STORE_MAGIC_META
	uint8_t uuid[STREAM_UUID_SIZE]; // of this spool, random
	uint64_t next;			// number of the next batch, from 1
	uint64_t given_up;		// highest number that was given up without being in Redis, or 0
	uint64_t acked;			// Redis had everything up to it, as far as was known at the commit
	uint8_t seal[STORE_SEAL_SIZE];	// of the file, random
	uint64_t first;			// oldest batch there, or `next`
	uint64_t serial;		// counts the commits
	uint64_t confirmed;		// highest batch of which it is known that the owner had it: writer/lease.h
	struct store_owner owner;	// last one known to be in Redis
	struct store_owner claim;	// one that may be in Redis: of the take-over under way
	uint64_t place;			// where the folder was then; 0: nowhere
	struct store_account account;
	uint64_t halted; // while writing has stopped: what store_halted_at makes of the last batch sent; 0: it goes on
	uint64_t check;	 // of all above
};

// `sent`: the highest batch that was sent to Redis, UINT64_MAX where that is not known.
static inline uint64_t store_halted_at(uint64_t sent)
{
	return sent == UINT64_MAX ? UINT64_MAX : sent + 1;
}
static inline uint64_t store_halted_sent(uint64_t halted)
{
	return halted == 0 || halted == UINT64_MAX ? UINT64_MAX : halted - 1;
}

enum store_head_flag {
	STORE_LOST = 1,	    // the batch was damaged, this only keeps its number: no body
	STORE_UNCOUNTED = 2 // and how much it held could not be read
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

// What a batch of STORE_FORMAT_BEFORE has before its body.
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

// FNV-1a on words of eight octets: finds damage, not malice.
uint64_t store_checksum(const uint8_t *body, size_t size);

// Set the checksums.
void store_seal_meta(struct store_meta *meta);
void store_seal_stream(struct store_stream *stream);
void store_seal_head(struct store_head *head, const uint8_t *body);

// The checksums hold.
bool store_meta_is_sound(const struct store_meta *meta);
bool store_stream_is_sound(const struct store_stream *stream);
bool store_head_is_sound(const struct store_head *head);

// Reads a value of the table of batches. NULL where it is not what was written under `number`; else where its
// body is, and `*head`. One of the format before gets what its head lacks.
const uint8_t *store_read_batch(const uint8_t *value, size_t size, uint64_t number, const uint8_t *seal,
	struct store_head *head);

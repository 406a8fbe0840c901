// SPDX-License-Identifier: BSD-3-Clause
// The spool: frames of dataplanes on disk until Redis has them. A frame of records becomes a batch with a number of
// its own. It is acknowledged to its dataplane after it is committed.
//
//     inbox ── put ──► memory ── commit, several at once ──► disk ── read ──► writer ──► Redis
//       ▲                                  │                                     │
//       └── eventfd: `safe` moved ◄────────┘              seek, acknowledge ◄────┘
//
//     batches   given up ┃ deleted │ kept for spool.keep │ waiting for Redis │ next
//                                  first                 acked + 1           last + 1
//
// Batches that Redis has are kept for spool.keep: a Redis that restarts with older data gets them again. If the spool
// is full (spool.size, or the disk), it first deletes batches that were only kept. Then it accepts no frames, so that
// dataplanes keep their records. After spool.patience it gives up the oldest batches, counts them and logs it.
//
// Threads: the inbox puts, the writer reads and acknowledges, the spool's own thread commits. All functions lock.
#pragma once

#include "collector/spool/stream.h"

enum spool_kind {
	SPOOL_RECORDS, // a RECORDS frame
	SPOOL_BYE,     // a BYE frame: the stream ends with this number
	SPOOL_END      // the dataplane has read the acknowledgement of its BYE: forget the stream
};

// A frame as the inbox puts it.
struct spool_frame {
	enum spool_kind kind;
	struct stream *stream; // borrowed from the registry; pinned (stream->queued) until committed
	uint64_t number;       // within the stream; 0 for SPOOL_END
	uint32_t records;      // in the body
	uint64_t sightings;    // in the records
	uint64_t taken;	       // sightings of the stream up to this frame
	bool counted;	       // `taken` is known
	uint32_t size;	       // octets of the body
	const uint8_t *body;   // copied; was checked by the inbox
};

// A batch as the writer reads it; a copy.
struct spool_batch {
	uint64_t number;	  // within the spool, from 1
	struct frame_hello hello; // of the dataplane that it came from
	uint32_t records;	  // in the body
	uint64_t sightings;	  // in the records
	uint32_t size;		  // octets of the body
	uint8_t *body;		  // owned; spool_batch_free
	size_t capacity;	  // octets allocated
};

struct spool_settings {
	char dir[4096];	   // folder; created if missing
	uint64_t size;	   // limit of batches, octets
	uint64_t memory;   // limit of frames that wait for their commit, octets
	double keep_s;	   // how long batches are kept after Redis has them
	double patience_s; // how long it stays full before the oldest batches are given up
};

// What became of the sightings accepted, in this process and earlier ones. One consistent snapshot.
struct spool_account {
	uint64_t taken, applied, skipped, refused, given_up, damaged, waiting;
	bool unbalanced; // `taken` is not the sum of the others: a bug
};

struct spool_levels {
	uint64_t waiting;	// batches not acknowledged by Redis
	uint64_t waiting_bytes; // octets of them
	uint64_t kept;		// batches that Redis has
	uint64_t bytes;		// octets of all batches
	uint64_t limit;		// spool.size
	uint64_t memory;	// octets of frames that wait for their commit
};

struct spool;

enum { SPOOL_EXIT = 3 }; // exit status: the file was truncated while it was read

// Reading a file that was truncated, or whose disk fails, raises SIGBUS. This handler then ends the program with
// SPOOL_EXIT and one line. The next start takes over what is left.
void spool_catch_bus_error(void);

// Opens the spool and puts its streams into the registry. If the file is damaged, what can be read is copied to a new
// file, and the old one is kept beside it. NULL with one line in `why`: another collector uses the spool, it has
// another format, or its folder cannot be used.
struct spool *spool_open(const struct spool_settings *settings, struct stream_registry *streams, char *why,
	size_t why_size);

// Commits what is in memory, for a few seconds at most, and ends the thread. All other functions still work.
void spool_stop(struct spool *s);

void spool_close(struct spool *s);

// `settings->dir` is ignored; all others may change.
void spool_reload(struct spool *s, const struct spool_settings *settings);

// inbox ────────────────────────────────────────────────────────────────────────────────────────

// Copies a frame. Returns 0, -ENOBUFS if the spool is full, or -ENOMEM.
int spool_put(struct spool *s, const struct spool_frame *frame);
bool spool_is_full(struct spool *s);

// The highest number of the stream that is committed, with all before it.
uint64_t spool_safe(struct spool *s, const struct stream *stream);

// An eventfd: readable after a commit, and when the spool becomes empty. Read 8 octets to clear it.
int spool_fd(const struct spool *s);

// writer ───────────────────────────────────────────────────────────────────────────────────────

// The UUID under which Redis keeps this spool's number. Changes only in spool_seek.
void spool_uuid(struct spool *s, char out[static STREAM_UUID_TEXT_SIZE]);

// What spool_seek found.
struct spool_seek {
	uint64_t missing;	  // batches that Redis has lost and that are no longer kept here
	uint64_t again;		  // batches that Redis has lost and that are sent again
	uint64_t skipped;	  // batches that Redis has, although it had not acknowledged them
	uint64_t skipped_records; // in them
	uint64_t skipped_sightings;
	bool renewed; // see below
};

// Redis has all batches up to `number`: the next one is sent next. A number above the last one sent means that this
// spool is an old copy: it gets a new UUID, and `renewed` is set. Then ask Redis again.
struct spool_seek spool_seek(struct spool *s, uint64_t number);

// Redis has all batches up to `number`.
void spool_acknowledge(struct spool *s, uint64_t number);

// Redis refused this many sightings of the batches that are acknowledged next.
void spool_refuse(struct spool *s, uint64_t sightings);

// The highest number that Redis is known to have; 0 if none. Known after a restart as well.
uint64_t spool_acked(struct spool *s);

// Writes that number to the disk now.
void spool_remember(struct spool *s);

// Writes to the disk that writing has stopped until a person decides (lookback spool), and that it continues. `sent`:
// the highest batch that was sent; UINT64_MAX: not known. spool_halted_at returns `sent`, or UINT64_MAX if not known or
// not stopped.
void spool_halt(struct spool *s, uint64_t sent);
void spool_go_on(struct spool *s);
uint64_t spool_halted_at(struct spool *s);

// Which process owns the spool's UUID, as far as the spool's file knows: number/lease.h.
struct spool_owner {
	uint64_t owner_generation, owner_nonce; // the last process of this folder that owned it; 0: none
	uint64_t claim_generation, claim_nonce; // the process that was about to own it
	uint64_t confirmed;			// last batch that was there while it owned it
	uint64_t opened;			// the last batch when this process began
	uint64_t last, acked;			// newest batch; newest one that Redis has
	bool owned;				// this process owns it
	bool same_place;			// same folder and same boot as then: that process is dead
};

void spool_owner(struct spool *s, struct spool_owner *out);

// Notes that this process is about to take the UUID over, and the owner that Redis names. On disk if it returns true.
bool spool_owner_claim(struct spool *s, uint64_t generation, uint64_t nonce);
void spool_owner_take(struct spool *s); // it did
void spool_owner_lose(struct spool *s); // another process owns it

// Another collector and Redis have all batches up to `had`: deletes them. The others go on under a new UUID.
bool spool_part(struct spool *s, uint64_t had);

// Copies the first batch with a number of at least `from`. Waits up to `wait_ms`. False if there is none.
bool spool_read(struct spool *s, uint64_t from, struct spool_batch *out, unsigned wait_ms);
void spool_batch_free(struct spool_batch *b);

// Oldest stored batch, or the next number if the spool is empty. Newest stored batch, or the last number given.
uint64_t spool_first(struct spool *s);
uint64_t spool_last(struct spool *s);

// Removes the files of a temporary spool. It can still be used until spool_close.
void spool_unlink(struct spool *s);

// Makes spool_read return at once, now and later: the writer has to stop.
void spool_stop_waiting(struct spool *s);

// anyone ───────────────────────────────────────────────────────────────────────────────────────

// Nothing waits in memory, and Redis has all batches.
bool spool_is_empty(struct spool *s);
struct spool_levels spool_levels(struct spool *s);
struct spool_account spool_account(struct spool *s);

// True while frames are committed. Otherwise `why` says what is wrong.
bool spool_is_well(struct spool *s, char *why, size_t why_size);

// What was lost by damage of the file since the start, as text; empty: nothing.
void spool_damage(struct spool *s, char *out, size_t out_size);

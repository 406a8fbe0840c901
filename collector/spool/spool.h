// SPDX-License-Identifier: BSD-3-Clause
// The spool: what dataplanes handed over, on disk, until Redis surely has it. A frame becomes a batch
// with a number of its own and is acknowledged to its dataplane once it is committed.
//
//     inbox ── put ──► memory ── commit, several at once ──► disk ── read ──► writer ──► Redis
//       ▲                                  │                                     │
//       └── eventfd: `safe` moved ◄────────┘              seek, acknowledge ◄────┘
//
//     batches   given up ┃ deleted │ kept for spool.keep │ waiting for Redis │ next
//                                  first                 acked + 1           last + 1
//
// What Redis has acknowledged is kept for a while: a Redis that comes back older is brought up to
// date. A spool that is full, by spool.size or because its disk is, first lets go of what was only
// kept; then it takes nothing, so that dataplanes keep their records; after spool.patience of that
// it gives up the oldest batches, counts them and says so.
//
// Threads: the inbox puts, the writer reads and acknowledges, a thread of its own commits.
#pragma once

#include "collector/spool/stream.h"

enum spool_kind {
	SPOOL_RECORDS, // a RECORDS frame
	SPOOL_BYE,     // the stream ends with this number
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
	const uint8_t *body;   // copied; sound: checked by the inbox
};

// A batch as the writer reads it: a copy.
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
	char dir[4096];	   // folder, made where it is missing
	uint64_t size;	   // octets of batches at most
	uint64_t memory;   // octets of frames that wait for their commit, at most
	double keep_s;	   // how long what Redis acknowledged is kept
	double patience_s; // how long it stays full before the oldest is given up
};

// What became of the sightings taken, in this and earlier processes; of one moment.
struct spool_account {
	uint64_t taken, applied, skipped, refused, given_up, damaged, waiting;
	bool unbalanced; // `taken` is not the sum of the others
};

struct spool_levels {
	uint64_t waiting;	// batches not acknowledged by Redis
	uint64_t waiting_bytes; // that they take
	uint64_t kept;		// batches that Redis acknowledged
	uint64_t bytes;		// of all of them
	uint64_t limit;		// spool.size
	uint64_t memory;	// octets of frames that wait for their commit
};

struct spool;

enum { SPOOL_EXIT = 3 }; // exit status: the file was cut off while it was being read

// A file that is cut off, or whose disk fails, between the looks at it ends the program where it reads what
// is no longer there: with SPOOL_EXIT and one line. The next start takes over what is left.
void spool_catch_bus_error(void);

// Opens the spool and takes its streams into the registry. Of a damaged one what can be read is taken over
// into a new file; the old one is kept beside it, with a line in the log. NULL with one line in `why`:
// another collector uses it, it has another format, its folder cannot be used.
struct spool *spool_open(const struct spool_settings *settings, struct stream_registry *streams, char *why,
	size_t why_size);

// Commits what is in memory, for a few seconds at most, and ends the thread; the rest stays usable.
void spool_stop(struct spool *s);

void spool_close(struct spool *s);

// size, memory, keep and patience may change.
void spool_reload(struct spool *s, const struct spool_settings *settings);

// inbox ────────────────────────────────────────────────────────────────────────────────────────

// Copies a frame in. Returns 0, -ENOBUFS when it is full, or -ENOMEM.
int spool_put(struct spool *s, const struct spool_frame *frame);
bool spool_is_full(struct spool *s);

// Everything of the stream up to this number is committed.
uint64_t spool_safe(struct spool *s, const struct stream *stream);

// Readable when some stream's safe number has moved or room was made; read 8 octets to clear.
int spool_fd(const struct spool *s);

// writer ───────────────────────────────────────────────────────────────────────────────────────

// The UUID under which Redis keeps this spool's number. Changes only in spool_seek.
void spool_uuid(struct spool *s, char out[static STREAM_UUID_TEXT_SIZE]);

// What spool_seek found.
struct spool_seek {
	uint64_t missing;	  // batches that Redis had once, has no more, and that are not kept any more
	uint64_t again;		  // batches acknowledged before that have to be sent again
	uint64_t skipped;	  // batches that Redis turned out to have, not acknowledged before
	uint64_t skipped_records; // in them
	uint64_t skipped_sightings;
	bool renewed; // see below
};

// Redis holds `number`: what follows it is to be sent. A number beyond the last one means that this
// spool is an old copy: it gets a new UUID, `renewed` is set and Redis has to be asked anew.
struct spool_seek spool_seek(struct spool *s, uint64_t number);

// Everything up to `number` is in Redis.
void spool_acknowledge(struct spool *s, uint64_t number);

// Of the batches that are acknowledged next, Redis refused so many sightings.
void spool_refuse(struct spool *s, uint64_t sightings);

// The highest number that Redis is known to have had; 0 where none is. Also after a restart.
uint64_t spool_acked(struct spool *s);

// Notes that on the disk now, so that a restart knows it.
void spool_remember(struct spool *s);

// The same, and that writing has stopped until a person decides, with batches up to `sent` sent (UINT64_MAX: not known);
// that it goes on. spool_halted_at: UINT64_MAX where it goes on, or where `sent` is not known.
void spool_halt(struct spool *s, uint64_t sent);
void spool_go_on(struct spool *s);
uint64_t spool_halted_at(struct spool *s);

// Whose the UUID is, as the spool knows it: writer/lease.h.
struct spool_owner {
	uint64_t owner_generation, owner_nonce; // of the last process of this folder that had it; 0: none
	uint64_t claim_generation, claim_nonce; // of the one that was about to
	uint64_t confirmed;			// the last batch that was there while it had it
	uint64_t opened;			// the last batch when this process began
	uint64_t last, acked;			// the newest batch; the last one that Redis has
	bool owned;				// this process has it
	bool same_place;			// the folder is where it was then, so that process is dead
};

void spool_owner(struct spool *s, struct spool_owner *out);

// About to take it over from what Redis holds. On the disk when it returns true.
bool spool_owner_claim(struct spool *s, uint64_t generation, uint64_t nonce);
void spool_owner_take(struct spool *s); // done
void spool_owner_lose(struct spool *s); // somebody else has it

// Another collector has all batches up to `had`, and Redis too: they go. A new UUID for the others.
bool spool_part(struct spool *s, uint64_t had);

// Copies the first batch from `from` on, waiting up to `wait_ms` for it. False where there is none.
bool spool_read(struct spool *s, uint64_t from, struct spool_batch *out, unsigned wait_ms);
void spool_batch_free(struct spool_batch *b);

// The oldest batch that is still there, or the next number; the newest one, or the number before.
uint64_t spool_first(struct spool *s);
uint64_t spool_last(struct spool *s);

// Removes the files of a temporary spool; what is open stays usable until spool_close.
void spool_unlink(struct spool *s);

// Ends the waits of spool_read, now and later: the writer is to stop.
void spool_stop_waiting(struct spool *s);

// anyone ───────────────────────────────────────────────────────────────────────────────────────

// Nothing waits, neither in memory nor for Redis.
bool spool_is_empty(struct spool *s);
struct spool_levels spool_levels(struct spool *s);
struct spool_account spool_account(struct spool *s);

// True while frames are committed as they come; else `why` says what is wrong.
bool spool_is_well(struct spool *s, char *why, size_t why_size);

// What damage of its file has cost since the start, in words; empty: nothing.
void spool_damage(struct spool *s, char *out, size_t out_size);

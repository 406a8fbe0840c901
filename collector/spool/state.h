// SPDX-License-Identifier: BSD-3-Clause
// Inside the spool: its state, and what its files offer each other. Calls go down this list only: a file uses
// those listed above it, and the store (store.h).
#pragma once

#include "collector/spool/spool.h"
#include "collector/spool/store.h"

#include <pthread.h>

// A frame in memory. Its body follows the struct in the same allocation.
struct spool_pending {
	struct spool_frame frame;
	struct spool_pending *next;
};

// What is known of each batch on disk without reading it.
struct spool_entry {
	uint32_t size;	    // octets on disk
	uint32_t acked_ds;  // monotonic time of Redis's acknowledgement, in 0.1 s; 0: none
	uint32_t records;   // in it
	uint32_t flags;	    // enum store_head_flag: STORE_LOST: it cannot be read
	uint64_t sightings; // in it
};

// What can be wrong with the file while it is in use.
enum spool_fault {
	SPOOL_WELL,
	SPOOL_DELETED,
	SPOOL_MOVED,   // another file is in its place, or none
	SPOOL_CUT_OFF, // truncated
	SPOOL_DAMAGED,
	SPOOL_UNLOCKED, // only the lock file is gone
	SPOOL_UNSETTLED // and that was found after a commit that does not count: the file has more than it should
};

enum { ENTRY_COUNTED = 1 << 8 }; // in spool_entry.flags: was counted as lost

struct spool {
	pthread_mutex_t writing; // held during a transaction that writes; first in the order of locks
	pthread_mutex_t reading; // held during one that reads, and while the file is exchanged; second
	struct store store;
	struct store_stream committed[STREAMS_MAX]; // as in the file after the last commit; used: `received` or `ended`
	enum spool_fault broken;	 // under `reading`: what is wrong with the file, until it is repaired
	bool unlinked;			 // a temporary spool that is ending: its file need not be there
	struct stream_registry *streams; // the inbox's; here only hello and index are used
	int fd;				 // eventfd
	int lock_fd;			 // locks the folder
	pthread_t thread;
	uint64_t nonce;	 // of this process
	uint64_t place;	 // identifies the folder on this machine, since its boot
	bool same_place; // the same as when the UUID was taken over last
	bool map_full;	 // the file has its greatest size; the spool's thread only

	pthread_mutex_t lock; // for all below; third
	pthread_cond_t more;  // a frame was put, a batch committed, or waiting ends
	struct spool_settings settings;
	struct spool_pending *oldest, *newest; // to be committed, oldest first
	uint64_t memory;		       // octets of them
	uint64_t in_commit;		       // frames that the thread is committing
	struct spool_entry *entries;	       // batches first…last, from index entries_at
	size_t entries_at, entries_capacity;
	uint64_t first;	   // oldest batch; last + 1 if there is none
	uint64_t last;	   // newest batch, or 0
	uint64_t readable; // newest batch that can be read
	uint64_t acked;	   // Redis has all batches up to it
	uint64_t opened;   // `last` when the spool was opened
	bool sought;	   // Redis was asked since then; nothing was sent before
	uint64_t bytes;	   // of all batches
	uint64_t waiting_bytes;
	struct store_account account; // account.c
	uint64_t unsettled;	      // sightings of the batches after account.settled
	uint64_t memory_sightings;    // of frames in memory
	uint64_t refused;	      // by Redis, of batches that are acknowledged next
	uint64_t full_since_ms;	      // 0: not full
	bool owned;		      // this process owns the UUID in Redis; written under `writing` too
	bool stopping;
	bool no_wait;
	char why[300];	  // why frames are not committed; empty: they are
	char damage[300]; // what was lost by damage since the start; empty: nothing
};

enum { ENTRY_OVERHEAD = 32, PAGE = 4096 };

// Octets that LMDB needs for a value: large ones take whole pages.
static inline uint32_t spool_size_on_disk(size_t value)
{
	return (uint32_t)(value + ENTRY_OVERHEAD > PAGE / 2 ? (value + ENTRY_OVERHEAD + PAGE - 1) / PAGE * PAGE
							    : value + ENTRY_OVERHEAD);
}

// entries.c, with `lock` held ────────────────────────────────────────────────────────────────────

// The entry of a number that is there.
struct spool_entry *spool_entry(struct spool *s, uint64_t number);

// Adds a new last entry. False if there is no memory.
bool spool_append(struct spool *s, uint64_t number, const struct spool_entry *entry);

// Marks a batch that cannot be read. Redis may have it all the same: it counts as lost when its turn comes.
void spool_lose(struct spool *s, uint64_t number);

// All batches up to `number` count as acknowledged, none above it.
void spool_set_acked(struct spool *s, uint64_t number);

// account.c, with `lock` held ────────────────────────────────────────────────────────────────────

enum spool_outcome { SPOOL_APPLIED, SPOOL_SKIPPED, SPOOL_GIVEN_UP };

// Gives this outcome to all batches up to `to` that are not counted yet. Those that cannot be read count as damaged.
void spool_settle(struct spool *s, uint64_t to, enum spool_outcome outcome);

// The account after batches up to `delete_to` are deleted and `committing` sightings in memory are on disk.
struct store_account spool_account_after(struct spool *s, uint64_t delete_to, uint64_t committing);

// When a spool is opened: call begin before its batches are read, open after it. No other thread runs.
void spool_account_begin(struct spool *s);
void spool_account_open(struct spool *s);

// folder.c ─────────────────────────────────────────────────────────────────────────────────────

// Return 0, or -1 with one line in `why`.
int spool_folder_make(const char *dir, char *why, size_t why_size);
int spool_folder_lock(struct spool *s, char *why, size_t why_size);

// True if this name in the folder names the open file.
bool spool_is_at(const char *dir, const char *name, int fd);

// Identifies the folder on this machine, since its boot. 0: not known.
uint64_t spool_folder_place(const char *dir);

// Octets that the file may grow to. Takes `lock`.
uint64_t spool_map_size(struct spool *s);

// repair.c, with `writing` held ──────────────────────────────────────────────────────────────────

extern const char *const spool_fault_text[];

// Checks that the file is in its place and whole.
enum spool_fault spool_examine(const struct spool *s);

// Replaces a file that is gone or damaged by a new one with all that can still be read. Returns 0 or an error of the store.
int spool_repair(struct spool *s, enum spool_fault fault);

// meta.c, with `writing` held ────────────────────────────────────────────────────────────────────

// Writes the meta record and deletes batches up to `delete_to`, in one transaction.
int spool_write_meta(struct spool *s, struct store_meta *meta, uint64_t delete_to);

// owner.c ──────────────────────────────────────────────────────────────────────────────────────

// Makes the nonce of this process. False if there is no randomness.
bool spool_owner_begin(struct spool *s);

// commit.c ─────────────────────────────────────────────────────────────────────────────────────

// The spool's thread.
void *spool_commit_run(void *arg);

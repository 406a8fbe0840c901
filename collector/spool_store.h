// SPDX-License-Identifier: BSD-3-Clause
// The spool's file: an LMDB environment with three tables. Every change is one transaction, on disk
// when store_commit has returned.
//
//     meta     "meta"        → struct store_meta
//     batches  number (u64)  → struct store_head, body of the RECORDS frame      in order, no gaps
//     streams  slot (u64)    → struct store_stream                               see stream.h
//
// Functions return 0, or what LMDB returns: an MDB_ code or an errno value (store_error). One thread
// writes at a time, one other may read (store_read).
#pragma once

#include "dataplane/record.h"

#include <lmdb.h>

enum {
	STORE_FORMAT = 1,	   // another one is refused
	STORE_MAGIC = 0x4c425350,  // "LBSP", before each batch
	STORE_SLACK = 2 << 20	   // octets reserved on the disk so that batches can be deleted when it is full
};

struct store_meta {
	uint32_t format;		// STORE_FORMAT
	uint32_t zero;
	uint8_t uuid[STREAM_UUID_SIZE]; // of this spool, random
	uint64_t next;			// number of the next batch, from 1
	uint64_t given_up;		// highest number that was given up without being in Redis, or 0
	uint64_t acked;			// Redis had everything up to it, as far as was known at the commit
};

struct store_head {
	uint32_t magic;		  // STORE_MAGIC
	uint32_t records;	  // in the body
	uint32_t size;		  // octets of the body
	uint32_t zero;
	uint64_t check;		  // store_checksum of the body
	struct frame_hello hello; // of the dataplane that it came from
};

struct store_stream {
	struct frame_hello hello;
	uint64_t received; // highest number committed
	uint64_t ended;	   // 1 after BYE
};

struct store {
	MDB_env *env; // NULL: not open
	MDB_dbi meta_table, batches, streams;
	MDB_txn *reader;	// of store_read, reset between calls
	uint64_t reserved;	// octets of the file that the disk has promised
	struct store_meta meta; // as committed
};

// Opens or makes the file in `dir`. A new one gets a random UUID. The meta record is not judged.
int store_open(struct store *s, const char *dir, uint64_t map_size);
void store_close(struct store *s);

// Walks through everything in `dir` with its checksums, in a process of its own: a file that is
// damaged may well crash its reader. 0 where it is sound, or where there is none; EBADMSG where it is damaged;
// another errno where that could not be found out.
int store_check(const char *dir);

// Calls `each` for every batch, in order, with its number, stored size and records.
int store_walk(struct store *s,
	int (*each)(void *context, uint64_t number, uint32_t size, uint32_t records), void *context);

// Reads stream `slot` of `len`. 0, MDB_NOTFOUND, or an error.
int store_read_stream(struct store *s, uint64_t slot, struct store_stream *out);

int store_begin(struct store *s, MDB_txn **txn);
int store_put_batch(struct store *s, MDB_txn *txn, uint64_t number, const struct frame_hello *hello,
	uint32_t records, const uint8_t *body, uint32_t size);
int store_delete(struct store *s, MDB_txn *txn, uint64_t number);
// `stream` NULL: deletes the slot.
int store_put_stream(struct store *s, MDB_txn *txn, uint64_t slot, const struct store_stream *stream);
int store_put_meta(struct store *s, MDB_txn *txn, const struct store_meta *meta);
int store_commit(MDB_txn *txn);

// The first batch from `number` on. `*body` is allocated anew as needed (`*capacity`, owned by the
// caller). 0; MDB_NOTFOUND; EBADMSG: it is damaged, `*number` is its number; or an error.
int store_read(struct store *s, uint64_t *number, struct store_head *head, uint8_t **body, size_t *capacity);

// Sees that the disk has room for `bytes` more and the slack. 0, ENOSPC, or another errno.
int store_reserve(struct store *s, uint64_t bytes);

// Octets between the file's end and what `used` octets of batches take: room without growing.
uint64_t store_free_bytes(const struct store *s, uint64_t used);

const char *store_error(int code);

// True where the code says that the file is not what it was.
bool store_is_damage(int code);

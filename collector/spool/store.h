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

#include "collector/spool/store_record.h"

#include <lmdb.h>

enum {
	STORE_SLACK = 2 << 20 // octets reserved on the disk so that batches can be deleted when it is full
};

struct store {
	MDB_env *env; // NULL: not open
	MDB_dbi meta_table, batches, streams;
	MDB_txn *reader;      // of store_read, reset between calls
	uint64_t reserved;    // octets of the file that the disk has promised
	uint64_t transaction; // the last one: another one in the file is not ours
	uint64_t end;	      // octets that the file has to have at least
	uint64_t map_size;
	struct store_meta meta; // as committed
};

// Opens or makes the file in `dir`. A new one gets a random UUID; one of the format before is brought to this
// one. The meta record is not judged. `flags`: MDB_NOSYNC, MDB_NOSUBDIR (`dir` is the file), or 0.
int store_open(struct store *s, const char *dir, uint64_t map_size, unsigned flags);
void store_close(struct store *s);

// A larger one; nobody may be within another call.
int store_set_map_size(struct store *s, uint64_t map_size);

// Reads the file from end to end without LMDB (pages.h) and holds its contents against their checksums.
// 0 where it is sound, has nothing in it, or is not ours to judge (another format or version); EBADMSG where
// it is damaged; else an errno value.
int store_check(int fd);

// Calls `each` for every batch, in order, with its octets on disk.
int store_walk(struct store *s, int (*each)(void *context, const struct store_head *head, uint32_t size),
	void *context);

// Reads stream `slot`. 0, MDB_NOTFOUND, or an error.
int store_read_stream(struct store *s, uint64_t slot, struct store_stream *out);

// EBADMSG: another one wrote to the file.
int store_begin(struct store *s, MDB_txn **txn);
// `head` has hello, records, sightings, frame, size and flags; the rest is filled in.
int store_put_batch(struct store *s, MDB_txn *txn, uint64_t number, struct store_head *head, const uint8_t *body);
int store_delete(struct store *s, MDB_txn *txn, uint64_t number);
// `stream` NULL: deletes the slot.
int store_put_stream(struct store *s, MDB_txn *txn, uint64_t slot, const struct store_stream *stream);
// Fills in serial and checksum.
int store_put_meta(struct store *s, MDB_txn *txn, struct store_meta *meta);
int store_commit(struct store *s, MDB_txn *txn);

// The first batch from `number` on. `*body` is allocated anew as needed (`*capacity`, owned by the
// caller). 0; MDB_NOTFOUND; EBADMSG: it is damaged, `*number` is its number; or an error.
int store_read(struct store *s, uint64_t *number, struct store_head *head, uint8_t **body, size_t *capacity);

// Sees that the disk has room for `bytes` more and the slack. 0, ENOSPC, or another errno.
int store_reserve(struct store *s, uint64_t bytes);

// Octets between the file's end and what `used` octets of batches take: room without growing.
uint64_t store_free_bytes(const struct store *s, uint64_t used);

int store_fd(const struct store *s);

const char *store_error(int code);

// True where the code says that the file is not what it was.
bool store_is_damage(int code);

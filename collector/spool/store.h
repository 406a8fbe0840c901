// SPDX-License-Identifier: BSD-3-Clause
// The spool's file: an LMDB environment with three tables. Each change is one transaction; it is on disk after
// store_commit.
//
//     meta     "meta"        → struct store_meta
//     batches  number (u64)  → struct store_head, body of the RECORDS frame      in order, no gaps
//     streams  slot (u64)    → struct store_stream                               see stream.h
//
// Functions return 0, an MDB_ code of LMDB or an errno value (store_error gives the text of both). One thread writes at
// a time; one other may read (store_read).
#pragma once

#include "collector/spool/store_record.h"

#include <lmdb.h>

enum {
	STORE_SLACK = 2 << 20 // octets reserved so that batches can be deleted when the disk is full
};

struct store {
	MDB_env *env; // NULL: not open
	MDB_dbi meta_table, batches, streams;
	MDB_txn *reader;      // of store_read, reset between calls
	uint64_t reserved;    // octets of the file for which disk space is allocated
	uint64_t transaction; // id of the last one; another id in the file: another process wrote
	uint64_t end;	      // the file must not be shorter
	uint64_t map_size;
	struct store_meta meta; // as committed
};

// Opens or creates the file in `dir`. A new one gets a random UUID; one of the previous format is converted. The caller
// checks the format in the meta record. `flags`: MDB_NOSYNC, MDB_NOSUBDIR (`dir` is the file), or 0.
int store_open(struct store *s, const char *dir, uint64_t map_size, unsigned flags);
void store_close(struct store *s);

// Raises the limit of the file's size. No other call may be in progress.
int store_set_map_size(struct store *s, uint64_t map_size);

// Reads the whole file without LMDB (pages.h) and compares its contents with their checksums. 0: it is sound, empty, or
// of another format or version of LMDB; EBADMSG: it is damaged; or an errno value.
int store_check(int fd);

// Calls `each` for every batch, in order. `size`: octets of the stored value.
int store_walk(struct store *s, int (*each)(void *context, const struct store_head *head, uint32_t size),
	void *context);

// Reads stream `slot`. 0, MDB_NOTFOUND, or an error.
int store_read_stream(struct store *s, uint64_t slot, struct store_stream *out);

// EBADMSG: another process wrote to the file.
int store_begin(struct store *s, MDB_txn **txn);
// `head` has hello, records, sightings, frame, size and flags; the rest is filled in.
int store_put_batch(struct store *s, MDB_txn *txn, uint64_t number, struct store_head *head, const uint8_t *body);
int store_delete(struct store *s, MDB_txn *txn, uint64_t number);
// `stream` NULL: deletes the slot.
int store_put_stream(struct store *s, MDB_txn *txn, uint64_t slot, const struct store_stream *stream);
// Fills in serial and checksum.
int store_put_meta(struct store *s, MDB_txn *txn, struct store_meta *meta);
// EBADMSG: it cannot be found in the file.
int store_commit(struct store *s, MDB_txn *txn);

// Reads the first batch with a number of at least `*number`, which is set to its number. `*body` is reallocated if
// `*capacity` is too small; the caller owns it. EBADMSG: this batch is damaged. MDB_NOTFOUND: there is none.
int store_read(struct store *s, uint64_t *number, struct store_head *head, uint8_t **body, size_t *capacity);

// Allocates disk space for `bytes` more and STORE_SLACK. 0, ENOSPC, or another errno value.
int store_reserve(struct store *s, uint64_t bytes);

// Octets free inside the file if batches use `used` of them.
uint64_t store_free_bytes(const struct store *s, uint64_t used);

int store_fd(const struct store *s);

const char *store_error(int code);

// True if the code means that the file is damaged or was changed by another process.
bool store_is_damage(int code);

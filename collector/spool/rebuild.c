// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4200, GROUP_BYTES_MAX = 8 << 20, NAMES_MAX = 1000 };

// In the same folder: a sandbox may forbid a rename between folders.
static const char half_made[] = "rebuilt.mdb", half_made_lock[] = "rebuilt.mdb-lock"; // LMDB's name

static void remove_half_made(const char *dir)
{
	char path[PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, half_made);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s", dir, half_made_lock);
	unlink(path);
}

static int put_batch(struct store *s, MDB_txn *txn, const struct salvage *from, size_t i, int fd, uint8_t *body)
{
	struct store_head head = from->batches[i].head;
	int result = 0;

	if (head.flags & STORE_LOST)
		head.size = 0;
	else
		result = salvage_body(from, fd, &from->batches[i], body);
	return result ? result : store_put_batch(s, txn, from->meta.first + i, &head, body);
}

// Writes batches from `*next` on, as many as one transaction may contain.
static int put_group(struct store *s, const struct salvage *from, size_t *next, int fd, uint8_t *body)
{
	struct store_meta meta = from->meta;
	uint64_t bytes = 0;
	MDB_txn *txn;
	int result = store_begin(s, &txn);

	if (result != 0)
		return result;
	for (; result == 0 && *next < from->len && bytes < GROUP_BYTES_MAX; ++*next) {
		result = put_batch(s, txn, from, *next, fd, body);
		bytes += from->batches[*next].head.size;
	}
	for (uint64_t slot = 0; result == 0 && *next == from->len && slot < STREAMS_MAX; slot++)
		if (from->has_stream[slot])
			result = store_put_stream(s, txn, slot, &from->streams[slot]);
	if (result == 0)
		result = store_put_meta(s, txn, &meta);
	if (result != 0) {
		mdb_txn_abort(txn);
		return result;
	}
	result = store_commit(s, txn);
	s->meta = meta;
	return result;
}

static int fill(struct store *s, const struct salvage *from, int fd)
{
	uint8_t *body = malloc(FRAME_SIZE_MAX);
	int result = body ? 0 : ENOMEM;

	s->meta = from->meta;
	for (size_t next = 0; result == 0 && next < from->len;)
		result = put_group(s, from, &next, fd, body);
	// twice more, so that the older state that LMDB keeps contains the meta record as well
	size_t none = from->len;
	for (int i = 0; result == 0 && i < 2; i++)
		result = put_group(s, from, &none, fd, body);
	free(body);
	if (result == 0)
		result = mdb_env_sync(s->env, 1);
	return result ? result : mdb_env_set_flags(s->env, MDB_NOSYNC, 0); // from now on each commit is synced
}

// The name of the old file, at the n-th attempt.
static void name_aside(struct rebuild *r, int n)
{
	long now = (long)time(NULL);

	if (n == 1)
		snprintf(r->aside, sizeof(r->aside), "%s/%s-%ld.mdb", r->dir, r->name, now);
	else
		snprintf(r->aside, sizeof(r->aside), "%s/%s-%ld-%d.mdb", r->dir, r->name, now, n);
}

int rebuild_move_aside(struct rebuild *r)
{
	char path[PATH_SIZE];
	struct stat st;
	int n = 1;

	do
		name_aside(r, n);
	while (lstat(r->aside, &st) == 0 && n++ < NAMES_MAX);
	snprintf(path, sizeof(path), "%s/data.mdb", r->dir);
	if (rename(path, r->aside) == 0) {
		snprintf(path, sizeof(path), "%s/lock.mdb", r->dir);
		unlink(path);
		return 0;
	}
	r->aside[0] = '\0';
	return errno;
}

// Links the file that is in the place of the new one to a second name.
static void link_aside(struct rebuild *r, int folder)
{
	int n = 1, result;

	do {
		name_aside(r, n);
		result = linkat(folder, "data.mdb", folder, strrchr(r->aside, '/') + 1, 0);
	} while (result != 0 && errno == EEXIST && n++ < NAMES_MAX);
	if (result != 0)
		r->aside[0] = '\0'; // there is no old file, or the file system has no links
}

// Renames the new file over the old one. Its lock goes first: the old one belongs to the old file.
static int swap(struct rebuild *r, int folder)
{
	link_aside(r, folder);
	if (renameat(folder, half_made_lock, folder, "lock.mdb") != 0)
		unlinkat(folder, "lock.mdb", 0);
	if (renameat(folder, half_made, folder, "data.mdb") != 0)
		return errno;
	return fsync(folder) == 0 || errno == EINVAL ? 0 : errno;
}

static bool is_locked(int folder, int lock_fd)
{
	struct stat here, held;

	return fstatat(folder, "lock", &here, 0) == 0 && fstat(lock_fd, &held) == 0 && here.st_dev == held.st_dev &&
	       here.st_ino == held.st_ino;
}

// All names are looked up in `folder`: another folder that takes its place meanwhile is left alone.
static int rebuild_in(struct rebuild *r, int folder, const struct salvage *from, int fd, struct store *out)
{
	char path[PATH_SIZE + 16];

	if (!is_locked(folder, r->lock_fd))
		return EAGAIN;
	remove_half_made(r->dir);
	snprintf(path, sizeof(path), "%s/%s", r->dir, half_made);
	int result = store_open(out, path, r->map_size, MDB_NOSYNC | MDB_NOSUBDIR);
	if (result != 0)
		return result;
	result = fill(out, from, fd);
	if (result == 0)
		result = swap(r, folder);
	if (result != 0)
		store_close(out);
	remove_half_made(r->dir);
	return result;
}

int rebuild_file(struct rebuild *r, const struct salvage *from, int fd, struct store *out)
{
	int folder = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return errno;
	int result = rebuild_in(r, folder, from, fd, out);
	close(folder);
	return result;
}

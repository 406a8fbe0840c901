// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/rebuild.h"

#include "collector/spool/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4200, GROUP_BYTES_MAX = 8 << 20 };

// In the same folder: a sandbox may forbid a rename between folders.
static const char half_made[] = "rebuilt.mdb";

static void remove_half_made(const char *dir)
{
	char path[PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, half_made);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s-lock", dir, half_made); // the name that LMDB uses
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
	return result ? result : mdb_env_sync(s->env, 1);
}

static int sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	int result = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
	close(fd);
	return result;
}

// Finds an unused name for the old file.
static void name_aside(struct rebuild *r)
{
	struct stat st;
	long now = (long)time(NULL);

	snprintf(r->aside, sizeof(r->aside), "%s/%s-%ld.mdb", r->dir, r->name, now);
	for (int i = 2; lstat(r->aside, &st) == 0; i++)
		snprintf(r->aside, sizeof(r->aside), "%s/%s-%ld-%d.mdb", r->dir, r->name, now, i);
}

int rebuild_move_aside(struct rebuild *r)
{
	char path[PATH_SIZE];

	name_aside(r);
	snprintf(path, sizeof(path), "%s/data.mdb", r->dir);
	if (rename(path, r->aside) == 0) {
		snprintf(path, sizeof(path), "%s/lock.mdb", r->dir);
		unlink(path);
		return 0;
	}
	r->aside[0] = '\0';
	return errno;
}

// Renames the new file over the old one, which is linked to its second name first.
static int swap(struct rebuild *r)
{
	char from[PATH_SIZE + 16], to[PATH_SIZE];

	snprintf(to, sizeof(to), "%s/data.mdb", r->dir);
	name_aside(r);
	if (link(to, r->aside) != 0)
		r->aside[0] = '\0'; // there is no old file, or the file system has no links
	snprintf(from, sizeof(from), "%s/%s", r->dir, half_made);
	if (rename(from, to) != 0)
		return errno;
	snprintf(to, sizeof(to), "%s/lock.mdb", r->dir);
	unlink(to); // it belongs to the old file
	return sync_folder(r->dir);
}

int rebuild_file(struct rebuild *r, const struct salvage *from, int fd)
{
	struct store s;
	char half[PATH_SIZE + 16];

	remove_half_made(r->dir);
	snprintf(half, sizeof(half), "%s/%s", r->dir, half_made);
	int result = store_open(&s, half, r->map_size, MDB_NOSYNC | MDB_NOSUBDIR);
	if (result == 0) {
		result = fill(&s, from, fd);
		store_close(&s);
	}
	if (result == 0)
		result = swap(r);
	remove_half_made(r->dir);
	return result;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/peek.h"

#include "collector/spool/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static bool is_in_use(const char *dir)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/lock", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool in_use = flock(fd, LOCK_SH | LOCK_NB) != 0;
	close(fd);
	return in_use;
}

// The meta record. One of another version may be shorter or longer.
static int read_meta(MDB_txn *txn, struct store_meta *meta)
{
	MDB_val key = {.mv_data = (void *)(uintptr_t) "meta", .mv_size = 4}, value;
	MDB_dbi table;
	int result = mdb_dbi_open(txn, "meta", 0, &table);

	if (result == 0)
		result = mdb_get(txn, table, &key, &value);
	if (result == 0)
		memcpy(meta, value.mv_data, value.mv_size < sizeof(*meta) ? value.mv_size : sizeof(*meta));
	return result;
}

static int read_first(MDB_txn *txn, uint64_t *first)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_dbi table;
	int result = mdb_dbi_open(txn, "batches", MDB_INTEGERKEY, &table);

	if (result == 0)
		result = mdb_cursor_open(txn, table, &cursor);
	if (result != 0)
		return result;
	if (mdb_cursor_get(cursor, &key, &value, MDB_FIRST) == 0 && key.mv_size == sizeof(*first))
		memcpy(first, key.mv_data, sizeof(*first));
	mdb_cursor_close(cursor);
	return 0;
}

static int read_all(MDB_env *env, const char *dir, struct spool_peek *out)
{
	struct store_meta meta = {.format = 0};
	MDB_txn *txn;

	mdb_env_set_maxdbs(env, 8);
	int result = mdb_env_open(env, dir, MDB_RDONLY | MDB_NOTLS, 0600);
	if (result == 0)
		result = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	if (result != 0)
		return result;
	result = read_meta(txn, &meta);
	out->first = meta.next;
	if (result == 0)
		result = read_first(txn, &out->first);
	out->last = meta.next - 1;
	out->acked = meta.acked;
	out->sent = store_halted_sent(meta.halted) < out->last ? store_halted_sent(meta.halted) : out->last;
	out->exact = store_halted_sent(meta.halted) != UINT64_MAX;
	stream_uuid_text(meta.uuid, out->uuid);
	mdb_txn_abort(txn);
	return result;
}

int spool_peek(const char *dir, struct spool_peek *out, char *why, size_t why_size)
{
	char path[4200];
	MDB_env *env;

	*out = (struct spool_peek){.in_use = is_in_use(dir)};
	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	if (access(path, R_OK) != 0) {
		snprintf(why, why_size,
			"spool %s: %s; expected the folder of a collector's spool (spool.dir), and permission to read it",
			dir, strerror(errno));
		return -1;
	}
	int result = mdb_env_create(&env);
	if (result == 0) {
		result = read_all(env, dir, out);
		mdb_env_close(env);
	}
	if (result != 0)
		snprintf(why, why_size, "spool %s: %s", dir, mdb_strerror(result));
	return result == 0 ? 0 : -1;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const MDB_val meta_key = {.mv_data = (void *)(uintptr_t) "meta", .mv_size = 4};

// FNV-1a on words of eight octets: finds damage, not malice.
static uint64_t checksum(const uint8_t *body, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u ^ size, word;

	for (; size >= 8; size -= 8, body += 8) {
		memcpy(&word, body, 8);
		hash = (hash ^ word) * 0x100000001b3u;
		hash ^= hash >> 32;
	}
	for (; size > 0; size--)
		hash = (hash ^ *body++) * 0x100000001b3u;
	return hash;
}

const char *store_error(int code)
{
	return mdb_strerror(code);
}

bool store_is_damage(int code)
{
	return code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_PANIC || code == MDB_INVALID ||
	       code == MDB_CURSOR_FULL || code == MDB_BAD_TXN || code == EBADMSG;
}

static int read_meta(struct store *s, MDB_txn *txn)
{
	MDB_val key = meta_key, value;
	int result = mdb_get(txn, s->meta_table, &key, &value);

	if (result == 0 && value.mv_size < sizeof(uint32_t))
		return EBADMSG;
	if (result == 0) {
		memset(&s->meta, 0, sizeof(s->meta));
		memcpy(&s->meta, value.mv_data,
			value.mv_size < sizeof(s->meta) ? value.mv_size : sizeof(s->meta));
	}
	return result;
}

static int open_tables(struct store *s, MDB_txn *txn, unsigned flags)
{
	int result = mdb_dbi_open(txn, "meta", flags, &s->meta_table);

	if (result == 0)
		result = mdb_dbi_open(txn, "batches", flags | MDB_INTEGERKEY, &s->batches);
	if (result == 0)
		result = mdb_dbi_open(txn, "streams", flags | MDB_INTEGERKEY, &s->streams);
	return result;
}

// The tables and the meta record of a new file, or those of an old one.
static int prepare(struct store *s)
{
	MDB_txn *txn;
	int result = mdb_txn_begin(s->env, NULL, 0, &txn);

	if (result != 0)
		return result;
	result = open_tables(s, txn, MDB_CREATE);
	if (result == 0)
		result = read_meta(s, txn);
	if (result == MDB_NOTFOUND) {
		s->meta = (struct store_meta){.format = STORE_FORMAT, .next = 1};
		if (getrandom(s->meta.uuid, sizeof(s->meta.uuid), 0) != sizeof(s->meta.uuid))
			result = EIO;
		s->meta.uuid[6] = (uint8_t)((s->meta.uuid[6] & 0x0f) | 0x40); // RFC 9562 §5.4: version 4
		s->meta.uuid[8] = (uint8_t)((s->meta.uuid[8] & 0x3f) | 0x80);
		result = store_put_meta(s, txn, &s->meta);
	}
	if (result != 0) {
		mdb_txn_abort(txn);
		return result;
	}
	return mdb_txn_commit(txn);
}

static int open_env(struct store *s, const char *dir, uint64_t map_size, unsigned flags)
{
	int result = mdb_env_create(&s->env);

	if (result != 0)
		return result;
	mdb_env_set_maxdbs(s->env, 3);
	mdb_env_set_maxreaders(s->env, 8);
	mdb_env_set_mapsize(s->env, map_size);
	return mdb_env_open(s->env, dir, flags | MDB_NOTLS | MDB_NORDAHEAD, 0600);
}

int store_open(struct store *s, const char *dir, uint64_t map_size)
{
	*s = (struct store){.env = NULL};
	int result = open_env(s, dir, map_size, 0);
	if (result == 0)
		result = store_reserve(s, 1 << 16);
	if (result == 0)
		result = prepare(s);
	if (result == 0) {
		result = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->reader);
		if (result == 0)
			mdb_txn_reset(s->reader);
	}
	if (result != 0)
		store_close(s);
	return result;
}

void store_close(struct store *s)
{
	if (s->reader)
		mdb_txn_abort(s->reader);
	if (s->env)
		mdb_env_close(s->env);
	*s = (struct store){.env = NULL};
}

static bool is_batch(const MDB_val *value)
{
	struct store_head head;

	if (value->mv_size < sizeof(head))
		return false;
	memcpy(&head, value->mv_data, sizeof(head));
	return head.magic == STORE_MAGIC && head.size == value->mv_size - sizeof(head) &&
	       head.check == checksum((const uint8_t *)value->mv_data + sizeof(head), head.size);
}

// The file is not to blame: store_open says what is.
static bool is_about_us(int code)
{
	return code == EACCES || code == EPERM || code == ENOMEM || code == EMFILE || code == ENFILE ||
	       code == MDB_VERSION_MISMATCH;
}

// In the child: 0 where all of it can be read and is what it was, or where that cannot be known here.
static int check_all(const char *dir)
{
	struct store s = {.env = NULL};
	MDB_envinfo info;
	MDB_stat shape;
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_val key, value;
	struct stat st;
	int fd, result = open_env(&s, dir, 0, MDB_RDONLY | MDB_NOLOCK);

	if (is_about_us(result))
		return 0;
	if (result != 0 || mdb_env_info(s.env, &info) != 0 ||
		mdb_env_stat(s.env, &shape) != 0 || mdb_env_get_fd(s.env, &fd) != 0 || fstat(fd, &st) != 0)
		return 1;
	if ((uint64_t)st.st_size < (info.me_last_pgno + 1) * (uint64_t)shape.ms_psize)
		return 1; // cut off
	if (mdb_txn_begin(s.env, NULL, MDB_RDONLY, &txn) != 0)
		return 1;
	if (open_tables(&s, txn, 0) != 0 || read_meta(&s, txn) != 0)
		return info.me_last_txnid <= 1 ? 0 : 1; // was never begun
	if (s.meta.format != STORE_FORMAT)
		return 0; // not for us to judge
	if (mdb_cursor_open(txn, s.batches, &cursor) != 0)
		return 1;
	uint64_t last = 0;
	while ((result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		uint64_t number;
		if (key.mv_size != sizeof(number) || !is_batch(&value))
			return 1;
		memcpy(&number, key.mv_data, sizeof(number));
		if (number >= s.meta.next || (last != 0 && number != last + 1))
			return 1;
		last = number;
	}
	return result == MDB_NOTFOUND ? 0 : 1;
}

int store_check(const char *dir)
{
	char path[4200];
	struct stat st;
	int status = 0;

	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	if (stat(path, &st) != 0 || st.st_size == 0)
		return 0;
	pid_t child = fork();
	if (child < 0)
		return errno;
	if (child == 0) {
		int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (quiet >= 0)
			dup2(quiet, STDERR_FILENO);
		_exit(check_all(dir));
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM))
		return ECANCELED; // somebody's doing, or no memory: tells nothing of the file
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EBADMSG;
}

int store_walk(struct store *s,
	int (*each)(void *context, uint64_t number, uint32_t size, uint32_t records), void *context)
{
	MDB_cursor *cursor = NULL;
	MDB_val key, value;
	int result = mdb_txn_renew(s->reader);

	if (result != 0)
		return result;
	result = mdb_cursor_open(s->reader, s->batches, &cursor);
	while (result == 0 && (result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		struct store_head head;
		uint64_t number;
		memcpy(&number, key.mv_data, sizeof(number));
		memcpy(&head, value.mv_data, sizeof(head)); // store_check has seen it
		result = each(context, number, (uint32_t)value.mv_size, head.records);
	}
	if (cursor)
		mdb_cursor_close(cursor);
	mdb_txn_reset(s->reader);
	return result == MDB_NOTFOUND ? 0 : result;
}

int store_read_stream(struct store *s, uint64_t slot, struct store_stream *out)
{
	MDB_val key = {.mv_size = sizeof(slot), .mv_data = &slot}, value;
	int result = mdb_txn_renew(s->reader);

	if (result != 0)
		return result;
	result = mdb_get(s->reader, s->streams, &key, &value);
	if (result == 0 && value.mv_size != sizeof(*out))
		result = EBADMSG;
	if (result == 0)
		memcpy(out, value.mv_data, sizeof(*out));
	mdb_txn_reset(s->reader);
	return result;
}

int store_begin(struct store *s, MDB_txn **txn)
{
	return mdb_txn_begin(s->env, NULL, 0, txn);
}

int store_commit(MDB_txn *txn)
{
	return mdb_txn_commit(txn);
}

int store_put_batch(struct store *s, MDB_txn *txn, uint64_t number, const struct frame_hello *hello,
	uint32_t records, const uint8_t *body, uint32_t size)
{
	const struct store_head head = {.magic = STORE_MAGIC,
		.records = records,
		.size = size,
		.check = checksum(body, size),
		.hello = *hello};
	MDB_val key = {.mv_size = sizeof(number), .mv_data = &number};
	MDB_val value = {.mv_size = sizeof(head) + size};
	int result = mdb_put(txn, s->batches, &key, &value, MDB_RESERVE | MDB_APPEND);

	if (result == 0) {
		memcpy(value.mv_data, &head, sizeof(head));
		memcpy((uint8_t *)value.mv_data + sizeof(head), body, size);
	}
	return result;
}

int store_delete(struct store *s, MDB_txn *txn, uint64_t number)
{
	MDB_val key = {.mv_size = sizeof(number), .mv_data = &number};
	int result = mdb_del(txn, s->batches, &key, NULL);

	return result == MDB_NOTFOUND ? 0 : result;
}

int store_put_stream(struct store *s, MDB_txn *txn, uint64_t slot, const struct store_stream *stream)
{
	struct store_stream copy;
	MDB_val key = {.mv_size = sizeof(slot), .mv_data = &slot};
	MDB_val value = {.mv_size = sizeof(copy), .mv_data = &copy};

	if (!stream) {
		int result = mdb_del(txn, s->streams, &key, NULL);
		return result == MDB_NOTFOUND ? 0 : result;
	}
	copy = *stream;
	return mdb_put(txn, s->streams, &key, &value, 0);
}

int store_put_meta(struct store *s, MDB_txn *txn, const struct store_meta *meta)
{
	struct store_meta copy = *meta;
	MDB_val key = meta_key, value = {.mv_size = sizeof(copy), .mv_data = &copy};

	return mdb_put(txn, s->meta_table, &key, &value, 0);
}

static int copy_batch(const MDB_val *value, struct store_head *head, uint8_t **body, size_t *capacity)
{
	if (!is_batch(value))
		return EBADMSG;
	memcpy(head, value->mv_data, sizeof(*head));
	if (head->size > *capacity || !*body) {
		uint8_t *more = realloc(*body, head->size ? head->size : 1);
		if (!more)
			return ENOMEM;
		*body = more;
		*capacity = head->size;
	}
	memcpy(*body, (const uint8_t *)value->mv_data + sizeof(*head), head->size);
	return 0;
}

int store_read(struct store *s, uint64_t *number, struct store_head *head, uint8_t **body, size_t *capacity)
{
	MDB_cursor *cursor = NULL;
	MDB_val key = {.mv_size = sizeof(*number), .mv_data = number}, value;
	int result = mdb_txn_renew(s->reader);

	if (result != 0)
		return result;
	result = mdb_cursor_open(s->reader, s->batches, &cursor);
	if (result == 0)
		result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	if (result == 0) {
		memcpy(number, key.mv_data, sizeof(*number));
		result = copy_batch(&value, head, body, capacity);
	}
	if (cursor)
		mdb_cursor_close(cursor);
	mdb_txn_reset(s->reader);
	return result;
}

int store_reserve(struct store *s, uint64_t bytes)
{
	MDB_envinfo info;
	MDB_stat shape;
	int fd;

	if (mdb_env_info(s->env, &info) != 0 || mdb_env_stat(s->env, &shape) != 0 || mdb_env_get_fd(s->env, &fd) != 0)
		return EIO;
	uint64_t end = (info.me_last_pgno + 1) * (uint64_t)shape.ms_psize + bytes + STORE_SLACK;
	if (end <= s->reserved)
		return 0;
	int result = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)end) == 0 ? 0 : errno;
	if (result == 0)
		s->reserved = end;
	return result == EOPNOTSUPP || result == ENOSYS || result == EINTR ? 0 : result;
}

uint64_t store_free_bytes(const struct store *s, uint64_t used)
{
	MDB_envinfo info;
	MDB_stat shape;

	if (mdb_env_info(s->env, &info) != 0 || mdb_env_stat(s->env, &shape) != 0)
		return 0;
	uint64_t end = (info.me_last_pgno + 1) * (uint64_t)shape.ms_psize;
	return end > used ? end - used : 0;
}

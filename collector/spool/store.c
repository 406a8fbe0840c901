// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/store.h"

#include "collector/spool/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>

static const MDB_val meta_key = {.mv_data = (void *)(uintptr_t) "meta", .mv_size = 4};

const char *store_error(int code)
{
	return mdb_strerror(code);
}

bool store_is_damage(int code)
{
	return code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_PANIC || code == MDB_INVALID ||
	       code == MDB_CURSOR_FULL || code == MDB_BAD_TXN || code == MDB_MAP_RESIZED || code == EBADMSG;
}

static int read_meta(struct store *s, MDB_txn *txn)
{
	MDB_val key = meta_key, value;
	int result = mdb_get(txn, s->meta_table, &key, &value);

	if (result == 0 && value.mv_size < sizeof(uint32_t))
		return EBADMSG;
	if (result == 0) {
		memset(&s->meta, 0, sizeof(s->meta));
		memcpy(&s->meta, value.mv_data, value.mv_size < sizeof(s->meta) ? value.mv_size : sizeof(s->meta));
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

int store_fd(const struct store *s)
{
	int fd = -1;

	return mdb_env_get_fd(s->env, &fd) == 0 ? fd : -1;
}

// Octets up to the last page in use.
static uint64_t store_end(const struct store *s)
{
	MDB_envinfo info;
	MDB_stat shape;

	if (mdb_env_info(s->env, &info) != 0 || mdb_env_stat(s->env, &shape) != 0)
		return 0;
	return (info.me_last_pgno + 1) * (uint64_t)shape.ms_psize;
}

static int make_meta(struct store_meta *meta)
{
	if (getrandom(meta->seal, sizeof(meta->seal), 0) != sizeof(meta->seal))
		return EIO;
	if (meta->format != 0)
		return 0;
	meta->next = meta->first = 1;
	if (getrandom(meta->uuid, sizeof(meta->uuid), 0) != sizeof(meta->uuid))
		return EIO;
	meta->uuid[6] = (uint8_t)((meta->uuid[6] & 0x0f) | 0x40); // RFC 9562 §5.4: version 4
	meta->uuid[8] = (uint8_t)((meta->uuid[8] & 0x3f) | 0x80);
	return 0;
}

// The previous format does not contain the number of the oldest batch.
static int find_first(struct store *s, MDB_txn *txn)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int result = mdb_cursor_open(txn, s->batches, &cursor);

	if (result != 0)
		return result;
	s->meta.first = s->meta.next;
	result = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	if (result == 0)
		memcpy(&s->meta.first, key.mv_data, sizeof(s->meta.first));
	mdb_cursor_close(cursor);
	return result == MDB_NOTFOUND ? 0 : result;
}

// Opens the tables and reads the meta record; in a new file, creates them.
static int prepare(struct store *s)
{
	MDB_envinfo info;
	MDB_txn *txn;
	int result = mdb_txn_begin(s->env, NULL, 0, &txn);

	if (result != 0)
		return result;
	result = open_tables(s, txn, MDB_CREATE);
	if (result == 0)
		result = read_meta(s, txn);
	bool old = result == 0 && s->meta.format == STORE_FORMAT_BEFORE;
	if (result == MDB_NOTFOUND || old) {
		result = old ? find_first(s, txn) : 0;
		if (result == 0)
			result = make_meta(&s->meta);
		if (result == 0)
			result = store_put_meta(s, txn, &s->meta);
	}
	if (result != 0) {
		mdb_txn_abort(txn);
		return result;
	}
	result = mdb_txn_commit(txn);
	if (result == 0)
		result = mdb_env_info(s->env, &info);
	s->transaction = info.me_last_txnid;
	s->end = store_end(s);
	return result;
}

static int open_env(struct store *s, const char *dir, unsigned flags)
{
	int result = mdb_env_create(&s->env);

	if (result != 0)
		return result;
	mdb_env_set_maxdbs(s->env, 3);
	mdb_env_set_maxreaders(s->env, 8);
	mdb_env_set_mapsize(s->env, s->map_size);
	return mdb_env_open(s->env, dir, flags | MDB_NOTLS | MDB_NORDAHEAD, 0600);
}

int store_open(struct store *s, const char *dir, uint64_t map_size, unsigned flags)
{
	*s = (struct store){.map_size = map_size};
	int result = open_env(s, dir, flags);
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

int store_set_map_size(struct store *s, uint64_t map_size)
{
	int result = mdb_env_set_mapsize(s->env, map_size);

	if (result == 0)
		s->map_size = map_size;
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

int store_walk(struct store *s, int (*each)(void *context, const struct store_head *head, uint32_t size), void *context)
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
		result = store_read_batch(value.mv_data, value.mv_size, number, s->meta.seal, &head)
				 ? each(context, &head, (uint32_t)value.mv_size)
				 : EBADMSG;
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
	memset(out, 0, sizeof(*out));
	if (result == 0 && value.mv_size != sizeof(*out) && value.mv_size != STORE_STREAM_BEFORE)
		result = EBADMSG;
	if (result == 0)
		memcpy(out, value.mv_data, value.mv_size);
	mdb_txn_reset(s->reader);
	return result;
}

int store_begin(struct store *s, MDB_txn **txn)
{
	int result = mdb_txn_begin(s->env, NULL, 0, txn);

	if (result != 0 || mdb_txn_id(*txn) == s->transaction + 1)
		return result;
	mdb_txn_abort(*txn);
	return EBADMSG;
}

int store_commit(struct store *s, MDB_txn *txn)
{
	uint64_t id = mdb_txn_id(txn);
	MDB_envinfo info;
	int result = mdb_txn_commit(txn);

	if (result == 0)
		result = mdb_env_info(s->env, &info);
	// LMDB opens the file by its name twice, once for the meta pages: were they the same?
	if (result == 0 && info.me_last_txnid != id)
		result = EBADMSG;
	if (result == 0) {
		s->transaction = id;
		s->end = store_end(s);
	}
	return result;
}

int store_put_batch(struct store *s, MDB_txn *txn, uint64_t number, struct store_head *head, const uint8_t *body)
{
	MDB_val key = {.mv_size = sizeof(number), .mv_data = &number};
	MDB_val value = {.mv_size = sizeof(*head) + head->size};
	int result = mdb_put(txn, s->batches, &key, &value, MDB_RESERVE | MDB_APPEND);

	if (result != 0)
		return result;
	head->number = number;
	memcpy(head->seal, s->meta.seal, sizeof(head->seal));
	store_seal_head(head, body);
	memcpy(value.mv_data, head, sizeof(*head));
	if (head->size > 0)
		memcpy((uint8_t *)value.mv_data + sizeof(*head), body, head->size);
	return 0;
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
	copy.slot = (uint32_t)slot;
	copy.serial = s->meta.serial + 1;
	memcpy(copy.seal, s->meta.seal, sizeof(copy.seal));
	store_seal_stream(&copy);
	return mdb_put(txn, s->streams, &key, &value, 0);
}

int store_put_meta(struct store *s, MDB_txn *txn, struct store_meta *meta)
{
	MDB_val key = meta_key, value = {.mv_size = sizeof(*meta), .mv_data = meta};

	meta->format = STORE_FORMAT;
	meta->serial = s->meta.serial + 1;
	store_seal_meta(meta);
	return mdb_put(txn, s->meta_table, &key, &value, 0);
}

static int copy_batch(const struct store *s, const MDB_val *value, uint64_t number, struct store_head *head,
	uint8_t **body, size_t *capacity)
{
	const uint8_t *from = store_read_batch(value->mv_data, value->mv_size, number, s->meta.seal, head);

	if (!from)
		return EBADMSG;
	if (head->size > *capacity || !*body) {
		uint8_t *more = realloc(*body, head->size ? head->size : 1);
		if (!more)
			return ENOMEM;
		*body = more;
		*capacity = head->size;
	}
	memcpy(*body, from, head->size);
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
		result = copy_batch(s, &value, *number, head, body, capacity);
	}
	if (cursor)
		mdb_cursor_close(cursor);
	mdb_txn_reset(s->reader);
	return result;
}

int store_reserve(struct store *s, uint64_t bytes)
{
	uint64_t end = store_end(s) + bytes + STORE_SLACK;

	if (end <= s->reserved)
		return 0;
	int result = fallocate(store_fd(s), FALLOC_FL_KEEP_SIZE, 0, (off_t)end) == 0 ? 0 : errno;
	if (result == 0)
		s->reserved = end;
	return result == EOPNOTSUPP || result == ENOSYS || result == EINTR ? 0 : result;
}

uint64_t store_free_bytes(const struct store *s, uint64_t used)
{
	uint64_t end = store_end(s);

	return end > used ? end - used : 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// Names from Redis into the index: all keys by SCAN, then the stream of new records.
#include "collector/names/index_state.h"

#include "collector/names/stream.h"
#include "collector/schema/keys.h"
#include "collector/text/text.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdlib.h>

enum {
	SCAN_COUNT = 250,   // keys per SCAN: about 0.1 ms of Redis, while lookups wait
	SCAN_PAUSE_US = 60, // pause between SCANs; the kernel adds about 50 µs
};

const struct names_kind names_kinds[] = {[NAMES_OWNERS] = {FAMILY_NAME, "", "", "names"},
	[NAMES_TARGETS] = {FAMILY_RDATA, ".targets", FAMILY_RDATA, "names that are pointed to"}};

void names_fill_show(struct names_index *index)
{
	pthread_mutex_lock(&index->lock);
	memcpy(index->shown_id, index->id, sizeof(index->shown_id));
	index->shown_imports = index->imports;
	pthread_mutex_unlock(&index->lock);
}

void names_fill_set_pending(struct names_index *index, bool pending)
{
	__atomic_store_n(&index->pending, pending || index->full, __ATOMIC_RELEASE);
}

static void add(struct names_index *index, const char *name, size_t len)
{
	if (!names_store_add(&index->store, name, len) && !index->full) {
		index->full = true;
		names_fill_set_pending(index, true);
		log_warning("names: the index of %s is full at %llu; further ones are found by reading all keys",
			names_kinds[index->of].words, (unsigned long long)index->store.len);
	}
	__atomic_store_n(&index->names, index->store.len, __ATOMIC_RELAXED);
}

static int scan_step(struct names_index *index, char cursor[24])
{
	struct reader *db = &index->db;
	const char *family = names_kinds[index->of].family;
	size_t skip = strlen(db->settings.prefix) + strlen(family);

	reader_begin(db);
	reader_put_scan(db, &db->out, cursor, family, "*", SCAN_COUNT);
	redisReply *reply = names_ask(db);
	if (!reply || reply->elements != 2)
		return -1;
	snprintf(cursor, 24, "%s", reply->element[0]->str);
	for (size_t i = 0; i < reply->element[1]->elements; i++) {
		const redisReply *key = reply->element[1]->element[i];
		if (key->len > skip)
			add(index, key->str + skip, key->len - skip);
	}
	freeReplyObject(reply);
	return 0;
}

// All keys of one primary. 0, or -1 if Redis cannot be reached or the thread is to end.
static int scan_node(struct names_index *index)
{
	char cursor[24] = "0";

	do {
		if (names_index_is_stopped(index) || scan_step(index, cursor) != 0)
			return -1;
		struct timespec pause = {.tv_nsec = SCAN_PAUSE_US * 1000};
		nanosleep(&pause, NULL);
	} while (strcmp(cursor, "0") != 0);
	return 0;
}

int names_fill_scan(struct names_index *index)
{
	struct reader *db = &index->db;
	char id[NAMES_ID_SIZE];
	size_t nodes = reader_nodes(db);
	uint64_t version = nodes > 0 ? reader_version(db) : 0;

	int64_t imports = version > 0 ? names_count_imports(db) : -1;
	if (imports < 0 || names_stream_end(db, true, id) != 0)
		return -1;
	for (db->node = 0; db->node < nodes; db->node++)
		if (scan_node(index) != 0)
			return -1;
	if (reader_version(db) != version)
		return -1;
	strcpy(index->id, *id ? id : "0-0");
	index->imports = imports;
	index->scanned = monotonic_s();
	names_fill_show(index);
	names_fill_set_pending(index, false);
	__atomic_store_n(&index->complete, true, __ATOMIC_RELEASE);
	log_info("names: %llu %s in %llu MB", (unsigned long long)index->store.len, names_kinds[index->of].words,
		(unsigned long long)names_store_memory(&index->store) >> 20);
	return 0;
}

static const char *field_of(const redisReply *fields, const char *name, size_t *len)
{
	const redisReply *field = reader_field(fields, name);

	*len = field ? field->len : 0;
	return field ? field->str : NULL;
}

// The owner in an entry of the stream, or the name that it points to. NULL if there is none.
static const char *name_of(const redisReply *fields, enum names_of of, size_t *len)
{
	const char *target = NULL;
	size_t type_len, rdata_len;

	if (of == NAMES_OWNERS)
		return field_of(fields, "name", len);
	const char *type = field_of(fields, "type", &type_len), *rdata = field_of(fields, "rdata", &rdata_len);
	*len = type && rdata ? text_target(type, type_len, rdata, rdata_len, &target) : 0;
	return *len > 0 ? target : NULL;
}

int names_fill_stream(struct names_index *index, struct reader *db)
{
	reader_begin(db);
	redis_encode_array(&db->out, 6);
	redis_encode_literal(&db->out, "XREAD");
	redis_encode_literal(&db->out, "COUNT");
	redis_encode_uint(&db->out, NAMES_FILL_PAGE);
	redis_encode_literal(&db->out, "STREAMS");
	reader_key(db, FAMILY_NEW, "", 0);
	redis_encode_text(&db->out, index->id);
	redisReply *reply = names_ask(db);
	if (!reply)
		return -1;
	int n = 0;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1) {
		const redisReply *entries = reply->element[0]->element[1];
		for (size_t i = 0; i < entries->elements; i++, n++) {
			size_t len = 0;
			const char *name = name_of(entries->element[i]->element[1], index->of, &len);
			if (name)
				add(index, name, len);
			snprintf(index->id, sizeof(index->id), "%s", entries->element[i]->element[0]->str);
		}
		names_fill_show(index);
	}
	freeReplyObject(reply);
	return n;
}

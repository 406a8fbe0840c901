// SPDX-License-Identifier: BSD-3-Clause
#include "collector/names/index.h"

#include "collector/base/timed_wait.h"
#include "collector/names/stream.h"
#include "collector/base/scheduling.h"
#include "collector/text/text.h"
#include "collector/schema/keys.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	SCAN_COUNT = 250,   // some 0.1 ms of Redis, for lookups wait meanwhile
	SCAN_PAUSE_US = 60, // and the kernel's slack of 50
	STREAM_PAGE = 64,   // the same
	STREAM_PAGES = 32,  // between two looks whether some were trimmed
	STREAM_PAUSE_MS = 500,
	RETRY_MS = 2000,
	IMPORT_PAUSE_S = 3,	 // an import that adds nothing for so long is at its end, or was ended
	IMPORT_PATIENCE_S = 600, // one that never pauses
	SAVE_S = 600,
	RESCAN_S = 3600, // if there is no stream of new records
};

static const struct {
	const char *family;	 // of the keys that hold them
	const char *file_ending; // after names.file
	const char *label;	 // in the file's head, after the prefix
	const char *words;	 // in the log
} kinds[] = {[NAMES_OWNERS] = {FAMILY_NAME, "", "", "names"},
	[NAMES_TARGETS] = {FAMILY_RDATA, ".targets", FAMILY_RDATA, "names that are pointed to"}};

struct names_index {
	enum names_of of;
	struct names_store store; // thread: rw, searchers: ro
	struct reader db;	  // of the thread
	char file[4096];
	char label[96];		// in its head
	char id[NAMES_ID_SIZE]; // of the last entry of the stream that was taken
	int64_t imports;	// batches of `lookback import` before the keys were scanned; they are in no stream
	int64_t imports_seen;	// …that there are now, the same since:
	int64_t imports_at;
	uint64_t names;		      // of the store; thread: w, any: r
	bool complete;		      // thread: w, any: r
	bool pending;		      // …but Redis has names that it does not hold yet; thread: w, any: r
	bool full;		      // some did not fit in; thread: rw
	char shown_id[NAMES_ID_SIZE]; // `id` and `imports`, for others; under `lock`
	int64_t shown_imports;
	bool stop; // any: w, thread: r
	bool started;
	int64_t saved;	      // when the file was written
	int64_t scanned;      // when the keys were
	pthread_mutex_t lock; // of `wake` and of what is shown
	pthread_cond_t wake;  // to end a pause
	pthread_t thread;
};

bool names_index_is_complete(const struct names_index *index)
{
	return __atomic_load_n(&index->complete, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&index->pending, __ATOMIC_ACQUIRE);
}

// How far it is, for those who search.
static void show(struct names_index *index)
{
	pthread_mutex_lock(&index->lock);
	memcpy(index->shown_id, index->id, sizeof(index->shown_id));
	index->shown_imports = index->imports;
	pthread_mutex_unlock(&index->lock);
}

static void set_pending(struct names_index *index, bool pending)
{
	__atomic_store_n(&index->pending, pending || index->full, __ATOMIC_RELEASE);
}

enum names_cover names_index_covers(struct names_index *index, const struct names_mark *m)
{
	enum names_cover cover = NAMES_COVERED;

	pthread_mutex_lock(&index->lock);
	bool empty = strcmp(index->shown_id, "0-0") == 0;
	if (m->imports != index->shown_imports || !__atomic_load_n(&index->complete, __ATOMIC_ACQUIRE) ||
		(!*m->last && (!empty || m->sensors))) {
		cover = NAMES_STALE;
	} else if (*m->last && names_compare_ids(m->last, index->shown_id) > 0) {
		cover = index->started ? NAMES_BEHIND : NAMES_STALE;
		pthread_cond_signal(&index->wake);
	}
	pthread_mutex_unlock(&index->lock);
	return cover;
}

struct names_index_levels names_index_levels(const struct names_index *index)
{
	struct names_index_levels l = {.names = __atomic_load_n(&index->names, __ATOMIC_RELAXED),
		.complete = names_index_is_complete(index)};

	l.bytes = names_store_size(&index->store) - 1 - l.names;
	l.memory = names_store_memory(&index->store);
	return l;
}

static bool is_stopped(const struct names_index *index)
{
	return __atomic_load_n(&index->stop, __ATOMIC_ACQUIRE);
}

static void pause_ms(struct names_index *index, uint64_t ms)
{
	const struct timespec until = timed_wait_until(ms);

	pthread_mutex_lock(&index->lock);
	if (!is_stopped(index))
		pthread_cond_timedwait(&index->wake, &index->lock, &until);
	pthread_mutex_unlock(&index->lock);
}

static void add(struct names_index *index, const char *name, size_t len)
{
	if (!names_store_add(&index->store, name, len) && !index->full) {
		index->full = true;
		set_pending(index, true);
		log_warning("names: the index of %s is full at %llu; further ones are found by reading all keys",
			kinds[index->of].words, (unsigned long long)index->store.len);
	}
	__atomic_store_n(&index->names, index->store.len, __ATOMIC_RELAXED);
}

static int scan_step(struct names_index *index, char cursor[24])
{
	struct reader *db = &index->db;
	const char *family = kinds[index->of].family;
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
		if (is_stopped(index) || scan_step(index, cursor) != 0)
			return -1;
		struct timespec pause = {.tv_nsec = SCAN_PAUSE_US * 1000};
		nanosleep(&pause, NULL);
	} while (strcmp(cursor, "0") != 0);
	return 0;
}

// All keys. 0, or -1 if Redis cannot be reached, slots of a cluster moved, or the thread is to end.
static int scan(struct names_index *index)
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
	show(index);
	set_pending(index, false);
	__atomic_store_n(&index->complete, true, __ATOMIC_RELEASE);
	log_info("names: %llu %s in %llu MB", (unsigned long long)index->store.len, kinds[index->of].words,
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

// What the stream has had since. Returns how many entries, -1 if Redis cannot be reached.
static int read_stream(struct names_index *index, struct reader *db)
{
	reader_begin(db);
	redis_encode_array(&db->out, 6);
	redis_encode_literal(&db->out, "XREAD");
	redis_encode_literal(&db->out, "COUNT");
	redis_encode_uint(&db->out, STREAM_PAGE);
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
		show(index);
	}
	freeReplyObject(reply);
	return n;
}

static void save(struct names_index *index)
{
	char why[512], id[2 * NAMES_ID_SIZE];

	index->saved = monotonic_s();
	if (!*index->file || !index->complete)
		return;
	snprintf(id, sizeof(id), "%.24s+%lld", index->id, (long long)index->imports);
	if (names_file_save(&index->store, index->file, index->label, id, why, sizeof(why)) != 0)
		log_warning("%s", why);
}

// "<id in the stream>+<batches imported>" of a file.
static void take_id(struct names_index *index)
{
	char *plus = strchr(index->id, '+');

	index->imports = plus ? strtoll(plus + 1, NULL, 10) : 0;
	if (plus)
		*plus = '\0';
}

static void load(struct names_index *index)
{
	char why[512];
	bool failed = true;

	if (!*index->file)
		return;
	if (names_file_load(&index->store, index->file, index->label, index->id, why, sizeof(why)) != 0) {
		if (*why)
			log_warning("%s; it is made anew", why);
		return;
	}
	take_id(index);
	show(index);
	__atomic_store_n(&index->names, index->store.len, __ATOMIC_RELAXED);
	while (failed && !is_stopped(index)) {
		bool gap = names_has_gap(&index->db, index->id, &failed);
		if (failed)
			pause_ms(index, RETRY_MS);
		else if (!gap)
			__atomic_store_n(&index->complete, true, __ATOMIC_RELEASE);
	}
	index->scanned = monotonic_s();
}

// True if an import has added names and has ended, so that reading all keys finds them all.
static bool was_import(struct names_index *index, int64_t imports)
{
	int64_t now = monotonic_s();

	if (imports != index->imports_seen) {
		index->imports_seen = imports;
		index->imports_at = now;
	}
	return imports != index->imports &&
	       (now - index->imports_at > IMPORT_PAUSE_S || now - index->scanned > IMPORT_PATIENCE_S);
}

// True if sensors write and there is no stream of their names: new.max is 0.
static bool has_sensors(struct reader *db)
{
	struct names_mark mark;

	return names_mark_read(db, &mark) != 0 || (mark.sensors && !*mark.last);
}

// One turn once it is complete. False if the keys have to be scanned.
static bool follow(struct names_index *index)
{
	bool failed, gap = names_has_gap(&index->db, index->id, &failed);
	int64_t imports = failed ? index->imports : names_count_imports(&index->db);

	if (imports >= 0 && was_import(index, imports))
		return false;
	if (!failed)
		set_pending(index, imports != index->imports || (gap && has_sensors(&index->db)));
	if (gap && strcmp(index->id, "0-0") != 0)
		return false;
	if (gap && monotonic_s() - index->scanned > RESCAN_S)
		return false; // no stream: only the keys show what is new
	int n = failed ? -1 : STREAM_PAGE;
	for (int i = 0; i < STREAM_PAGES && n == STREAM_PAGE && !is_stopped(index); i++)
		n = read_stream(index, &index->db);
	if (monotonic_s() - index->saved > SAVE_S)
		save(index);
	if (n < STREAM_PAGE)
		pause_ms(index, n < 0 ? RETRY_MS : STREAM_PAUSE_MS);
	return true;
}

static void *run(void *arg)
{
	struct names_index *index = arg;

	scheduling_background();
	index->saved = monotonic_s();
	load(index);
	while (!is_stopped(index)) {
		if (!names_index_is_complete(index)) {
			if (scan(index) != 0)
				pause_ms(index, RETRY_MS);
		} else if (!follow(index)) {
			log_info(
				"names: there was an import, or the stream of new records has a gap; reading all keys");
			__atomic_store_n(&index->complete, false, __ATOMIC_RELEASE);
		}
	}
	save(index);
	return NULL;
}

static struct names_index *create(const struct redis_settings *redis, enum names_of of, const char *file)
{
	struct names_index *index = calloc(1, sizeof(*index));

	if (!index || strlen(file) + 16 >= sizeof(index->file) || !names_store_open(&index->store)) {
		free(index);
		return NULL;
	}
	index->of = of;
	if (*file)
		snprintf(index->file, sizeof(index->file), "%.4000s%s", file, kinds[of].file_ending);
	snprintf(index->label, sizeof(index->label), "%.80s%s", redis->prefix, kinds[of].label);
	reader_init(&index->db, redis);
	pthread_mutex_init(&index->lock, NULL);
	timed_wait_init(&index->wake);
	return index;
}

struct names_index *names_index_open(const struct redis_settings *redis, enum names_of of, const char *file, char *why,
	size_t why_size)
{
	struct names_index *index = create(redis, of, file);

	if (!index || pthread_create(&index->thread, NULL, run, index) != 0) {
		snprintf(why, why_size, "names index: out of memory");
		if (index)
			names_index_close(index);
		return NULL;
	}
	index->started = true;
	return index;
}

struct names_index *names_index_read(struct reader *db, enum names_of of, const char *file)
{
	struct names_index *index = *file ? create(&db->settings, of, file) : NULL;
	char why[512];
	bool failed = true;
	int n = 1;

	if (index && names_file_load(&index->store, index->file, index->label, index->id, why, sizeof(why)) == 0) {
		take_id(index);
		show(index);
		index->complete =
			!names_has_gap(db, index->id, &failed) && !failed && names_count_imports(db) == index->imports;
	}
	while (index && index->complete && n > 0)
		n = read_stream(index, db);
	if (index && (!index->complete || n < 0)) {
		names_index_close(index);
		return NULL;
	}
	return index;
}

void names_index_close(struct names_index *index)
{
	if (!index)
		return;
	if (index->started) {
		pthread_mutex_lock(&index->lock);
		__atomic_store_n(&index->stop, true, __ATOMIC_RELEASE);
		pthread_cond_signal(&index->wake);
		pthread_mutex_unlock(&index->lock);
		pthread_join(index->thread, NULL);
	}
	reader_free(&index->db);
	names_store_close(&index->store);
	pthread_mutex_destroy(&index->lock);
	pthread_cond_destroy(&index->wake);
	free(index);
}

// --- searching

bool names_index_next(const struct names_index *index, const struct names_needles *needles, uint64_t *next,
	uint64_t budget, names_hit *hit, void *arg)
{
	*next = names_search(&index->store, needles, *next, budget, hit, arg);
	return *next < names_store_size(&index->store);
}

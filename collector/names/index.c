// SPDX-License-Identifier: BSD-3-Clause
#include "collector/names/index.h"

#include "collector/names/index_state.h"

#include "collector/base/timed_wait.h"
#include "collector/names/stream.h"
#include "collector/base/scheduling.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	STREAM_PAGES = 32, // between two checks whether entries were trimmed
	STREAM_PAUSE_MS = 500,
	RETRY_MS = 2000,
	IMPORT_PAUSE_S = 3,	 // an import that adds nothing for so long has ended
	IMPORT_PATIENCE_S = 600, // limit for one that never pauses
	SAVE_S = 600,
	RESCAN_S = 3600, // if there is no stream of new records
};

bool names_index_is_complete(const struct names_index *index)
{
	return __atomic_load_n(&index->complete, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&index->pending, __ATOMIC_ACQUIRE);
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

static void pause_ms(struct names_index *index, uint64_t ms)
{
	const struct timespec until = timed_wait_until(ms);

	pthread_mutex_lock(&index->lock);
	if (!names_index_is_stopped(index))
		pthread_cond_timedwait(&index->wake, &index->lock, &until);
	pthread_mutex_unlock(&index->lock);
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
	names_fill_show(index);
	__atomic_store_n(&index->names, index->store.len, __ATOMIC_RELAXED);
	while (failed && !names_index_is_stopped(index)) {
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
		names_fill_set_pending(index, imports != index->imports || (gap && has_sensors(&index->db)));
	if (gap && strcmp(index->id, "0-0") != 0)
		return false;
	if (gap && monotonic_s() - index->scanned > RESCAN_S)
		return false; // no stream: only the keys show what is new
	int n = failed ? -1 : NAMES_FILL_PAGE;
	for (int i = 0; i < STREAM_PAGES && n == NAMES_FILL_PAGE && !names_index_is_stopped(index); i++)
		n = names_fill_stream(index, &index->db);
	if (monotonic_s() - index->saved > SAVE_S)
		save(index);
	if (n < NAMES_FILL_PAGE)
		pause_ms(index, n < 0 ? RETRY_MS : STREAM_PAUSE_MS);
	return true;
}

static void *run(void *arg)
{
	struct names_index *index = arg;

	scheduling_background();
	index->saved = monotonic_s();
	load(index);
	while (!names_index_is_stopped(index)) {
		if (!names_index_is_complete(index)) {
			if (names_fill_scan(index) != 0)
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
		snprintf(index->file, sizeof(index->file), "%.4000s%s", file, names_kinds[of].file_ending);
	snprintf(index->label, sizeof(index->label), "%.80s%s", redis->prefix, names_kinds[of].label);
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
		names_fill_show(index);
		index->complete =
			!names_has_gap(db, index->id, &failed) && !failed && names_count_imports(db) == index->imports;
	}
	while (index && index->complete && n > 0)
		n = names_fill_stream(index, db);
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

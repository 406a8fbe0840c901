// SPDX-License-Identifier: BSD-3-Clause
// Opening: the folder is ours alone, the file is sound and of this format; what was in it counts.
#include "collector/spool_state.h"

#include "collector/condition.h"
#include "collector/metrics.h"
#include "dataplane/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAP_EXTRA = 64 << 20 };

static int make_folder(const char *dir, char *why, size_t why_size)
{
	char path[sizeof(((struct spool_settings *)0)->dir)];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0755); // what cannot be made fails below
		*p = '/';
	}
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	snprintf(why, why_size, "spool.dir %s: %s", dir, strerror(errno));
	return -1;
}

static int lock_folder(struct spool *s, char *why, size_t why_size)
{
	const char *dir = s->settings.dir;
	char path[sizeof(s->settings.dir) + 8];

	snprintf(path, sizeof(path), "%s/lock", dir);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0) {
		snprintf(why, why_size, "spool.dir %s: %s", dir, strerror(errno));
		return -1;
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	snprintf(why, why_size, "spool.dir %s: another collector uses it", dir);
	return -1;
}

// A damaged file keeps its octets under another name.
static int move_aside(const struct spool *s, char *why, size_t why_size)
{
	char from[sizeof(s->settings.dir) + 16], to[sizeof(s->settings.dir) + 64];

	snprintf(from, sizeof(from), "%s/data.mdb", s->settings.dir);
	snprintf(to, sizeof(to), "%s/damaged-%ld.mdb", s->settings.dir, (long)time(NULL));
	if (rename(from, to) != 0) {
		snprintf(why, why_size, "spool %s: damaged, and it cannot be moved aside: %s", from, strerror(errno));
		return -1;
	}
	snprintf(from, sizeof(from), "%s/lock.mdb", s->settings.dir);
	unlink(from);
	log_error("spool %s: damaged; moved aside as %s, what was in it and not yet in Redis is lost; going on with an "
		  "empty one",
		s->settings.dir, to);
	metrics_add(spool_damaged, 1);
	return 0;
}

static int open_file(struct spool *s, char *why, size_t why_size)
{
	const char *dir = s->settings.dir;
	uint64_t map_size = s->settings.size + s->settings.size / 2 + MAP_EXTRA;
	int result = store_check(dir);

	if (result == EBADMSG && move_aside(s, why, why_size) != 0)
		return -1;
	if (result != 0 && result != EBADMSG) {
		snprintf(why, why_size, "spool.dir %s: cannot see whether it is sound: %s", dir, store_error(result));
		return -1;
	}
	result = store_open(&s->store, dir, map_size / PAGE * PAGE);
	if (result != 0 && store_is_damage(result)) {
		if (move_aside(s, why, why_size) != 0)
			return -1;
		result = store_open(&s->store, dir, map_size / PAGE * PAGE);
	}
	if (result != 0) {
		snprintf(why, why_size, "spool.dir %s: %s", dir, store_error(result));
		return -1;
	}
	if (s->store.meta.format == STORE_FORMAT)
		return 0;
	snprintf(why, why_size,
		"spool.dir %s: found format %u, expected %d; let the collector of its own version empty it, or move it "
		"away",
		dir, s->store.meta.format, STORE_FORMAT);
	return -1;
}

static int count_batch(void *context, uint64_t number, uint32_t size, uint32_t records)
{
	return spool_append(context, number, spool_size_on_disk(size), records) ? 0 : ENOMEM;
}

static int read_streams(struct spool *s)
{
	for (uint64_t slot = 0; slot < STREAMS_MAX; slot++) {
		struct store_stream saved;
		int result = store_read_stream(&s->store, slot, &saved);
		if (result == MDB_NOTFOUND)
			continue;
		if (result != 0)
			return result;
		struct stream *stream = &s->streams->slots[slot];
		*stream = (struct stream){.hello = saved.hello,
			.used = true,
			.ended = saved.ended != 0,
			.received = saved.received,
			.safe = saved.received};
		stream_uuid_text(saved.hello.stream, stream->uuid);
	}
	return 0;
}

static int read_contents(struct spool *s, char *why, size_t why_size)
{
	s->first = s->store.meta.next;
	s->last = s->store.meta.next - 1;
	int result = store_walk(&s->store, count_batch, s);
	if (result == 0)
		result = read_streams(s);
	if (result != 0) {
		snprintf(why, why_size, "spool.dir %s: %s", s->settings.dir, store_error(result));
		return -1;
	}
	s->opened = s->last;
	spool_set_acked(s, s->store.meta.acked < s->last ? s->store.meta.acked : s->last);
	struct spool_levels levels = spool_levels(s);
	if (levels.waiting > 0)
		log_info("spool %s: %lu batches of before wait for Redis", s->settings.dir,
			(unsigned long)levels.waiting);
	return 0;
}

static void free_spool(struct spool *s)
{
	while (s->oldest) {
		struct spool_pending *next = s->oldest->next;
		free(s->oldest);
		s->oldest = next;
	}
	store_close(&s->store);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->fd >= 0)
		close(s->fd);
	free(s->entries);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->writing);
	free(s);
}

struct spool *spool_open(
	const struct spool_settings *settings, struct stream_registry *streams, char *why, size_t why_size)
{
	struct spool *s = calloc(1, sizeof(*s));

	snprintf(why, why_size, "out of memory");
	if (!s)
		return NULL;
	s->settings = *settings;
	s->streams = streams;
	s->lock_fd = -1;
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->writing, NULL);
	pthread_mutex_init(&s->lock, NULL);
	condition_init(&s->more);
	metrics_set(spool_up, 1);
	if (s->fd < 0 || make_folder(settings->dir, why, why_size) != 0 || lock_folder(s, why, why_size) != 0 ||
		open_file(s, why, why_size) != 0 || read_contents(s, why, why_size) != 0 ||
		pthread_create(&s->thread, NULL, spool_commit_run, s) != 0) {
		free_spool(s);
		return NULL;
	}
	return s;
}

void spool_stop(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	bool running = !s->stopping;
	s->stopping = true;
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
	if (running)
		pthread_join(s->thread, NULL);
}

void spool_unlink(struct spool *s)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "lock"};
	char path[sizeof(s->settings.dir) + 16];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->settings.dir, files[i]);
		unlink(path);
	}
	rmdir(s->settings.dir);
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	spool_stop(s);
	spool_write_acked(s);
	free_spool(s);
}

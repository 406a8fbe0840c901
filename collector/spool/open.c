// SPDX-License-Identifier: BSD-3-Clause
// Opens a spool: locks the folder, checks and if needed rescues the file, reads what is in it.
#include "collector/spool/state.h"

#include "collector/base/timed_wait.h"
#include "collector/base/metrics.h"
#include "collector/spool/rebuild.h"
#include "dataplane/common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// No meta record was found: it is not known which spool this was.
static int begin_anew(struct spool *s, struct rebuild *r, char *why, size_t why_size)
{
	int result = rebuild_move_aside(r);

	if (result != 0) {
		snprintf(why, why_size, "spool.dir %s: damaged, and cannot be moved aside: %s", r->dir,
			strerror(result));
		return -1;
	}
	snprintf(s->damage, sizeof(s->damage),
		"the spool was damaged and could not be read; batches that Redis did not have are lost");
	log_error(
		"spool %s: damaged: found no meta record, expected two, so it is not known which batches Redis has; moved aside as %s; "
		"batches that Redis does not have are lost; starting with an empty spool",
		r->dir, r->aside);
	return 0;
}

static const char removed[] = "its file was deleted or replaced while it was opened";

static void tell_salvaged(struct spool *s, const struct salvage *v, const struct rebuild *r, bool damaged)
{
	char uncounted[80] = "";

	if (v->lost_uncounted > 0)
		snprintf(uncounted, sizeof(uncounted), " (not known for %lu of them)",
			(unsigned long)v->lost_uncounted);
	log_error(
		"spool %s: %s: found %lu of its %lu batches unreadable (and %lu that Redis has), expected none; the others "
		"were copied to a new file; the old file is %s",
		r->dir, damaged ? "damaged" : removed, (unsigned long)v->lost, (unsigned long)v->len,
		(unsigned long)v->lost_in_redis, r->aside[0] ? r->aside : "gone");
	if (v->lost == 0)
		return;
	snprintf(s->damage, sizeof(s->damage),
		"the spool was damaged: %lu batches, %lu sightings%s, are lost unless Redis has them",
		(unsigned long)v->lost, (unsigned long)v->lost_sightings, uncounted);
	log_error("spool %s: %s", r->dir, s->damage);
}

// Makes the new file; where the folder is taken away meanwhile, in a new folder.
static int rebuild_here(struct spool *s, struct rebuild *r, const struct salvage *v, int fd)
{
	char why[sizeof(s->settings.dir) + 100];
	int result = EAGAIN;

	for (int i = 0; i < 3; i++) {
		r->lock_fd = s->lock_fd;
		result = rebuild_file(r, v, fd, &s->store);
		if (result == 0 || spool_is_at(r->dir, "lock", s->lock_fd) ||
			spool_folder_make(r->dir, why, sizeof(why)) != 0 || spool_folder_lock(s, why, sizeof(why)) != 0)
			break;
	}
	return result;
}

// Puts a new file with all that can be read of `fd` in its place, and opens it. If nothing can be read of a damaged one:
// puts it aside, and opens none. `damaged` false: it is not in its place any more.
static int salvage_file(struct spool *s, int fd, bool damaged, char *why, size_t why_size)
{
	struct salvage *v = calloc(1, sizeof(*v));
	struct rebuild r = {.dir = s->settings.dir,
		.name = damaged ? "damaged" : "replaced",
		.map_size = spool_map_size(s)};
	int result = v ? salvage_read(v, fd, NULL) : ENOMEM, done = -1;

	if (result == 0 && v->found)
		result = rebuild_here(s, &r, v, fd);
	if (result != 0)
		snprintf(why, why_size, "spool.dir %s: %s, and the rest cannot be copied: %s", r.dir,
			damaged ? "damaged" : removed, store_error(result));
	else if (v->found)
		done = 0;
	else if (damaged)
		done = begin_anew(s, &r, why, why_size);
	else
		snprintf(why, why_size, "spool.dir %s: %s", r.dir, removed);
	if (done == 0 && v->found)
		tell_salvaged(s, v, &r, damaged);
	if (done == 0)
		metrics_add(spool_damaged, damaged);
	if (done == 0)
		metrics_add(spool_repaired, !damaged);
	if (v)
		salvage_free(v);
	free(v);
	return done;
}

// Checks the file, `fd`, before LMDB opens it. If it is damaged, what can be read of it is in another one. Returns 0, or -1
// with one line in `why`.
static int check_file(struct spool *s, int fd, bool *damaged, char *why, size_t why_size)
{
	struct stat st;
	int result = fstat(fd, &st) != 0 ? errno : st.st_size == 0 ? 0 : store_check(fd);

	*damaged = result == EBADMSG || result == EIO;
	if (*damaged)
		return salvage_file(s, fd, true, why, why_size);
	if (result == 0)
		return 0;
	snprintf(why, why_size, "spool.dir %s: cannot check the file: %s", s->settings.dir, store_error(result));
	return -1;
}

static bool is_same(int fd, int other)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Opens the file that was checked, `fd`; -1: creates one. Another file that has taken its place meanwhile is not used.
static int open_checked(struct spool *s, int fd, char *why, size_t why_size)
{
	const char *dir = s->settings.dir;
	struct stat st;
	bool empty = fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0;
	int result = store_open(&s->store, dir, spool_map_size(s), 0);

	if (result == 0 && (empty || is_same(fd, store_fd(&s->store))))
		return 0;
	if (result != 0 && (empty || spool_is_at(dir, "data.mdb", fd))) {
		snprintf(why, why_size, "spool.dir %s: %s", dir, store_error(result));
		return -1;
	}
	if (result == 0)
		store_close(&s->store);
	return salvage_file(s, fd, false, why, why_size);
}

static int open_file(struct spool *s, char *why, size_t why_size)
{
	const char *dir = s->settings.dir;
	char path[sizeof(s->settings.dir) + 16];

	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT) {
		snprintf(why, why_size, "spool.dir %s: cannot check the file: %s", dir, strerror(errno));
		return -1;
	}
	bool damaged = false;
	int done = fd >= 0 ? check_file(s, fd, &damaged, why, why_size) : 0;
	if (done == 0 && !s->store.env)
		done = open_checked(s, damaged ? -1 : fd, why, why_size);
	if (fd >= 0)
		close(fd);
	if (done != 0)
		return -1;
	if (s->store.meta.format == STORE_FORMAT)
		return 0;
	snprintf(why, why_size,
		"spool.dir %s: found format %u, expected %d; let the version that wrote it empty it, or move it away",
		dir, s->store.meta.format, STORE_FORMAT);
	return -1;
}

static int count_batch(void *context, const struct store_head *head, uint32_t size)
{
	struct spool *s = context;
	const struct spool_entry entry = {.size = spool_size_on_disk(size),
		.records = head->records,
		.sightings = head->sightings,
		.flags = head->flags};

	return spool_append(s, head->number, &entry) ? 0 : ENOMEM;
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
		s->committed[slot] = saved;
		struct stream *stream = &s->streams->slots[slot];
		*stream = (struct stream){.hello = saved.hello,
			.user = STREAM_USER_UNKNOWN,
			.used = true,
			.ended = saved.ended != 0,
			.received = saved.received,
			.sightings = saved.sightings,
			.counted = saved.counted != 0,
			.safe = saved.received};
		stream_uuid_text(saved.hello.stream, stream->uuid);
	}
	return 0;
}

static int read_contents(struct spool *s, char *why, size_t why_size)
{
	s->first = s->store.meta.next;
	s->last = s->store.meta.next - 1;
	spool_account_begin(s);
	int result = store_walk(&s->store, count_batch, s);
	if (result == 0)
		result = read_streams(s);
	if (result != 0) {
		snprintf(why, why_size, "spool.dir %s: %s", s->settings.dir, store_error(result));
		return -1;
	}
	spool_account_open(s);
	s->opened = s->last;
	spool_set_acked(s, s->store.meta.acked < s->last ? s->store.meta.acked : s->last);
	struct spool_levels levels = spool_levels(s);
	if (levels.waiting > 0)
		log_info("spool %s: %lu batches of an earlier run wait for Redis", s->settings.dir,
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
	pthread_mutex_destroy(&s->reading);
	pthread_mutex_destroy(&s->writing);
	free(s);
}

struct spool *spool_open(const struct spool_settings *settings, struct stream_registry *streams, char *why,
	size_t why_size)
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
	pthread_mutex_init(&s->reading, NULL);
	pthread_mutex_init(&s->lock, NULL);
	timed_wait_init(&s->more);
	metrics_set(spool_up, 1);
	if (s->fd < 0 || spool_folder_make(settings->dir, why, why_size) != 0 ||
		spool_folder_lock(s, why, why_size) != 0 || open_file(s, why, why_size) != 0 ||
		read_contents(s, why, why_size) != 0 || !spool_owner_begin(s) ||
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

	pthread_mutex_lock(&s->writing);
	s->unlinked = true;
	pthread_mutex_unlock(&s->writing);
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
	spool_remember(s);
	free_spool(s);
}

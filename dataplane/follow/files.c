// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/follow/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/base/hash.h"
#include "dataplane/common/log.h"
#include "dataplane/follow/dispose.h"
#include "dataplane/follow/search.h"

enum {
	LOOK_US = 500000, // between two looks at the folder
	STOP_US = 20000,  // between two looks at `stop`
	PATIENCE = 10	  // quiet intervals that a file waits that seems cut off
};

struct follow_files {
	struct follow_files_options options;
	struct follow_journal *journal;
	pthread_t thread;
	bool is_started;
	atomic_bool stop, go;
	atomic_bool offered; // `batch` is the main thread's
	struct follow_batch batch;
	atomic_uint_fast64_t waiting, taken, refused, passed, oldest_s;
	struct hash_key key; // the same at each start
	struct follow_search search;
};

static int by_series(const void *a, const void *b)
{
	const struct follow_seen *x = *(struct follow_seen *const *)a, *y = *(struct follow_seen *const *)b;

	if (x->series != y->series)
		return x->series < y->series ? -1 : 1;
	return x->at.mtime_ns < y->at.mtime_ns ? -1 : x->at.mtime_ns > y->at.mtime_ns;
}

static int by_change(const void *a, const void *b)
{
	const struct follow_seen *x = *(struct follow_seen *const *)a, *y = *(struct follow_seen *const *)b;

	if (x->at.mtime_ns != y->at.mtime_ns)
		return x->at.mtime_ns < y->at.mtime_ns ? -1 : 1;
	return strverscmp(x->path, y->path);
}

// checking ───────────────────────────────────────────────────────────────────────────────────

// Reads the file to its end: what is in it, and how many of its packets were taken when it was shorter (`skip`). Returns the
// last result of capture_next. `why`: what is wrong.
static int read_file(struct follow_files *f, struct follow_seen *s, struct capture *c, char *why, size_t why_size)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC), result = -1;
	struct follow_file earlier = {0};
	bool was_there = follow_journal_earlier(f->journal, &s->at, &earlier);
	struct capture_packet p;
	struct capture_reader *reader = fd >= 0 ? capture_open_stream(fd, &f->stop) : NULL;
	uint64_t hash = 0;

	*c = (struct capture){.path = s->path, .in_folder = true, .first_us = CAPTURE_NO_TIME};
	snprintf(why, why_size, "%s", strerror(errno));
	while (reader && (result = capture_next(reader, &p)) == 1) {
		if (was_there && c->packets == earlier.packets && hash == earlier.hash)
			c->skip = c->packets;
		hash = hash_mix(&f->key, hash, hash_bytes(&f->key, p.bytes, p.size) ^ p.us);
		if (c->packets++ == 0)
			c->first_us = p.us;
		c->bytes += p.size;
	}
	s->at.hash = hash;
	s->at.packets = c->packets;
	s->at.bytes = c->bytes;
	s->at.first_us = c->first_us;
	if (reader && result != 0) {
		snprintf(why, why_size, "%s", capture_error(reader));
		c->is_damaged = true;
		c->is_unverified = capture_is_unverified(reader);
		c->is_cut = capture_is_cut(reader);
	}
	capture_close(reader);
	return result;
}

static uint64_t age_ns(const struct follow_seen *s)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return ns > s->at.mtime_ns ? ns - s->at.mtime_ns : 0;
}

// Whether a file that is not whole is taken, refused or not a capture; logs it.
static enum follow_state judge(const struct follow_files *f, const struct follow_seen *s, const struct capture *c,
	const char *why)
{
	enum intake_damaged least = c->is_unverified ? INTAKE_DAMAGED_TAKE_UNVERIFIED : INTAKE_DAMAGED_TAKE;
	const char *setting = c->is_unverified ? "take-unverified" : "take";

	if (c->packets == 0 && (!c->is_cut || s->at.size == 0)) {
		log_warning("follow: %s: passed over: %s", s->path, s->at.size == 0 ? "empty" : why);
		return PASSED;
	}
	if (f->options.damaged < least) {
		log_error("follow: %s: damaged after %llu packets: %s; nothing of it was taken (replay.damaged=%s "
			  "takes those packets)",
			s->path, (unsigned long long)c->packets, why, setting);
		return REFUSED;
	}
	log_warning("follow: %s: damaged after %llu packets: %s; taken up to there", s->path,
		(unsigned long long)c->packets, why);
	return TAKEN;
}

// Checks a file that seems complete, and adds it to the batch if it is to be taken.
static void check(struct follow_files *f, struct follow_seen *s)
{
	struct follow_batch *b = &f->batch;
	struct capture *c = &b->captures[b->len];
	char why[512];
	int result = read_file(f, s, c, why, sizeof(why));
	bool may_grow = c->is_cut && !s->has_newer && (double)age_ns(s) < PATIENCE * f->options.quiet_s * 1e9;

	if (atomic_load(&f->stop) || follow_search_has_changed(s) || may_grow)
		return;
	if (follow_journal_has_content(f->journal, &s->at)) {
		if (follow_journal_place(f->journal, &s->at, s->path) == 0)
			s->state = TAKEN;
		return;
	}
	for (unsigned i = 0; i < b->len; i++) // twice in this batch: the next look finds it in the journal
		if (b->files[i].hash == s->at.hash && b->files[i].packets == s->at.packets)
			return;
	if (result != 0)
		s->state = judge(f, s, c, why);
	if (s->state == REFUSED || s->state == PASSED)
		return;
	s->state = WAITING; // until the batch is applied
	c->packets -= c->skip;
	b->files[b->len] = s->at;
	b->paths[b->len] = strdup(s->path);
	c->path = b->paths[b->len];
	b->len += c->path != NULL;
}

// batches ────────────────────────────────────────────────────────────────────────────────────

static void sort_batch(struct follow_batch *b)
{
	for (unsigned i = 1; i < b->len; i++) {
		for (unsigned k = i; k > 0 && b->captures[k].first_us < b->captures[k - 1].first_us; k--) {
			struct capture c = b->captures[k];
			struct follow_file file = b->files[k];
			char *path = b->paths[k];
			b->captures[k] = b->captures[k - 1];
			b->files[k] = b->files[k - 1];
			b->paths[k] = b->paths[k - 1];
			b->captures[k - 1] = c;
			b->files[k - 1] = file;
			b->paths[k - 1] = path;
		}
	}
}

// The files of the folder: those that wait in the order of their last changes; which of them have a newer one in their series.
static struct follow_seen **order(struct follow_files *f, size_t *len)
{
	struct follow_seen **all = calloc(f->search.seen_len + 1, sizeof(*all));

	*len = 0;
	if (!all)
		return NULL;
	for (size_t i = 0; i < f->search.seen_len; i++)
		all[i] = &f->search.seen[i];
	qsort(all, f->search.seen_len, sizeof(*all), by_series);
	for (size_t i = 0; i + 1 < f->search.seen_len; i++)
		all[i]->has_newer =
			all[i]->series == all[i + 1]->series && all[i]->at.mtime_ns < all[i + 1]->at.mtime_ns;
	for (size_t i = 0; i < f->search.seen_len; i++)
		if (all[i]->state == WAITING)
			all[(*len)++] = all[i];
	qsort(all, *len, sizeof(*all), by_change);
	return all;
}

static void offer(struct follow_files *f, struct follow_seen *const *waiting, size_t len)
{
	struct follow_batch *b = &f->batch;

	for (unsigned i = 0; i < b->len; i++)
		free(b->paths[i]);
	b->len = 0;
	for (size_t i = 0; i < len && b->len < FOLLOW_BATCH_MAX && !atomic_load(&f->stop); i++)
		if (waiting[i]->has_newer || (double)age_ns(waiting[i]) >= f->options.quiet_s * 1e9)
			check(f, waiting[i]);
	sort_batch(b);
	if (b->len > 0)
		atomic_store_explicit(&f->offered, true, memory_order_release);
}

static void publish(struct follow_files *f)
{
	uint64_t counts[PASSED + 1] = {0}, oldest_ns = 0;

	for (size_t i = 0; i < f->search.seen_len; i++) {
		const struct follow_seen *s = &f->search.seen[i];
		counts[s->state]++;
		if (s->state == WAITING && age_ns(s) > oldest_ns)
			oldest_ns = age_ns(s);
	}
	atomic_store(&f->waiting, counts[WAITING]);
	atomic_store(&f->refused, counts[REFUSED]);
	atomic_store(&f->passed, counts[PASSED]);
	atomic_store(&f->oldest_s, oldest_ns / 1000000000);
}

static void look(struct follow_files *f)
{
	size_t len;

	follow_search(&f->search);
	for (size_t i = 0; i < f->search.seen_len && f->options.after != FOLLOW_LEAVE; i++)
		if (f->search.seen[i].state == TAKEN)
			follow_dispose(f->search.seen[i].path,
				f->options.after == FOLLOW_MOVE ? f->options.move_to : NULL);
	struct follow_seen **waiting = order(f, &len);
	// while a batch is committed and not applied, the journal does not know yet what was taken
	if (waiting && !atomic_load_explicit(&f->offered, memory_order_acquire) && !follow_journal_is_open(f->journal))
		offer(f, waiting, len);
	free(waiting);
	publish(f);
}

static void *run(void *context)
{
	struct follow_files *f = context;

	pthread_setname_np(pthread_self(), "follow");
	while (!atomic_load(&f->stop)) {
		if (atomic_load(&f->go))
			look(f);
		for (int us = 0; us < LOOK_US && !atomic_load(&f->stop); us += STOP_US)
			usleep(STOP_US);
	}
	return NULL;
}

// the main thread ────────────────────────────────────────────────────────────────────────────

struct follow_files *follow_files_new(const struct follow_files_options *options, struct follow_journal *journal)
{
	struct follow_files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->options = *options;
	f->journal = journal;
	hash_key_from(&f->key, 1);
	f->search = (struct follow_search){.options = &f->options, .journal = journal};
	hash_key_from(&f->search.key, 1);
	return f;
}

int follow_files_start(struct follow_files *f)
{
	f->is_started = pthread_create(&f->thread, NULL, run, f) == 0;
	return f->is_started ? 0 : -1;
}

void follow_files_go(struct follow_files *f)
{
	atomic_store(&f->go, true);
}

const struct follow_batch *follow_files_batch(struct follow_files *f)
{
	return atomic_load_explicit(&f->offered, memory_order_acquire) ? &f->batch : NULL;
}

void follow_files_done(struct follow_files *f)
{
	atomic_fetch_add(&f->taken, f->batch.len);
	atomic_store_explicit(&f->offered, false, memory_order_release);
}

struct follow_levels follow_files_levels(struct follow_files *f)
{
	return (struct follow_levels){.waiting = atomic_load(&f->waiting),
		.taken = atomic_load(&f->taken),
		.refused = atomic_load(&f->refused),
		.passed = atomic_load(&f->passed),
		.oldest_s = atomic_load(&f->oldest_s)};
}

void follow_files_stop(struct follow_files *f)
{
	if (!f)
		return;
	atomic_store(&f->stop, true);
	if (f->is_started)
		pthread_join(f->thread, NULL);
	for (unsigned i = 0; i < f->batch.len; i++)
		free(f->batch.paths[i]);
	follow_search_forget(&f->search);
	free(f);
}

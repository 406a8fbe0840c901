// SPDX-License-Identifier: BSD-3-Clause
// Repairs the spool's file while it is in use: deleted, renamed, replaced, truncated or damaged. What can be read through
// the open descriptor is written to a new file in the old place. Nothing is acknowledged until that is on disk.
#include "collector/spool/rebuild.h"
#include "collector/spool/state.h"

#include "collector/base/beat.h"
#include "collector/base/metrics.h"
#include "dataplane/common/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// A signal handler: only async-signal-safe calls.
static void end_by_bus_error(int number)
{
	static const char line[] =
		"lookback-collector: error: spool: found a file in spool.dir truncated or unreadable while in use (SIGBUS), "
		"expected it unchanged; exiting: the next start takes over what is left\n";

	ssize_t done = write(STDERR_FILENO, line, sizeof(line) - 1);
	(void)done;
	_exit(SPOOL_EXIT);
}

void spool_catch_bus_error(void)
{
	const struct sigaction action = {.sa_handler = end_by_bus_error};

	sigaction(SIGBUS, &action, NULL);
}

const char *const spool_fault_text[] = {[SPOOL_WELL] = "",
	[SPOOL_DELETED] = "its file was deleted",
	[SPOOL_MOVED] = "its file is no longer in spool.dir",
	[SPOOL_CUT_OFF] = "its file was truncated",
	[SPOOL_DAMAGED] = "its file is damaged",
	[SPOOL_UNLOCKED] = "its lock is no longer in spool.dir",
	[SPOOL_UNSETTLED] = "its lock was lost in a commit"};

enum spool_fault spool_examine(const struct spool *s)
{
	int fd = store_fd(&s->store);
	struct stat st;

	if (s->unlinked || s->broken)
		return s->broken;
	if (fstat(fd, &st) != 0)
		return SPOOL_MOVED;
	if (st.st_nlink == 0)
		return SPOOL_DELETED;
	if ((uint64_t)st.st_size < s->store.end)
		return SPOOL_CUT_OFF;
	if (!spool_is_at(s->settings.dir, "data.mdb", fd))
		return SPOOL_MOVED;
	return spool_is_at(s->settings.dir, "lock", s->lock_fd) ? SPOOL_WELL : SPOOL_UNLOCKED;
}

// Only the lock file is gone: creates and locks a new one, unless another collector has.
static int lock_again(struct spool *s)
{
	char why[sizeof(s->settings.dir) + 100];

	if (spool_folder_make(s->settings.dir, why, sizeof(why)) == 0 && spool_folder_lock(s, why, sizeof(why)) == 0)
		return 0;
	log_debug("%s", why);
	return EBUSY;
}

// Uses the streams known in memory instead of those in the file, which may be damaged.
static void take_streams(struct spool *s, struct salvage *v)
{
	for (size_t slot = 0; slot < STREAMS_MAX; slot++) {
		v->streams[slot] = s->committed[slot];
		v->has_stream[slot] = s->committed[slot].received > 0;
	}
}

// The new file takes the place of the old one. Both contain the same: if the new one is gone by now as well, the next
// check finds that before anything is acknowledged, and it is the one that is read then.
static void adopt(struct spool *s, const struct salvage *v, const struct store *fresh)
{
	struct store old = s->store;

	s->broken = SPOOL_WELL;
	s->place = spool_folder_place(s->settings.dir);
	pthread_mutex_lock(&s->lock);
	s->store = *fresh;
	s->store.meta.place = s->place; // written by the next commit
	for (size_t i = 0; i < v->len; i++)
		if (v->batches[i].head.flags & STORE_LOST)
			spool_lose(s, v->meta.first + i);
	if (v->lost > 0)
		snprintf(s->damage, sizeof(s->damage),
			"the spool file was damaged while in use: %lu batches, %lu sightings%s are lost",
			(unsigned long)v->lost, (unsigned long)v->lost_sightings,
			v->lost_uncounted > 0 ? " or more," : ",");
	pthread_mutex_unlock(&s->lock);
	store_close(&old);
}

static int exchange(struct spool *s, enum spool_fault fault)
{
	struct rebuild r = {.dir = s->settings.dir,
		.name = "replaced",
		.map_size = spool_map_size(s),
		.lock_fd = s->lock_fd};
	struct salvage *v = calloc(1, sizeof(*v));
	struct store fresh;
	int fd = store_fd(&s->store);

	int result = v ? salvage_read(v, fd, &s->store.meta) : ENOMEM;
	if (result == 0) {
		take_streams(s, v);
		result = rebuild_file(&r, v, fd, &fresh);
	}
	if (result == 0) {
		adopt(s, v, &fresh);
		metrics_add(spool_repaired, 1);
		log_error(
			"spool %s: %s while in use; created a new file with %lu of its %lu batches%s%s; nothing was acknowledged in between",
			r.dir, spool_fault_text[fault], (unsigned long)(v->len - v->lost - v->lost_in_redis),
			(unsigned long)v->len, r.aside[0] ? "; the file found in its place is now " : "", r.aside);
	}
	if (v)
		salvage_free(v);
	free(v);
	return result;
}

int spool_repair(struct spool *s, enum spool_fault fault)
{
	beat_long(true); // the writer waits for it, too
	pthread_mutex_lock(&s->reading);
	int result = spool_is_at(s->settings.dir, "lock", s->lock_fd) ? 0 : lock_again(s);
	if (fault != SPOOL_UNLOCKED) {
		s->broken = fault;
		if (result == 0)
			result = exchange(s, fault);
	} else if (result == 0) {
		log_warning("spool %s: %s; created again", s->settings.dir, spool_fault_text[fault]);
	}
	pthread_mutex_unlock(&s->reading);
	beat_long(false);
	return result;
}

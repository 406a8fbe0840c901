// SPDX-License-Identifier: BSD-3-Clause
// The spool's thread: writes frames from memory to the disk, as many as there are in one transaction. The same
// transaction deletes batches that were kept long enough.
#include "collector/spool/commit.h"

#include "collector/base/timed_wait.h"
#include "collector/base/beat.h"
#include "collector/base/metrics.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TURN_MS = 500, // between checks of the file, and of batches to delete
	RETRY_MIN_MS = 100,
	RETRY_MAX_MS = 2000,
	STOP_MS = 5000, // how long spool_stop waits for a disk that fails
	LOG_AGAIN_MS = 60000
};

static struct store_stream stream_as_committed(const struct spool_frame *frame)
{
	if (frame->kind == SPOOL_END)
		return (struct store_stream){.received = 0};
	return (struct store_stream){.hello = frame->stream->hello,
		.received = frame->number,
		.ended = frame->kind == SPOOL_BYE,
		.sightings = frame->taken,
		.counted = frame->counted};
}

static int put_frame(struct spool *s, MDB_txn *txn, struct spool_commit_group *g, const struct spool_frame *frame)
{
	uint64_t slot = (uint64_t)(frame->stream - s->streams->slots);
	const struct store_stream stream = stream_as_committed(frame);

	if (frame->kind == SPOOL_END)
		return store_put_stream(&s->store, txn, slot, NULL);
	int result = store_put_stream(&s->store, txn, slot, &stream);
	if (result != 0 || frame->kind != SPOOL_RECORDS)
		return result;
	struct store_head head = {.records = frame->records,
		.size = frame->size,
		.hello = frame->stream->hello,
		.frame = frame->number,
		.sightings = frame->sightings};
	return store_put_batch(&s->store, txn, g->meta.next++, &head, frame->body);
}

static int write_group(struct spool *s, MDB_txn *txn, struct spool_commit_group *g)
{
	int result = 0;

	for (uint64_t n = s->first; result == 0 && n <= g->delete_to; n++)
		result = store_delete(&s->store, txn, n);
	for (size_t i = 0; result == 0 && i < g->len; i++)
		result = put_frame(s, txn, g, &g->frames[i]->frame);
	if (g->given_up > 0)
		g->meta.given_up = g->delete_to;
	g->meta.first = g->delete_to + 1;
	if (s->owned)
		g->meta.confirmed = g->meta.next - 1;
	return result ? result : store_put_meta(&s->store, txn, &g->meta);
}

static int commit_group(struct spool *s, struct spool_commit_group *g)
{
	MDB_txn *txn;
	uint64_t start = monotonic_ms();
	int result = store_begin(&s->store, &txn);

	if (result != 0)
		return result;
	result = write_group(s, txn, g);
	if (result != 0) {
		mdb_txn_abort(txn);
		return result;
	}
	result = store_commit(&s->store, txn);
	metrics_add(spool_commits, 1);
	metrics_add(spool_commits_slow, monotonic_ms() - start > 1000);
	return result;
}

static void note_given_up(const struct spool_commit_group *g)
{
	static uint64_t logged_ms, since;

	if (g->given_up == 0)
		return;
	metrics_add(batches_given_up, g->given_up);
	metrics_add(records_given_up, g->given_up_records);
	metrics_add(sightings_given_up, g->given_up_sightings);
	since += g->given_up;
	uint64_t now = monotonic_ms();
	if (logged_ms != 0 && now - logged_ms < LOG_AGAIN_MS)
		return;
	log_error(
		"spool.size: found the spool full for spool.patience; the oldest %lu batches, which Redis does not have, were given up; raise spool.size, or see why Redis does not accept them",
		(unsigned long)since);
	logged_ms = now;
	since = 0;
}

// The transaction is on disk: updates what is in memory, and wakes the inbox and the writer.
static void settle(struct spool *s, struct spool_commit_group *g)
{
	uint64_t one = 1;

	pthread_mutex_lock(&s->lock);
	spool_settle(s, g->delete_to, SPOOL_GIVEN_UP);
	for (; s->first <= g->delete_to; s->first++, s->entries_at++) {
		uint32_t size = s->entries[s->entries_at].size;
		s->bytes -= size;
		if (s->first > s->acked)
			s->waiting_bytes -= size;
	}
	uint64_t number = s->store.meta.next;
	for (size_t i = 0; i < g->len; i++) {
		struct spool_frame *frame = &g->frames[i]->frame;
		const struct spool_entry entry = {.size = spool_frame_on_disk(g->frames[i]),
			.records = frame->records,
			.sightings = frame->sightings};
		if (frame->kind == SPOOL_RECORDS && !spool_append(s, number++, &entry))
			abort(); // out of memory for 32 octets; nothing is lost, all is on disk
		s->committed[frame->stream - s->streams->slots] = stream_as_committed(frame);
		if (frame->number > frame->stream->safe)
			frame->stream->safe = frame->number;
		__atomic_sub_fetch(&frame->stream->queued, 1, __ATOMIC_RELEASE);
		s->memory -= sizeof(*g->frames[i]) + frame->size;
		s->memory_sightings -= frame->sightings;
	}
	s->store.meta = g->meta;
	if (g->len > 0) {
		s->oldest = g->frames[g->len - 1]->next;
		if (!s->oldest)
			s->newest = NULL;
		s->full_since_ms = 0;
	}
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < g->len; i++)
		free(g->frames[i]);
	ssize_t done = write(s->fd, &one, sizeof(one));
	(void)done;
}

// Logs a new problem, or that it is over.
static void note_state(struct spool *s, const char *why)
{
	pthread_mutex_lock(&s->lock);
	bool changed = strcmp(s->why, why) != 0, was_well = s->why[0] == '\0';
	snprintf(s->why, sizeof(s->why), "%s", why);
	pthread_mutex_unlock(&s->lock);
	metrics_set(spool_up, *why == '\0');
	if (!changed)
		return;
	if (*why)
		log_warning("%s; dataplanes keep their records until the spool accepts frames again", why);
	else if (!was_well)
		log_info("spool: accepts frames again");
}

static void note_trouble(struct spool *s, int result, bool full, enum spool_fault fault)
{
	char why[300];

	if (fault != SPOOL_WELL)
		snprintf(why, sizeof(why), "spool: %s; cannot create a new file: %s", spool_fault_text[fault],
			store_error(result));
	else if (result == ENOSPC)
		snprintf(why, sizeof(why), "spool: the disk of spool.dir is full");
	else if (full || result == MDB_MAP_FULL)
		snprintf(why, sizeof(why), "spool: full (spool.size), because Redis does not accept its batches");
	else
		snprintf(why, sizeof(why), "spool: %s", store_error(result));
	note_state(s, why);
}

// After a commit: what is wrong with the file. A lock that is gone is created again at once.
static enum spool_fault examine_committed(struct spool *s)
{
	enum spool_fault fault = spool_examine(s);

	if (fault == SPOOL_UNLOCKED && spool_repair(s, fault) == 0)
		fault = spool_examine(s);
	return fault == SPOOL_UNLOCKED ? SPOOL_UNSETTLED : fault;
}

// Writes the group, and checks that the file is still in its place: otherwise nobody would find it again. With a fault, the
// group does not count: the file that replaces this one does not contain it, and it is written again.
static int write_and_look(struct spool *s, struct spool_commit_group *g, enum spool_fault *fault)
{
	int result = commit_group(s, g);

	if (result == 0) // what was written into a file that nobody will find again is not safe
		*fault = examine_committed(s);
	else if (store_is_damage(result))
		*fault = SPOOL_DAMAGED;
	return result == 0 && *fault != SPOOL_WELL ? EBADMSG : result;
}

// One transaction, if there is anything to write or delete. Returns 0, or the error that makes frames wait.
static int write_turn(struct spool *s, enum spool_fault *fault)
{
	static struct spool_commit_group g;
	int result = 0;

	pthread_mutex_lock(&s->lock);
	bool any = s->oldest != NULL;
	uint64_t used = s->bytes;
	pthread_mutex_unlock(&s->lock);
	int disk = s->map_full ? MDB_MAP_FULL : any ? store_reserve(&s->store, GROUP_BYTES_MAX / 4) : 0;
	bool room = spool_commit_choose(s, &g, disk);
	if (!room && disk != 0 && any && g.delete_to + 1 == s->first &&
		store_free_bytes(&s->store, used) > GROUP_BYTES_MAX / 2 + STORE_SLACK)
		room = spool_commit_choose(s, &g, 0); // inside the file, without growing it
	if (g.len > 0 || g.delete_to + 1 > s->first)
		result = write_and_look(s, &g, fault);
	s->map_full = result == MDB_MAP_FULL;
	bool freed = result == 0 && g.delete_to + 1 > s->first;
	if (result == 0 && (g.len > 0 || freed)) {
		note_given_up(&g);
		settle(s, &g);
	}
	if (freed && any && !room)
		return 0; // made some room: retry at once
	if (result != 0 || (any && !room)) {
		if (*fault == SPOOL_WELL)
			note_trouble(s, result ? result : disk, result == 0 && disk == 0, SPOOL_WELL);
		return result ? result : ENOSPC;
	}
	note_state(s, "");
	return 0;
}

// After spool.size was raised.
static void enlarge(struct spool *s)
{
	uint64_t wanted = spool_map_size(s);

	if (wanted <= s->store.map_size)
		return;
	pthread_mutex_lock(&s->reading);
	int result = store_set_map_size(&s->store, wanted);
	pthread_mutex_unlock(&s->reading);
	s->map_full &= result != 0;
}

static int turn(struct spool *s)
{
	pthread_mutex_lock(&s->writing);
	enum spool_fault fault = spool_examine(s);
	int result = 0;
	if (fault == SPOOL_WELL) {
		enlarge(s);
		result = write_turn(s, &fault);
	}
	if (fault != SPOOL_WELL) {
		result = spool_repair(s, fault);
		if (result != 0)
			note_trouble(s, result, false, fault);
	}
	pthread_mutex_unlock(&s->writing);
	return result;
}

// Waits for frames, up to `ms`; with `pause`, waits `ms` even if there are frames. False if the thread has to end.
static bool wait_for_work(struct spool *s, unsigned ms, bool pause, uint64_t *stop_at_ms)
{
	const struct timespec until = timed_wait_until(ms);

	beat_rest(true);
	pthread_mutex_lock(&s->lock);
	while (!s->stopping && (pause || !s->oldest))
		if (pthread_cond_timedwait(&s->more, &s->lock, &until) != 0)
			break;
	bool stopping = s->stopping, empty = !s->oldest;
	pthread_mutex_unlock(&s->lock);
	beat_rest(false);
	if (stopping && *stop_at_ms == 0)
		*stop_at_ms = monotonic_ms() + STOP_MS;
	return !stopping || (!empty && monotonic_ms() < *stop_at_ms);
}

void *spool_commit_run(void *arg)
{
	struct spool *s = arg;
	uint64_t stop_at_ms = 0;
	unsigned retry_ms = 0;

	beat_begin(BEAT_SPOOL);
	while (wait_for_work(s, retry_ms ? retry_ms : TURN_MS, retry_ms > 0, &stop_at_ms)) {
		if (turn(s) == 0)
			retry_ms = 0;
		else
			retry_ms = retry_ms == 0		 ? RETRY_MIN_MS
				   : retry_ms * 2 < RETRY_MAX_MS ? retry_ms * 2
								 : RETRY_MAX_MS;
		if (stop_at_ms != 0 && retry_ms != 0)
			usleep(RETRY_MIN_MS * 1000);
	}
	beat_end();
	return NULL;
}

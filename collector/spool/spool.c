// SPDX-License-Identifier: BSD-3-Clause
// The callers' side: frames into memory, batches out of the file.
#include "collector/spool/spool.h"

#include "collector/base/metrics.h"
#include "collector/spool/state.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

// entries ──────────────────────────────────────────────────────────────────────────────────────

struct spool_entry *spool_entry(struct spool *s, uint64_t number)
{
	return &s->entries[s->entries_at + (number - s->first)];
}

bool spool_append(struct spool *s, uint64_t number, const struct spool_entry *entry)
{
	size_t len = s->last + 1 - s->first;

	if (len == 0) {
		s->first = number;
		s->entries_at = 0;
	}
	if (s->entries_at + len == s->entries_capacity) {
		if (s->entries_at > len) { // the front half is free
			memmove(s->entries, s->entries + s->entries_at, len * sizeof(*s->entries));
			s->entries_at = 0;
		} else {
			size_t capacity = s->entries_capacity ? 2 * s->entries_capacity : 1024;
			struct spool_entry *more = realloc(s->entries, capacity * sizeof(*more));
			if (!more)
				return false;
			s->entries = more;
			s->entries_capacity = capacity;
		}
	}
	s->entries[s->entries_at + len] = *entry;
	s->last = number;
	if (!(entry->flags & STORE_LOST))
		s->readable = number;
	s->bytes += entry->size;
	s->waiting_bytes += entry->size;
	if (number > s->account.settled)
		s->unsettled += entry->sightings;
	return true;
}

void spool_lose(struct spool *s, uint64_t number)
{
	if (number < s->first || number > s->last)
		return;
	spool_entry(s, number)->flags |= STORE_LOST;
	while (s->readable >= s->first && spool_entry(s, s->readable)->flags & STORE_LOST)
		s->readable--;
}

// inbox ────────────────────────────────────────────────────────────────────────────────────────

int spool_put(struct spool *s, const struct spool_frame *frame)
{
	if (frame->kind != SPOOL_END && spool_is_full(s))
		return -ENOBUFS;
	struct spool_pending *copy = malloc(sizeof(*copy) + frame->size);
	if (!copy)
		return -ENOMEM;
	*copy = (struct spool_pending){.frame = *frame};
	copy->frame.body = (const uint8_t *)(copy + 1);
	if (frame->size > 0)
		memcpy(copy + 1, frame->body, frame->size);

	pthread_mutex_lock(&s->lock);
	if (s->newest)
		s->newest->next = copy;
	else
		s->oldest = copy;
	s->newest = copy;
	s->memory += sizeof(*copy) + frame->size;
	s->memory_sightings += frame->sightings;
	s->account.taken += frame->sightings;
	__atomic_add_fetch(&frame->stream->queued, 1, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

bool spool_is_full(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	bool full = s->memory >= s->settings.memory;
	pthread_mutex_unlock(&s->lock);
	return full;
}

uint64_t spool_safe(struct spool *s, const struct stream *stream)
{
	pthread_mutex_lock(&s->lock);
	uint64_t safe = stream->safe;
	pthread_mutex_unlock(&s->lock);
	return safe;
}

int spool_fd(const struct spool *s)
{
	return s->fd;
}

// writer ───────────────────────────────────────────────────────────────────────────────────────

void spool_uuid(struct spool *s, char out[static STREAM_UUID_TEXT_SIZE])
{
	pthread_mutex_lock(&s->lock); // a commit writes it, though the same
	stream_uuid_text(s->store.meta.uuid, out);
	pthread_mutex_unlock(&s->lock);
}

int spool_write_meta(struct spool *s, struct store_meta *meta, uint64_t delete_to)
{
	MDB_txn *txn;
	int result = spool_examine(s) == SPOOL_WELL ? store_begin(&s->store, &txn) : EBADMSG;

	if (result != 0)
		return result;
	for (uint64_t n = s->first; result == 0 && n <= delete_to; n++)
		result = store_delete(&s->store, txn, n);
	if (result == 0)
		result = store_put_meta(&s->store, txn, meta);
	if (result != 0) {
		mdb_txn_abort(txn);
		return result;
	}
	result = store_commit(&s->store, txn);
	if (result != 0)
		return result;
	pthread_mutex_lock(&s->lock);
	s->store.meta = *meta;
	if (delete_to >= s->first)
		spool_settle(s, delete_to, SPOOL_SKIPPED);
	for (; s->first <= delete_to && s->first <= s->last; s->first++, s->entries_at++)
		s->bytes -= s->entries[s->entries_at].size;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

// This spool is a copy older than what Redis has: what was in it when it was opened is in Redis. A
// new UUID, and that much gone, in one transaction. False where the disk does not take it.
static bool renew(struct spool *s, uint64_t in_redis)
{
	pthread_mutex_lock(&s->writing);
	struct store_meta meta = s->store.meta;
	int result = getrandom(meta.uuid, sizeof(meta.uuid), 0) == sizeof(meta.uuid) ? 0 : EIO;
	if (in_redis > meta.next - 1)
		in_redis = meta.next - 1;
	if (meta.first <= in_redis)
		meta.first = in_redis + 1;
	meta.acked = meta.confirmed = meta.halted = 0; // under the new UUID, Redis has nothing
	if (meta.given_up < meta.first - 1)
		meta.given_up = meta.first - 1; // Redis never had them under it
	meta.owner = meta.claim = (struct store_owner){.generation = 0};
	if (result == 0)
		result = spool_write_meta(s, &meta, in_redis);
	pthread_mutex_lock(&s->lock);
	meta.account = s->account;
	pthread_mutex_unlock(&s->lock);
	if (result == 0) // once more: the file's older state has it as well
		result = spool_write_meta(s, &meta, 0);
	if (result == 0) {
		pthread_mutex_lock(&s->lock);
		s->owned = false;
		s->opened = s->last; // all of it is of this UUID by now
		s->sought = false;
		spool_set_acked(s, 0);
		pthread_mutex_unlock(&s->lock);
	} else {
		log_error("spool: %s", store_error(result));
	}
	pthread_mutex_unlock(&s->writing);
	return result == 0;
}

bool spool_part(struct spool *s, uint64_t had)
{
	return renew(s, had);
}

void spool_set_acked(struct spool *s, uint64_t number)
{
	uint32_t now = (uint32_t)(monotonic_ms() / 100) | 1;

	s->acked = number;
	s->waiting_bytes = 0;
	for (uint64_t n = s->first; n <= s->last; n++) {
		struct spool_entry *e = spool_entry(s, n);
		if (n > number) {
			e->acked_ds = 0;
			s->waiting_bytes += e->size;
		} else if (e->acked_ds == 0) {
			e->acked_ds = now;
		}
	}
}

// With the lock held: what there is to tell where Redis holds `number`, which this spool has sent.
static struct spool_seek count_seek(struct spool *s, uint64_t number)
{
	struct spool_seek found = {.renewed = false};
	uint64_t acked = s->acked, given_up = s->store.meta.given_up;
	uint64_t from = number + 1 > s->first ? number + 1 : s->first;
	uint64_t had_to = acked < given_up ? acked : s->first - 1; // what was given up, was never in Redis
	uint64_t had_from = acked < given_up || number > given_up ? number : given_up;

	found.missing = had_to > had_from ? had_to - had_from : 0;
	found.again = acked >= from ? acked + 1 - from : 0;
	for (uint64_t n = acked + 1 > s->first ? acked + 1 : s->first; n <= number; n++) {
		found.skipped++;
		found.skipped_records += spool_entry(s, n)->records;
		found.skipped_sightings += spool_entry(s, n)->sightings;
	}
	return found;
}

struct spool_seek spool_seek(struct spool *s, uint64_t number)
{
	struct spool_seek found = {.renewed = true};

	pthread_mutex_lock(&s->writing); // what is being deleted is gone
	pthread_mutex_lock(&s->lock);
	uint64_t known = s->opened > s->acked ? s->opened : s->acked;
	uint64_t sent = s->sought ? s->last : s->opened; // at most
	if (number <= sent) {
		found = count_seek(s, number);
		spool_settle(s, number, SPOOL_SKIPPED);
		spool_set_acked(s, number);
		s->sought = true;
	}
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_unlock(&s->writing);
	if (!found.renewed)
		return found;
	log_error("redis holds number %lu of this spool, which has sent no more than %lu: the spool is an "
		  "old copy; it goes "
		  "on under a new UUID",
		(unsigned long)number, (unsigned long)sent);
	if (!renew(s, known < sent ? known : sent))
		usleep(100000);
	return found;
}

void spool_acknowledge(struct spool *s, uint64_t number)
{
	uint32_t now = (uint32_t)(monotonic_ms() / 100) | 1;

	pthread_mutex_lock(&s->lock);
	spool_settle(s, number, SPOOL_APPLIED);
	for (uint64_t n = s->acked + 1 > s->first ? s->acked + 1 : s->first; n <= number && n <= s->last; n++) {
		struct spool_entry *e = spool_entry(s, n);
		e->acked_ds = now;
		s->waiting_bytes -= e->size;
	}
	if (number > s->acked)
		s->acked = number;
	s->sought = true; // in a cluster, slots are asked
	bool empty = s->acked >= s->last;
	pthread_mutex_unlock(&s->lock);
	if (empty) { // whoever waits for the end looks again
		uint64_t one = 1;
		ssize_t done = write(s->fd, &one, sizeof(one));
		(void)done;
	}
}

uint64_t spool_acked(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t acked = s->acked;
	pthread_mutex_unlock(&s->lock);
	return acked;
}

uint64_t spool_first(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t first = s->first;
	pthread_mutex_unlock(&s->lock);
	return first;
}

uint64_t spool_last(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t last = s->last;
	pthread_mutex_unlock(&s->lock);
	return last;
}

void spool_stop_waiting(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->no_wait = true;
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
}

// anyone ───────────────────────────────────────────────────────────────────────────────────────

bool spool_is_empty(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	bool empty = !s->oldest && s->in_commit == 0 && s->acked >= s->last;
	pthread_mutex_unlock(&s->lock);
	return empty;
}

struct spool_levels spool_levels(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t all = s->last + 1 - s->first;
	uint64_t waiting = s->acked >= s->last ? 0 : s->acked >= s->first ? s->last - s->acked : all;
	struct spool_levels levels = {.waiting = waiting,
		.waiting_bytes = s->waiting_bytes,
		.kept = all - waiting,
		.bytes = s->bytes,
		.limit = s->settings.size,
		.memory = s->memory};
	pthread_mutex_unlock(&s->lock);
	return levels;
}

void spool_damage(struct spool *s, char *out, size_t out_size)
{
	pthread_mutex_lock(&s->lock);
	snprintf(out, out_size, "%s", s->damage);
	pthread_mutex_unlock(&s->lock);
}

bool spool_is_well(struct spool *s, char *why, size_t why_size)
{
	pthread_mutex_lock(&s->lock);
	snprintf(why, why_size, "%s", s->why);
	pthread_mutex_unlock(&s->lock);
	return why[0] == '\0';
}

void spool_reload(struct spool *s, const struct spool_settings *settings)
{
	pthread_mutex_lock(&s->lock);
	s->settings.size = settings->size;
	s->settings.memory = settings->memory;
	s->settings.keep_s = settings->keep_s;
	s->settings.patience_s = settings->patience_s;
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
}

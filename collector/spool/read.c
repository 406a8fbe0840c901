// SPDX-License-Identifier: BSD-3-Clause
// For the writer: reads batches from the file. Batches that cannot be read are counted as lost when their turn comes.
#include "collector/spool/state.h"

#include "collector/base/timed_wait.h"
#include "collector/base/metrics.h"
#include "dataplane/common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

// The writer has reached these batches; they cannot be read. Those that Redis does not have are lost.
static void give_up_lost(struct spool *s, uint64_t from, uint64_t to)
{
	uint64_t batches = 0, records = 0, sightings = 0, uncounted = 0;

	pthread_mutex_lock(&s->lock);
	for (uint64_t n = from > s->first ? from : s->first; n <= to && n <= s->last; n++) {
		struct spool_entry *e = spool_entry(s, n);
		if (n <= s->acked || (e->flags & (STORE_LOST | ENTRY_COUNTED)) != STORE_LOST)
			continue;
		e->flags |= ENTRY_COUNTED;
		batches++;
		records += e->records;
		sightings += e->sightings;
		uncounted += (e->flags & STORE_UNCOUNTED) != 0;
	}
	if (to >= s->last && from > s->readable && from <= s->acked + 1) {
		spool_settle(s, s->last, SPOOL_APPLIED); // counts them as damaged
		spool_set_acked(s, s->last);		 // nothing is waiting any more
	}
	pthread_mutex_unlock(&s->lock);
	if (batches == 0)
		return;
	metrics_add(batches_damaged, batches);
	metrics_add(batches_damaged_uncounted, uncounted);
	metrics_add(records_damaged, records);
	metrics_add(sightings_damaged, sightings);
	log_error(
		"spool: found %lu batches damaged that Redis does not have, expected none; lost: %lu records, %lu sightings%s",
		(unsigned long)batches, (unsigned long)records, (unsigned long)sightings,
		uncounted > 0 ? ", and those of batches whose head cannot be read" : "");
}

// Waits for a batch with a number of at least `from`. False if none came.
static bool wait_for(struct spool *s, uint64_t from, unsigned wait_ms)
{
	const struct timespec until = timed_wait_until(wait_ms);

	pthread_mutex_lock(&s->lock);
	while ((from > s->readable || s->first > s->readable) && !s->no_wait && wait_ms > 0)
		if (pthread_cond_timedwait(&s->more, &s->lock, &until) != 0)
			break;
	bool there = from <= s->readable && s->first <= s->readable;
	pthread_mutex_unlock(&s->lock);
	return there;
}

// Gives up all batches from `from` on if none of them can be read.
static void give_up_tail(struct spool *s, uint64_t from)
{
	pthread_mutex_lock(&s->lock);
	bool tail = from > s->readable && from <= s->last;
	uint64_t last = s->last;
	pthread_mutex_unlock(&s->lock);
	if (tail)
		give_up_lost(s, from, last);
}

// Reads the first batch from `*number` on. There is none while the file is damaged and not yet repaired.
static int read_one(struct spool *s, uint64_t *number, struct store_head *head, struct spool_batch *out)
{
	pthread_mutex_lock(&s->reading);
	int result = s->broken == SPOOL_CUT_OFF || s->broken == SPOOL_DAMAGED
			     ? MDB_NOTFOUND
			     : store_read(&s->store, number, head, &out->body, &out->capacity);
	pthread_mutex_unlock(&s->reading);
	return result;
}

// Notes that a batch is missing or damaged.
static void note_lost(struct spool *s, uint64_t number)
{
	pthread_mutex_lock(&s->lock);
	spool_lose(s, number);
	snprintf(s->damage, sizeof(s->damage),
		"the spool file was damaged while in use: batch %lu and maybe others cannot be read",
		(unsigned long)number);
	pthread_mutex_unlock(&s->lock);
}

bool spool_read(struct spool *s, uint64_t from, struct spool_batch *out, unsigned wait_ms)
{
	struct store_head head;

	give_up_tail(s, from);
	if (!wait_for(s, from, wait_ms))
		return false;
	for (uint64_t number = from;; number++) {
		int result = read_one(s, &number, &head, out);
		if (result == 0 && !(head.flags & STORE_LOST)) {
			if (number > from)
				give_up_lost(s, from, number - 1);
			out->number = number;
			out->hello = head.hello;
			out->records = head.records;
			out->sightings = head.sightings;
			out->size = head.size;
			return true;
		}
		if (result == EBADMSG) {
			note_lost(s, number);
		} else if (result != 0) {
			if (result != MDB_NOTFOUND)
				log_error("spool: cannot read batch %lu: %s", (unsigned long)number,
					store_error(result));
			give_up_lost(s, from, number - 1);
			return false;
		}
	}
}

void spool_batch_free(struct spool_batch *b)
{
	free(b->body);
	*b = (struct spool_batch){.body = NULL};
}

void spool_stop_waiting(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->no_wait = true;
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
}

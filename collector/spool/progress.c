// SPDX-License-Identifier: BSD-3-Clause
// Which batches Redis has, in memory and noted on disk, and whether writing has stopped until a person decides.
#include "collector/spool/state.h"

#include "dataplane/common/monotonic.h"

#include <unistd.h>

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
	s->sought = true; // in a cluster there is no spool_seek: slots are asked
	bool empty = s->acked >= s->last;
	pthread_mutex_unlock(&s->lock);
	if (empty) { // wakes the inbox, which waits for this
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

// Notes on disk which batches Redis has, so that the next start knows it before it reaches Redis.
static void write_acked(struct spool *s, uint64_t halted)
{
	struct store_meta meta = s->store.meta;

	pthread_mutex_lock(&s->lock);
	meta.acked = s->acked;
	meta.account = spool_account_after(s, s->first - 1, 0);
	pthread_mutex_unlock(&s->lock);
	meta.halted = halted;
	if (meta.acked != s->store.meta.acked || meta.halted != s->store.meta.halted)
		spool_write_meta(s, &meta, 0); // if this fails, the next start only knows less
}

void spool_remember(struct spool *s)
{
	pthread_mutex_lock(&s->writing);
	write_acked(s, s->store.meta.halted);
	pthread_mutex_unlock(&s->writing);
}

void spool_halt(struct spool *s, uint64_t sent)
{
	pthread_mutex_lock(&s->writing);
	write_acked(s, store_halted_at(sent));
	pthread_mutex_unlock(&s->writing);
}

void spool_go_on(struct spool *s)
{
	pthread_mutex_lock(&s->writing);
	if (s->store.meta.halted != 0)
		write_acked(s, 0);
	pthread_mutex_unlock(&s->writing);
}

uint64_t spool_halted_at(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t sent = store_halted_sent(s->store.meta.halted);
	pthread_mutex_unlock(&s->lock);
	return sent;
}

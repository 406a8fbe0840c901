// SPDX-License-Identifier: BSD-3-Clause
// What became of the sightings that dataplanes have sent. Stored in the spool's file together with the batch that Redis has,
// so that the sum holds over restarts:
//
//     taken = applied + skipped + refused + given up + damaged + waiting
//
// Each batch counts once, in the order of the numbers; `settled` is the last one counted. A batch that Redis loses and gets
// again is not counted again.
#include "collector/spool/state.h"

// With `lock` held. Sightings of the batches after `settled` up to `to`; in `*damaged`, those of batches that cannot be read.
static uint64_t add_up(struct spool *s, uint64_t to, uint64_t *damaged)
{
	uint64_t sum = 0, from = s->account.settled + 1 > s->first ? s->account.settled + 1 : s->first;

	*damaged = 0;
	for (uint64_t n = from; n <= to && n <= s->last; n++) {
		const struct spool_entry *e = spool_entry(s, n);
		if (e->flags & STORE_LOST)
			*damaged += e->sightings;
		else
			sum += e->sightings;
	}
	return sum;
}

static void count(struct store_account *a, enum spool_outcome outcome, uint64_t sum, uint64_t refused, uint64_t damaged)
{
	if (refused > sum)
		refused = sum;
	a->refused += refused;
	a->damaged += damaged;
	sum -= refused;
	if (outcome == SPOOL_APPLIED)
		a->applied += sum;
	else if (outcome == SPOOL_SKIPPED)
		a->skipped += sum;
	else
		a->given_up += sum;
}

void spool_settle(struct spool *s, uint64_t to, enum spool_outcome outcome)
{
	uint64_t damaged, sum = add_up(s, to, &damaged);

	count(&s->account, outcome, sum, outcome == SPOOL_APPLIED ? s->refused : 0, damaged);
	if (outcome == SPOOL_APPLIED)
		s->refused = 0;
	s->unsettled -= sum + damaged;
	if (to > s->account.settled)
		s->account.settled = to;
}

struct store_account spool_account_after(struct spool *s, uint64_t delete_to, uint64_t committing)
{
	struct store_account a = s->account;
	uint64_t damaged, sum = add_up(s, delete_to, &damaged);

	count(&a, SPOOL_GIVEN_UP, sum, 0, damaged);
	if (delete_to > a.settled)
		a.settled = delete_to;
	a.taken -= s->memory_sightings - committing;
	return a;
}

void spool_account_begin(struct spool *s)
{
	s->account = s->store.meta.account;
	if (s->account.settled < s->store.meta.acked) // of a version that kept no account
		s->account.settled = s->store.meta.acked;
}

void spool_account_open(struct spool *s)
{
	struct store_account *a = &s->account;
	uint64_t known = a->applied + a->skipped + a->refused + a->given_up + a->damaged + s->unsettled;

	if (a->taken > known) // of batches that are gone without a trace
		a->damaged += a->taken - known;
	else
		a->taken = known;
}

void spool_refuse(struct spool *s, uint64_t sightings)
{
	pthread_mutex_lock(&s->lock);
	s->refused += sightings;
	pthread_mutex_unlock(&s->lock);
}

struct spool_account spool_account(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	const struct store_account *a = &s->account;
	struct spool_account account = {.taken = a->taken,
		.applied = a->applied,
		.skipped = a->skipped,
		.refused = a->refused,
		.given_up = a->given_up,
		.damaged = a->damaged,
		.waiting = s->unsettled + s->memory_sightings};
	pthread_mutex_unlock(&s->lock);
	account.unbalanced = account.taken != account.applied + account.skipped + account.refused + account.given_up +
						      account.damaged + account.waiting;
	return account;
}

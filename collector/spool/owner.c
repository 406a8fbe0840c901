// SPDX-License-Identifier: BSD-3-Clause
// Which process owns the spool's UUID, as noted in the spool's file. The rules are in number/lease.h.
#include "collector/spool/state.h"

#include "dataplane/common/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t NONCE_MAX = 100000000000000000; // replies are read as numbers of at most 18 digits

bool spool_owner_begin(struct spool *s)
{
	if (getrandom(&s->nonce, sizeof(s->nonce), 0) != sizeof(s->nonce))
		return false;
	s->nonce = s->nonce % NONCE_MAX + 1;
	s->place = spool_folder_place(s->settings.dir);
	s->same_place = s->place != 0 && s->store.meta.place == s->place;
	return true;
}

void spool_owner(struct spool *s, struct spool_owner *out)
{
	pthread_mutex_lock(&s->lock);
	const struct store_meta *meta = &s->store.meta;
	*out = (struct spool_owner){.owner_generation = meta->owner.generation,
		.owner_nonce = meta->owner.nonce,
		.claim_generation = meta->claim.generation,
		.claim_nonce = meta->claim.nonce,
		.confirmed = meta->confirmed,
		.opened = s->opened,
		.last = s->last,
		.acked = s->acked,
		.owned = s->owned,
		.same_place = s->same_place};
	pthread_mutex_unlock(&s->lock);
}

// With `writing` held: writes the meta record twice, so that the older state that LMDB keeps contains it as well.
static bool write_twice(struct spool *s, struct store_meta *meta)
{
	int result = spool_write_meta(s, meta, 0);

	if (result == 0)
		result = spool_write_meta(s, meta, 0);
	if (result != 0)
		log_error("spool: %s", store_error(result));
	return result == 0;
}

bool spool_owner_claim(struct spool *s, uint64_t generation, uint64_t nonce)
{
	pthread_mutex_lock(&s->writing);
	struct store_meta meta = s->store.meta;
	if (nonce == meta.claim.nonce && nonce != 0)
		meta.owner = meta.claim;
	if (generation < meta.owner.generation)
		generation = meta.owner.generation;
	if (generation < meta.claim.generation)
		generation = meta.claim.generation;
	meta.claim = (struct store_owner){.generation = generation + 1, .nonce = s->nonce};
	meta.place = s->place;
	bool done = write_twice(s, &meta);
	pthread_mutex_unlock(&s->writing);
	return done;
}

void spool_owner_take(struct spool *s)
{
	pthread_mutex_lock(&s->writing);
	struct store_meta meta = s->store.meta;
	meta.owner = meta.claim;
	meta.confirmed = meta.next - 1;
	bool done = write_twice(s, &meta);
	pthread_mutex_lock(&s->lock);
	s->owned = done;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_unlock(&s->writing);
}

void spool_owner_lose(struct spool *s)
{
	pthread_mutex_lock(&s->writing);
	pthread_mutex_lock(&s->lock);
	s->owned = false;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_unlock(&s->writing);
}

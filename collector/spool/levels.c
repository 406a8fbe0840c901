// SPDX-License-Identifier: BSD-3-Clause
// How full the spool is, and whether it works. Settings that change while it is open.
#include "collector/spool/state.h"

#include <stdio.h>

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

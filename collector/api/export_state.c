// SPDX-License-Identifier: BSD-3-Clause
#include "collector/api/export_state.h"

#include <stdlib.h>

void api_export_wake(struct api_export *x)
{
	if (x->waiting)
		MHD_resume_connection(x->connection);
	x->waiting = false;
}

struct api_exports *api_exports_new(void)
{
	struct api_exports *all = calloc(1, sizeof(*all));

	if (all) {
		pthread_mutex_init(&all->lock, NULL);
		pthread_cond_init(&all->change, NULL);
	}
	return all;
}

void api_exports_free(struct api_exports *all)
{
	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	while (all->len > 0) // threads may be in the middle of a reply from Redis
		pthread_cond_wait(&all->change, &all->lock);
	pthread_mutex_unlock(&all->lock);
	pthread_mutex_destroy(&all->lock);
	pthread_cond_destroy(&all->change);
	free(all);
}

void api_exports_stop(struct api_exports *all)
{
	pthread_mutex_lock(&all->lock);
	all->stopping = true;
	for (struct api_export *x = all->first; x; x = x->next) {
		pthread_mutex_lock(&x->lock);
		x->ended = x->failed = x->gone = true;
		pthread_cond_broadcast(&x->change);
		api_export_wake(x);
		pthread_mutex_unlock(&x->lock);
	}
	pthread_mutex_unlock(&all->lock);
}

void api_export_drop(struct api_export *x)
{
	pthread_mutex_lock(&x->lock);
	bool last = --x->users == 0;
	pthread_mutex_unlock(&x->lock);
	if (!last)
		return;
	struct api_exports *all = x->all;
	pthread_mutex_lock(&all->lock);
	for (struct api_export **at = &all->first; *at; at = &(*at)->next) {
		if (*at == x) {
			*at = x->next;
			break;
		}
	}
	pthread_mutex_unlock(&all->lock);
	for (int i = 0; i < EXPORT_BLOCKS; i++)
		redis_buffer_free(&x->block[i]);
	redis_buffer_free(&x->plain);
	http_gzip_free(x->gzip);
	pthread_mutex_destroy(&x->lock);
	pthread_cond_destroy(&x->change);
	free(x);
	pthread_mutex_lock(&all->lock);
	all->len--;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
}

void api_export_leave(struct api_export *x)
{
	pthread_mutex_lock(&x->lock);
	x->gone = true;
	pthread_cond_broadcast(&x->change);
	pthread_mutex_unlock(&x->lock);
	api_export_drop(x);
}

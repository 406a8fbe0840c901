// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/reloader.h"

#include "collector/base/metrics.h"
#include "collector/base/round.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct context_reloader {
	struct context *context;
	pthread_t thread;
	pthread_mutex_t lock; // of what follows
	pthread_cond_t changed;
	bool asked, stopping;
};

static void set_metrics(const struct context *c)
{
	metrics_set(context_asn, context_entries(c, CONTEXT_ASN));
	metrics_set(context_country, context_entries(c, CONTEXT_COUNTRY));
	metrics_set(context_labels, context_entries(c, CONTEXT_LABELS));
	metrics_set(context_popular, context_entries(c, CONTEXT_POPULAR));
	metrics_set(context_prefixes, context_entries(c, CONTEXT_PREFIXES));
}

static void *run(void *arg)
{
	struct context_reloader *r = arg;

	pthread_setname_np(pthread_self(), "context");
	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (!r->asked && !r->stopping)
			pthread_cond_wait(&r->changed, &r->lock);
		if (r->stopping)
			break;
		r->asked = false;
		pthread_mutex_unlock(&r->lock);
		unsigned failed = context_reload(r->context);
		metrics_add(context_failed, failed);
		set_metrics(r->context);
		if (failed == 0)
			log_info("files of context settings read again");
		round_end(failed == 0 ? NULL : "a file of the context settings could not be read; the log names it");
		pthread_mutex_lock(&r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

int context_reloader_start(struct context_reloader **out, struct context *c, char *why, size_t why_size)
{
	*out = NULL;
	set_metrics(c);
	if (!context_has_files(c))
		return 0;
	struct context_reloader *r = calloc(1, sizeof(*r));
	if (!r)
		return -1;
	r->context = c;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	int error = pthread_create(&r->thread, NULL, run, r);
	if (error != 0) {
		snprintf(why, why_size, "cannot start a thread: %s", strerror(error));
		free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void context_reloader_ask(struct context_reloader *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	if (!r->asked)
		round_join();
	r->asked = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void context_reloader_stop(struct context_reloader *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	free(r);
}

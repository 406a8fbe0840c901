// SPDX-License-Identifier: BSD-3-Clause
// Changes while the workers run: filters that were read again, ports that go away and come back.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/workers.h"
#include "dataplane/service/control.h"

enum { TURN_WAIT_US = 200 };

static bool is_over(const struct worker *w)
{
	return atomic_load_explicit(&w->over, memory_order_acquire);
}

// Turns are counted from now on, for turns_are_over.
static void count_turns(struct dataplane *d)
{
	for (unsigned i = 0; i < d->settings.workers; i++)
		d->workers[i].reload_polls = stats_get(&d->workers[i].stats.polls);
}

// Whether every worker has begun a turn since count_turns, or has had its last one.
static bool turns_are_over(const struct dataplane *d)
{
	for (unsigned i = 0; i < d->settings.workers; i++) {
		const struct worker *w = &d->workers[i];
		if (stats_get(&w->stats.polls) < w->reload_polls + 2 && !is_over(w))
			return false;
	}
	return true;
}

void workers_pause_port(void *dataplane, unsigned index)
{
	struct dataplane *d = dataplane;

	for (unsigned i = 0; i < d->settings.workers; i++)
		for (uint32_t s = 0; s < d->workers[i].sources_len; s++)
			if (d->workers[i].sources[s].index == index)
				atomic_store(&d->workers[i].sources[s].paused, true);
	for (count_turns(d); !turns_are_over(d);) // workers of live packets never wait within a turn
		usleep(TURN_WAIT_US);
}

void workers_resume_port(void *dataplane, unsigned index)
{
	struct dataplane *d = dataplane;
	const struct port *port = &d->intake.ports[index];

	for (unsigned i = 0; i < d->settings.workers && i < port->queues; i++) {
		for (uint32_t s = 0; s < d->workers[i].sources_len; s++) {
			struct worker_source *source = &d->workers[i].sources[s];
			if (source->index != index)
				continue;
			source->port = port->id;
			source->link = port->link;
			source->cut_size = port->cut_size;
			source->fd = i < port->iface->fds_len ? port->iface->fds[i] : -1;
			atomic_store_explicit(&source->paused, false, memory_order_release);
		}
	}
}

static void refuse(struct dataplane *d, struct filter_set *set, const char *why)
{
	d->reloads_refused++;
	log_error("%s; the settings stay as they were", why);
	control_note(why);
	filter_set_free(set);
}

bool workers_reload(struct dataplane *d)
{
	char why[1024];
	struct filter_set *old = d->filters, *set = NULL;
	enum reload_outcome outcome =
		reload_take(&d->reload, monotonic_ms(), RELOAD_PATIENCE_S, &set, why, sizeof(why));

	if (outcome == RELOAD_NOTHING)
		return false;
	if (outcome == RELOAD_REFUSED || !filter_set_finish(set, why, sizeof(why))) {
		refuse(d, set, why);
		return false;
	}
	reload_in_force(&d->reload);
	for (unsigned i = 0; i < d->settings.workers; i++)
		atomic_store_explicit(&d->workers[i].filters_next, set, memory_order_release);
	d->filters = set;
	count_turns(d);
	d->retired = old;
	char *doh = strdup(d->reload.settings.doh_addresses); // for interfaces that come back
	if (doh) {
		free(d->settings.doh_addresses);
		d->settings.doh_addresses = doh;
	}
	iface_reload_all(&set->doh_list);
	return true;
}

void workers_retire_filters(struct dataplane *d)
{
	if (!d->retired || !turns_are_over(d))
		return;
	filter_set_free(d->retired);
	d->retired = NULL;
	d->reloads++;
	log_info("settings read again");
	control_note(NULL);
}

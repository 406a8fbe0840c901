// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/common/log.h"
#include "dataplane/control/confine.h"
#include "dataplane/control/settings_parts.h"
#include "dataplane/intake/replay_seed.h"

enum {
	RECORDS_IN_FRAMES =
		65536, // records that the frames of a worker have room for; memory is taken when they are written
	FRAMES_MIN = 128,
	START_WAIT_US = 1000
};

// Seed of the hash keys, from the captures; 0 if there is a live port or a pipe too.
static uint64_t seed_of(const struct intake *in)
{
	uint64_t seed = 0;

	if (in->live || in->pipes_len > 0)
		return 0;
	for (unsigned i = 0; i < in->captures_len; i++)
		seed = replay_seed(seed, &in->captures[i]);
	for (unsigned i = 0; i < in->vdev_captures_len; i++)
		seed = replay_seed(seed, &in->vdev_captures[i]);
	return seed;
}

// The worker's queue of each port.
static void add_sources(struct worker *w, const struct intake *in)
{
	for (unsigned k = 0; k < in->ports_len; k++) {
		const struct port *port = &in->ports[k];
		if (w->id >= port->queues)
			continue;
		w->sources[w->sources_len++] = (struct worker_source){.index = k,
			.receive = port->replay ? replay_receive : NULL,
			.from = port->replay ? replay_queue(port->replay, w->id) : NULL,
			.fd = port->iface && w->id < port->iface->fds_len ? port->iface->fds[w->id] : -1,
			.port = port->id,
			.queue = (uint16_t)w->id,
			.link = port->link,
			.packet_time = port->packet_time,
			.cut_size = port->cut_size,
			.paused = port->iface && port->iface->gone};
	}
	w->replays = w->sources_len > 0;
	for (uint32_t s = 0; s < w->sources_len; s++)
		w->replays &= w->sources[s].packet_time;
}

int workers_set_up(struct dataplane *d)
{
	unsigned len = (unsigned)d->settings.workers;
	bool poll = false;

	d->workers = aligned_alloc(64, len * sizeof(*d->workers));
	d->flushes = calloc(len, sizeof(*d->flushes));
	if (!d->workers || !d->flushes)
		return -ENOMEM;
	memset(d->workers, 0, len * sizeof(*d->workers));
	for (unsigned i = 0; i < d->intake.ports_len; i++)
		poll |= d->intake.ports[i].is_device;
	if (!d->settings.idle_is_set)
		d->settings.idle = poll ? IDLE_POLL : IDLE_SLEEP;
	uint64_t seed = seed_of(&d->intake);
	for (unsigned i = 0; i < len; i++) {
		struct worker *w = &d->workers[i];
		w->id = i;
		settings_worker(&d->settings, &w->options);
		w->depth = WORKER_ALL;
		w->unknown = unknown_new();
		if (!w->unknown)
			return -ENOMEM;
		atomic_store(&w->filters_next, d->filters);
		w->huge_pages = !d->eal.no_huge;
		w->seed = seed;
		d->flushes[i] = &w->flush;
		uint32_t records = (uint32_t)d->settings.flush_records;
		uint32_t frames = RECORDS_IN_FRAMES / records > FRAMES_MIN ? RECORDS_IN_FRAMES / records : FRAMES_MIN;
		if (flush_init(&w->flush, i, frames, &w->stats) != 0)
			return -ENOMEM;
		w->flush.records_max = records;
		add_sources(w, &d->intake);
	}
	return 0;
}

static bool every_worker(const struct dataplane *d, bool (*is)(const struct worker *))
{
	for (unsigned i = 0; i < d->settings.workers; i++)
		if (!is(&d->workers[i]))
			return false;
	return true;
}

static bool is_ready(const struct worker *w)
{
	return atomic_load(&w->ready) || atomic_load(&w->failed);
}

static bool is_sound(const struct worker *w)
{
	return !atomic_load(&w->failed);
}

static bool is_done(const struct worker *w)
{
	return atomic_load(&w->done);
}

bool workers_are_done(const struct dataplane *d)
{
	return every_worker(d, is_done);
}

void workers_follow(struct dataplane *d)
{
	uint64_t flushed = UINT64_MAX;

	for (unsigned i = 0; i < d->settings.workers; i++) {
		uint64_t here = atomic_load_explicit(&d->workers[i].flushed, memory_order_acquire);
		flushed = here < flushed ? here : flushed;
	}
	const struct follow_orders orders = {&worker_orders.flush, flushed};
	follow_turn(d->follow, &orders);
}

void workers_read_port(const struct dataplane *d, unsigned index, struct port_stats *stats)
{
	intake_read_stats(&d->intake, index, stats);
	for (unsigned i = 0; i < d->settings.workers; i++) {
		const struct worker *w = &d->workers[i];
		for (uint32_t s = 0; s < w->sources_len; s++) {
			if (w->sources[s].index != index)
				continue;
			stats->queries += stats_get(&w->sources[s].queries);
			stats->answers += stats_get(&w->sources[s].answers);
			stats->oversized += stats_get(&w->sources[s].oversized);
		}
	}
}

static void log_tables(const struct dataplane *d)
{
	unsigned workers = (unsigned)d->settings.workers, huge = 0;

	for (unsigned i = 0; i < workers; i++)
		huge += table_is_huge(d->workers[i].table);
	if (!d->eal.no_huge && huge < workers)
		log_warning(
			"huge pages: too few were left for the tables of %u of %u workers, which use ordinary pages, slower; "
			"run scripts/host-setup --huge-pages auto --apply",
			workers - huge, workers);
	log_info("%u worker%s, %llu records each in %s pages", workers, workers == 1 ? "" : "s",
		(unsigned long long)d->settings.table_records, huge == workers ? "huge" : "ordinary");
}

int workers_start(struct dataplane *d)
{
	unsigned lcore, i = 0;

	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (i == d->settings.workers)
			break;
		rte_eal_remote_launch(worker_run, &d->workers[i++], lcore);
	}
	while (!every_worker(d, is_ready))
		usleep(START_WAIT_US);
	if (!every_worker(d, is_sound)) {
		log_error(
			"workers: no memory for tables of table.records = %llu, tcp.memory = %llu; lower these, or workers",
			(unsigned long long)d->settings.table_records, (unsigned long long)d->settings.tcp_memory);
		return -1;
	}
	if (confine(d) != 0)
		return -1;
	atomic_store_explicit(&worker_orders.go, true, memory_order_release);
	log_tables(d);
	return 0;
}

unsigned workers_unknown(const struct dataplane *d, struct stats_unknown out[static STATS_UNKNOWN_MAX])
{
	const struct unknown *all[STATS_WORKERS_MAX];

	for (unsigned i = 0; i < d->settings.workers; i++)
		all[i] = d->workers[i].unknown;
	return unknown_top(all, (unsigned)d->settings.workers, out);
}

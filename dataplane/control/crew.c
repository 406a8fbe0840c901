// SPDX-License-Identifier: BSD-3-Clause
// The workers as the main thread sees them: set up, started, told of filters and ports.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/intake/replay_seed.h"
#include "dataplane/intake/iface.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/program.h"
#include "dataplane/control/settings_parts.h"
#include "dataplane/control/telemetry.h"

// Frames of a worker: room for so many records, of up to FRAME_SIZE_MAX octets each. Only what is written takes memory.
enum { RECORDS_IN_FRAMES = 65536, FRAMES_MIN = 128 };

// Of hash keys that follow from the captures; 0 if there is more than captures.
static uint64_t seed_of(const struct intake *in)
{
	uint64_t seed = 0;

	if (in->live)
		return 0;
	for (unsigned i = 0; i < in->captures_len; i++)
		seed = replay_seed(seed, &in->captures[i]);
	for (unsigned i = 0; i < in->vdev_captures_len; i++)
		seed = replay_seed(seed, &in->vdev_captures[i]);
	return seed;
}

// Worker i polls queue i of every port that has one.
int crew_set_up(struct program *p)
{
	unsigned len = (unsigned)p->settings.workers;
	bool poll = false;

	p->workers = aligned_alloc(64, len * sizeof(*p->workers));
	p->flushes = calloc(len, sizeof(*p->flushes));
	if (!p->workers || !p->flushes)
		return -ENOMEM;
	memset(p->workers, 0, len * sizeof(*p->workers));
	for (unsigned i = 0; i < p->intake.ports_len; i++)
		poll |= p->intake.ports[i].is_device;
	if (!p->settings.idle_is_set)
		p->settings.idle = poll ? IDLE_POLL : IDLE_SLEEP;
	uint64_t seed = seed_of(&p->intake);
	for (unsigned i = 0; i < len; i++) {
		struct worker *w = &p->workers[i];
		w->id = i;
		settings_worker(&p->settings, &w->options);
		w->depth = WORKER_ALL;
		w->unknown = unknown_new();
		if (!w->unknown)
			return -ENOMEM;
		atomic_store(&w->filters_next, p->filters);
		w->huge_pages = !p->eal.no_huge;
		w->seed = seed;
		p->flushes[i] = &w->flush;
		uint32_t records = (uint32_t)p->settings.flush_records;
		uint32_t frames = RECORDS_IN_FRAMES / records > FRAMES_MIN ? RECORDS_IN_FRAMES / records : FRAMES_MIN;
		if (flush_init(&w->flush, i, frames, &w->stats) != 0)
			return -ENOMEM;
		w->flush.records_max = records;
		for (unsigned k = 0; k < p->intake.ports_len; k++) {
			const struct port *port = &p->intake.ports[k];
			if (i < port->queues)
				w->sources[w->sources_len++] = (struct worker_source){.index = k,
					.receive = port->replay ? replay_receive : NULL,
					.from = port->replay ? replay_queue(port->replay, i) : NULL,
					.fd = port->iface && i < port->iface->fds_len ? port->iface->fds[i] : -1,
					.port = port->id,
					.queue = (uint16_t)i,
					.link = port->link,
					.packet_time = port->packet_time,
					.cut_size = port->cut_size};
		}
		w->replays = w->sources_len > 0;
		for (uint32_t s = 0; s < w->sources_len; s++)
			w->replays &= w->sources[s].packet_time;
	}
	return 0;
}

static bool every_worker(const struct program *p, bool (*is)(const struct worker *))
{
	for (unsigned i = 0; i < p->settings.workers; i++)
		if (!is(&p->workers[i]))
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

static bool is_over(const struct worker *w)
{
	return atomic_load_explicit(&w->over, memory_order_acquire);
}

bool crew_is_done(const struct program *p)
{
	return every_worker(p, is_done);
}

// From here on turns are counted for turns_are_over.
static void count_turns(struct program *p)
{
	for (unsigned i = 0; i < p->settings.workers; i++)
		p->workers[i].reload_polls = stats_get(&p->workers[i].stats.polls);
}

// Whether every worker has begun a turn since count_turns, or has had its last one.
static bool turns_are_over(const struct program *p)
{
	for (unsigned i = 0; i < p->settings.workers; i++) {
		const struct worker *w = &p->workers[i];
		if (stats_get(&w->stats.polls) < w->reload_polls + 2 && !is_over(w))
			return false;
	}
	return true;
}

void crew_pause_port(void *program, unsigned index)
{
	struct program *p = program;

	for (unsigned i = 0; i < p->settings.workers; i++)
		for (uint32_t s = 0; s < p->workers[i].sources_len; s++)
			if (p->workers[i].sources[s].index == index)
				atomic_store(&p->workers[i].sources[s].paused, true);
	for (count_turns(p); !turns_are_over(p);) // of live packets, which wait for nothing
		usleep(200);
}

void crew_resume_port(void *program, unsigned index)
{
	struct program *p = program;
	const struct port *port = &p->intake.ports[index];

	for (unsigned i = 0; i < p->settings.workers && i < port->queues; i++) {
		for (uint32_t s = 0; s < p->workers[i].sources_len; s++) {
			struct worker_source *source = &p->workers[i].sources[s];
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

void crew_read_port(const struct program *p, unsigned index, struct port_stats *stats)
{
	intake_read_stats(&p->intake, index, stats);
	for (unsigned i = 0; i < p->settings.workers; i++) {
		const struct worker *w = &p->workers[i];
		for (uint32_t s = 0; s < w->sources_len; s++) {
			if (w->sources[s].index != index)
				continue;
			stats->queries += stats_get(&w->sources[s].queries);
			stats->answers += stats_get(&w->sources[s].answers);
			stats->oversized += stats_get(&w->sources[s].oversized);
		}
	}
}

static void refuse(struct program *p, struct filter_set *set, const char *why)
{
	p->reloads_refused++;
	log_error("%s; the settings stay as they were", why);
	filter_set_free(set);
}

void crew_reload(struct program *p)
{
	char why[1024];
	struct filter_set *old = p->filters, *set = NULL;
	const struct dataplane_settings *settings = &p->reload.settings;
	enum reload_outcome outcome =
		reload_take(&p->reload, monotonic_ms(), RELOAD_PATIENCE_S, &set, why, sizeof(why));

	if (outcome == RELOAD_NOTHING)
		return;
	if (outcome == RELOAD_REFUSED || !filter_set_finish(set, why, sizeof(why))) {
		refuse(p, set, why);
		return;
	}
	reload_in_force(&p->reload);
	for (unsigned i = 0; i < p->settings.workers; i++)
		atomic_store_explicit(&p->workers[i].filters_next, set, memory_order_release);
	p->filters = set;
	telemetry_set_filters(settings, set);
	count_turns(p);
	p->retired = old;
	char *doh = strdup(settings->doh_addresses); // for interfaces that come back
	if (doh) {
		free(p->settings.doh_addresses);
		p->settings.doh_addresses = doh;
	}
	iface_reload_all(&set->doh_list);
}

void crew_retire_filters(struct program *p)
{
	if (!p->retired || !turns_are_over(p))
		return;
	filter_set_free(p->retired);
	p->retired = NULL;
	p->reloads++;
	log_info("settings read again");
}

int crew_start(struct program *p)
{
	unsigned lcore, i = 0;

	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (i == p->settings.workers)
			break;
		rte_eal_remote_launch(worker_run, &p->workers[i++], lcore);
	}
	telemetry_start(p->workers, (unsigned)p->settings.workers);
	while (!every_worker(p, is_ready))
		usleep(1000);
	if (!every_worker(p, is_sound)) {
		log_error("workers: no memory for tables of table.records = %llu, tcp.memory = %llu",
			(unsigned long long)p->settings.table_records, (unsigned long long)p->settings.tcp_memory);
		return -1;
	}
	if (confine(p) != 0)
		return -1;
	atomic_store_explicit(&worker_orders.go, true, memory_order_release);
	unsigned huge = 0;
	for (unsigned k = 0; k < p->settings.workers; k++)
		huge += table_is_huge(p->workers[k].table);
	if (!p->eal.no_huge && huge < p->settings.workers)
		log_warning(
			"huge pages: too few were left for the tables of %u of %u workers, which are in ordinary pages, slower; "
			"scripts/host-setup --huge-pages auto --apply",
			(unsigned)p->settings.workers - huge, (unsigned)p->settings.workers);
	log_info("%llu worker%s, %llu records each in %s pages", (unsigned long long)p->settings.workers,
		p->settings.workers == 1 ? "" : "s", (unsigned long long)p->settings.table_records,
		huge == p->settings.workers ? "huge" : "ordinary");
	return 0;
}

static void log_flood(unsigned worker, const struct flood_notice *n)
{
	char zone[DNS_NAME_TEXT_SIZE], example[DNS_NAME_TEXT_SIZE];
	const struct flood_report *r = &n->report;

	dns_name_text(r->zone, r->zone_size, zone, sizeof(zone));
	dns_name_text(r->example, r->example_size, example, sizeof(example));
	if (r->sightings == 0)
		log_warning("flood: %s has brought more than %llu new names (flood.names); more of them count as *.%s",
			zone, (unsigned long long)n->budget, zone);
	else
		log_warning(
			"flood: %s: %llu sightings of about %llu different new names counted as *.%s, worker %u; one was %s",
			zone, (unsigned long long)r->sightings, (unsigned long long)r->names, zone, worker, example);
}

unsigned crew_unknown(const struct program *p, struct stats_unknown out[static STATS_UNKNOWN_MAX])
{
	const struct unknown *all[STATS_WORKERS_MAX];

	for (unsigned i = 0; i < p->settings.workers; i++)
		all[i] = p->workers[i].unknown;
	return unknown_top(all, (unsigned)p->settings.workers, out);
}

// Once for each number behind which IP was found.
void crew_log_unknown(const struct program *p)
{
	static struct stats_unknown told[STATS_UNKNOWN_MAX];
	static unsigned told_len;
	struct stats_unknown top[STATS_UNKNOWN_MAX];
	unsigned len = crew_unknown(p, top);
	char text[32];

	for (unsigned i = 0; i < len; i++) {
		bool known = !top[i].holds_ip || told_len == STATS_UNKNOWN_MAX;
		for (unsigned k = 0; k < told_len; k++)
			known |= told[k].kind == top[i].kind && told[k].number == top[i].number;
		if (known)
			continue;
		told[told_len++] = top[i];
		unknown_text(&top[i], text, sizeof(text));
		log_warning(
			"encapsulation not known: %s; IP packets are in it, and DNS in them is not seen; have the switch or the tap take "
			"the header off, or report it",
			text);
	}
}

void crew_log_floods(struct program *p)
{
	struct flood_notice notice;

	for (unsigned i = 0; i < p->settings.workers; i++)
		while (flood_notice_take(&p->workers[i].flood_notices, &notice))
			log_flood(i, &notice);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/stats_frame.h"

#include <string.h>
#include <sys/resource.h>

#include "dataplane/control/workers.h"

static size_t size_of(const struct stats_frame *head)
{
	return sizeof(*head) + sizeof(struct outbox_stats) + head->workers * WORKER_STATS_LEN * 8 +
	       head->ports * (STATS_PORT_NAME_SIZE + sizeof(struct port_stats)) +
	       STATS_UNKNOWN_MAX * sizeof(struct stats_unknown);
}

static uint8_t *write_worker(uint8_t *at, const struct worker *w)
{
	const uint64_t *values = (const uint64_t *)&w->stats;

	for (size_t i = 0; i < WORKER_STATS_LEN; i++) {
		uint64_t value = stats_get(&values[i]);
		at = mempcpy(at, &value, sizeof(value));
	}
	return at;
}

static void write_process(const struct dataplane *d, struct outbox_stats *out)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) == 0) {
		out->cpu_ns = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000 +
			      (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000;
		out->memory_max = (uint64_t)used.ru_maxrss * 1024;
	}
	out->start_s = d->start_s;
}

size_t stats_frame_write(void *dataplane, uint8_t *out, size_t size)
{
	struct dataplane *d = dataplane;
	struct stats_unknown unknown[STATS_UNKNOWN_MAX];
	struct stats_frame head = {.workers = (uint32_t)d->settings.workers,
		.ports = d->intake.ports_len,
		.unknown = workers_unknown(d, unknown)};
	uint8_t *at = out;

	if (size_of(&head) > size)
		return 0;
	at = mempcpy(at, &head, sizeof(head));
	struct outbox_stats outbox = *outbox_stats(d->outbox);
	outbox.reloads = d->reloads;
	outbox.reloading = reload_is_reading(&d->reload);
	outbox.reloads_refused = d->reloads_refused;
	outbox.clock_steps = d->clock_steps;
	write_process(d, &outbox);
	if (d->follow) {
		struct follow_levels levels = follow_levels(d->follow);
		outbox.follow_waiting = levels.waiting;
		outbox.follow_taken = levels.taken;
		outbox.follow_refused = levels.refused;
		outbox.follow_passed = levels.passed;
		outbox.follow_oldest_s = levels.oldest_s;
	}
	at = mempcpy(at, &outbox, sizeof(outbox));
	for (uint32_t i = 0; i < head.workers; i++)
		at = write_worker(at, &d->workers[i]);
	for (uint32_t i = 0; i < head.ports; i++) {
		struct port_stats stats;
		workers_read_port(d, i, &stats);
		at = mempcpy(at, d->intake.ports[i].name, STATS_PORT_NAME_SIZE);
		at = mempcpy(at, &stats, sizeof(stats));
	}
	at = mempcpy(at, unknown, head.unknown * sizeof(unknown[0]));
	return (size_t)(at - out);
}

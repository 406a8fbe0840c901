// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/notices.h"

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/workers.h"
#include "dataplane/common/hints.h"
#include "dataplane/report/summary.h"

enum { AGAIN_MS = 3600 * 1000 };

// Whether it was not logged in the last hour. If so, it counts as logged now.
static bool is_due(uint64_t *logged_ms)
{
	uint64_t now = monotonic_ms();

	if (*logged_ms > 0 && now - *logged_ms < AGAIN_MS)
		return false;
	*logged_ms = now;
	return true;
}

static void log_hint(void *context, enum hint hint, bool is_urgent, const char *text)
{
	static uint64_t logged_ms[HINT_MAX];

	if (is_urgent && hint != HINT_OVERSIZED && is_due(&logged_ms[hint])) // log_port names the interface
		log_warning("%s", text);
}

static void log_port(const struct dataplane *d, unsigned index)
{
	static uint64_t logged_ms[STATS_PORTS_MAX];
	const struct port *port = &d->intake.ports[index];
	struct port_stats stats;
	char advice[300];

	workers_read_port(d, index, &stats);
	if (stats.oversized + stats.too_long == 0 || !is_due(&logged_ms[index]))
		return;
	hints_long_frames(port->name, port->is_loopback, advice, sizeof(advice));
	log_warning("interface %s: %llu frames were longer than the packet buffers and were %s; %s", port->name,
		(unsigned long long)(stats.oversized + stats.too_long), stats.too_long > 0 ? "lost" : "cut off",
		advice);
}

void notices_look(const struct dataplane *d)
{
	struct worker_stats total = {0};

	for (unsigned i = 0; i < d->settings.workers; i++)
		summary_add(&total, &d->workers[i].stats);
	hints_tell(&total, intake_is_loopback(&d->intake), log_hint, NULL);
	for (unsigned i = 0; i < d->intake.ports_len; i++)
		log_port(d, i);
}

static void log_flood(unsigned worker, const struct flood_notice *n)
{
	char zone[DNS_NAME_TEXT_SIZE], example[DNS_NAME_TEXT_SIZE];
	const struct flood_report *r = &n->report;

	dns_name_text(r->zone, r->zone_size, zone, sizeof(zone));
	dns_name_text(r->example, r->example_size, example, sizeof(example));
	if (r->sightings == 0)
		log_warning("flood: %s: found more than %llu new names (flood.names); further ones count as *.%s", zone,
			(unsigned long long)n->budget, zone);
	else
		log_warning(
			"flood: %s: %llu sightings of about %llu different new names counted as *.%s, worker %u; for instance %s",
			zone, (unsigned long long)r->sightings, (unsigned long long)r->names, zone, worker, example);
}

void notices_unknown(const struct dataplane *d)
{
	static struct stats_unknown logged[STATS_UNKNOWN_MAX];
	static unsigned logged_len;
	struct stats_unknown top[STATS_UNKNOWN_MAX];
	unsigned len = workers_unknown(d, top);
	char text[32];

	for (unsigned i = 0; i < len; i++) {
		bool known = !top[i].holds_ip || logged_len == STATS_UNKNOWN_MAX;
		for (unsigned k = 0; k < logged_len; k++)
			known |= logged[k].kind == top[i].kind && logged[k].number == top[i].number;
		if (known)
			continue;
		logged[logged_len++] = top[i];
		unknown_text(&top[i], text, sizeof(text));
		log_warning(
			"encapsulation not known: %s; it contains IP packets, and DNS in them is not seen; remove the header at the switch "
			"or the tap, or report it",
			text);
	}
}

void notices_floods(struct dataplane *d)
{
	struct flood_notice notice;

	for (unsigned i = 0; i < d->settings.workers; i++)
		while (flood_notice_take(&d->workers[i].flood_notices, &notice))
			log_flood(i, &notice);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/status.h"

#include <stdio.h>
#include <string.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/service/control.h"
#include "dataplane/service/notify.h"
#include "dataplane/service/stall.h"

enum { TEXT_MS = 5000, LIFE_PARTS = 4 }; // keep-alives per watchdog interval

static struct stall stall;
static struct {
	uint64_t at_ms, packets, records; // at the last line
	unsigned gone;
	bool connected;
} last;
static bool reloading;

// Adds to `text` the names of interfaces that are there, or that are waited for. Returns how many.
static unsigned add_names(const struct intake *in, bool gone, char *text, size_t size)
{
	unsigned len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < in->ports_len; i++) {
		size_t used = strlen(text);
		if ((in->ports[i].iface && in->ports[i].iface->gone) != gone)
			continue;
		snprintf(text + used, size - used, "%s%s", len ? ", " : "", in->ports[i].name);
		len++;
	}
	return len;
}

// Every five seconds, and when an interface or the collector goes away or comes back.
static void put_text(const struct dataplane *d, uint64_t now_ms)
{
	char there[200], gone[200], waits[260] = "";
	uint64_t packets = 0, records = 0;
	unsigned len = add_names(&d->intake, false, there, sizeof(there));
	unsigned gone_len = add_names(&d->intake, true, gone, sizeof(gone));
	bool connected = outbox_is_connected(d->outbox);

	if (last.at_ms != 0 && now_ms - last.at_ms < TEXT_MS && gone_len == last.gone && connected == last.connected)
		return;
	for (unsigned i = 0; i < d->settings.workers; i++) {
		packets += stats_get(&d->workers[i].stats.rx_packets);
		records += stats_get(&d->workers[i].stats.rr_taken);
	}
	double seconds = last.at_ms && now_ms > last.at_ms ? (double)(now_ms - last.at_ms) / 1000 : 1;
	if (gone_len > 0)
		snprintf(waits, sizeof(waits), "waiting for interface %s; ", gone);
	notify_status("%s%s%u interface%s (%s), %.0f packets/s, %.0f records/s", waits,
		connected ? "" : "waiting for the collector; ", len, len == 1 ? "" : "s", len ? there : "none",
		(double)(packets - last.packets) / seconds, (double)(records - last.records) / seconds);
	last.at_ms = now_ms;
	last.packets = packets;
	last.records = records;
	last.gone = gone_len;
	last.connected = connected;
}

void status_ready(const struct dataplane *d)
{
	if (!notify_is_on())
		return;
	stall_init(&stall, notify_watchdog_ms());
	put_text(d, monotonic_ms());
	notify_ready();
}

// Whether all workers make progress. A replay may wait for the collector in the middle of a burst.
static bool workers_live(const struct dataplane *d, uint64_t now_ms)
{
	static bool said;
	bool all = true;

	for (unsigned i = 0; i < d->settings.workers && all; i++) {
		const struct worker *w = &d->workers[i];
		uint64_t still_ms = stall_look(&stall, i, stats_get(&w->stats.polls),
			w->replays || atomic_load(&w->over), 0, now_ms);
		all = still_ms == 0;
		if (!all && !said)
			log_error(
				"worker %u: has made no turn for %.1f s; the watchdog of the service manager will restart the program",
				i, (double)still_ms / 1000);
		said |= !all;
	}
	said &= !all;
	return all;
}

void status_turn(const struct dataplane *d)
{
	static uint64_t life_ms;
	uint64_t now_ms = monotonic_ms(), watchdog_ms = notify_watchdog_ms();

	if (!notify_is_on())
		return;
	put_text(d, now_ms);
	if (watchdog_ms == 0 || now_ms - life_ms < watchdog_ms / LIFE_PARTS)
		return;
	life_ms = now_ms;
	if (workers_live(d, now_ms))
		notify_alive();
}

void status_reloading(void)
{
	notify_reloading();
	reloading = true;
}

void status_reload_turn(bool is_idle)
{
	if (is_idle && reloading) {
		reloading = false;
		notify_ready();
	}
	control_answer(is_idle);
}

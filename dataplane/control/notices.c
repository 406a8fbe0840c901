// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/notices.h"

#include "dataplane/control/hints.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/summary.h"

enum { AGAIN_MS = 3600 * 1000 };

// True if that long has passed since it was said last.
static bool is_due(uint64_t *said_ms)
{
	uint64_t now = monotonic_ms();

	if (*said_ms > 0 && now - *said_ms < AGAIN_MS)
		return false;
	*said_ms = now;
	return true;
}

static void log_hint(void *context, enum hint hint, bool is_urgent, const char *text)
{
	static uint64_t said_ms[HINT_MAX];

	if (is_urgent && hint != HINT_OVERSIZED && is_due(&said_ms[hint])) // which names its interface below
		log_warning("%s", text);
}

static void log_port(const struct program *p, unsigned index)
{
	static uint64_t said_ms[STATS_PORTS_MAX];
	const char *name = p->intake.ports[index].name;
	struct port_stats stats;

	crew_read_port(p, index, &stats);
	if (stats.oversized + stats.too_long == 0 || !is_due(&said_ms[index]))
		return;
	log_warning("interface %s: %llu frames were longer than the capture's and are %s; have segments come "
		    "as they are on the wire (ethtool -K %s "
		    "gro off lro off; of a veth also tso off gso off at its other end), or raise its MTU to "
		    "that of the frames",
		name, (unsigned long long)(stats.oversized + stats.too_long), stats.too_long > 0 ? "lost" : "cut off",
		name);
}

void notices_look(const struct program *p)
{
	struct worker_stats total = {0};

	for (unsigned i = 0; i < p->settings.workers; i++)
		summary_add(&total, &p->workers[i].stats);
	hints_tell(&total, log_hint, NULL);
	for (unsigned i = 0; i < p->intake.ports_len; i++)
		log_port(p, i);
}

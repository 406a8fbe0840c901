// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/reload_first.h"

#include <unistd.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/service/notify.h"

enum {
	FILTERS_SAY_MS = 2000, // between log lines while filters are read
	FILTERS_WAIT_US = 1000,
	EXTEND_S = 30 // time-out of the start meanwhile
};

int reload_first(struct dataplane *d, bool (*is_stopped)(void))
{
	char why[1024] = "filters: no memory for a thread";
	struct filter_set *set = NULL;
	uint64_t start_ms = monotonic_ms(), said_ms = start_ms;
	enum reload_outcome outcome = reload_ask(&d->reload, &d->settings, start_ms) ? RELOAD_NOTHING : RELOAD_REFUSED;

	while (outcome == RELOAD_NOTHING && !is_stopped()) {
		uint64_t now_ms = monotonic_ms();
		outcome = reload_take(&d->reload, now_ms, 0, &set, why, sizeof(why));
		if (outcome == RELOAD_NOTHING && now_ms - said_ms >= FILTERS_SAY_MS) {
			said_ms = now_ms;
			log_info("filters: still being read after %llu s",
				(unsigned long long)(now_ms - start_ms) / 1000);
			notify_extend(EXTEND_S);
		}
		if (outcome == RELOAD_NOTHING)
			usleep(FILTERS_WAIT_US);
	}
	if (outcome == RELOAD_NOTHING)
		return 1;
	if (outcome == RELOAD_TAKEN && filter_set_finish(set, why, sizeof(why))) {
		d->filters = set;
		return 0;
	}
	log_error("%s", why);
	filter_set_free(set);
	return -1;
}

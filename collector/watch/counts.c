// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/counts.h"

#include "collector/base/metrics.h"

#include <stdio.h>

void watch_counts_init(struct watch_counts *c)
{
	pthread_mutex_init(&c->lock, NULL);
	c->len = 0;
}

static void count(struct watch_counts *c, const char *rule)
{
	size_t i = 0;

	while (i < c->len && strcmp(c->at[i].rule, rule) != 0)
		i++;
	if (i >= WATCH_COUNTS_MAX) {
		i = WATCH_COUNTS_MAX;
		rule = "other";
	}
	if (i >= c->len) {
		snprintf(c->at[i].rule, sizeof(c->at[i].rule), "%s", rule);
		c->at[i].alerts = 0;
		c->len = i + 1;
	}
	c->at[i].alerts++;
}

void watch_counts_add(struct watch_counts *c, const struct watch_alerts *alerts)
{
	uint64_t kinds[WATCH_NEWS_KINDS] = {0}, repeated = 0;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < alerts->len; i++) {
		if (alerts->repeated[i]) {
			repeated++;
			continue;
		}
		kinds[alerts->kinds[i]]++;
		count(c, alerts->rules[i]);
	}
	pthread_mutex_unlock(&c->lock);
	metrics_add(alerts_new, kinds[WATCH_NEWS_NEW]);
	metrics_add(alerts_again, kinds[WATCH_NEWS_AGAIN]);
	metrics_add(alerts_moved, kinds[WATCH_NEWS_MOVED]);
	metrics_add(alerts_changed, kinds[WATCH_NEWS_CHANGED]);
	metrics_add(alerts_burst, kinds[WATCH_NEWS_BURST]);
	metrics_add(alerts_tamper, kinds[WATCH_NEWS_TAMPER]);
	metrics_add(alerts_repeated, repeated);
}

size_t watch_counts_read(struct watch_counts *c, struct watch_count out[WATCH_COUNTS_MAX + 1])
{
	pthread_mutex_lock(&c->lock);
	size_t len = c->len;
	memcpy(out, c->at, len * sizeof(*out));
	pthread_mutex_unlock(&c->lock);
	return len;
}

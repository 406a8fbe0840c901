// SPDX-License-Identifier: BSD-3-Clause
// Checks configuration and health of Redis, after each connect and every redis.check seconds. A risk for records is logged once, and
// is in /readyz, in /metrics and on the page while it lasts.
#include "collector/writer/state.h"

#include "collector/base/metrics.h"
#include "collector/redis/info.h"
#include "collector/writer/writer.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>

static void set_metrics(unsigned bits)
{
	metrics_set(warn_eviction, bits >> REDIS_WARNING_EVICTION & 1);
	metrics_set(warn_memory, bits >> REDIS_WARNING_MEMORY & 1);
	metrics_set(warn_persistence, bits >> REDIS_WARNING_PERSISTENCE & 1);
	metrics_set(warn_disk, bits >> REDIS_WARNING_DISK & 1);
	metrics_set(warn_rights, bits >> REDIS_WARNING_RIGHTS & 1);
}

// What the levels of the servers add up to.
struct levels {
	uint64_t memory, memory_max, keys, evicted;
};

static void add_levels(struct levels *sum, const struct redis_info *info)
{
	sum->memory += info->memory;
	sum->memory_max += info->memory_max;
	sum->keys += info->keys;
	sum->evicted += info->evicted;
}

static void set_levels(const struct levels *sum)
{
	metrics_set(redis_memory, sum->memory);
	metrics_set(redis_memory_limit, sum->memory_max);
	metrics_set(redis_keys, sum->keys);
	metrics_set(redis_evicted, sum->evicted);
}

// Appends the warnings about one server to `out`, one per line with its address; logs new ones.
static unsigned take(struct writer *w, const char *address, const struct redis_info *info, char *out, size_t out_size)
{
	char words[2048];
	unsigned bits = redis_info_judge(info, words, sizeof(words)), left = bits;

	for (char *rest = words, *line; bits != 0 && (line = strsep(&rest, "\n")) != NULL; left &= left - 1) {
		size_t len = strlen(out);
		snprintf(out + len, out_size - len, "%sredis %s: %s", len > 0 ? "\n" : "", address, line);
		if (!(w->warned & (left & -left)))
			log_warning("redis %s: %s", address, line);
	}
	return bits;
}

void writer_note_info(struct writer *w)
{
	char words[sizeof(w->warnings)] = "";
	struct levels levels = {0};
	unsigned bits = 0;

	if (w->cluster) {
		struct topology *t = cluster_topology(w->cluster);
		for (size_t i = 0; i < t->nodes_len; i++)
			if (t->nodes[i].listed && t->nodes[i].conn.link) {
				bits |= take(w, t->nodes[i].address.text, &t->nodes[i].conn.info, words, sizeof(words));
				add_levels(&levels, &t->nodes[i].conn.info);
			}
	} else {
		add_levels(&levels, &w->conn.info);
		bits = take(w, w->s.address.text, &w->conn.info, words, sizeof(words));
	}
	if (w->warned & ~bits)
		log_info("redis %s: earlier warnings ended: %s", w->s.address.text,
			bits ? words : "no warning is left");
	w->warned = bits;
	set_metrics(bits);
	set_levels(&levels);
	w->check_at_ms = monotonic_ms() + (uint64_t)(w->s.check_s * 1000);
	pthread_mutex_lock(&w->lock);
	snprintf(w->warnings, sizeof(w->warnings), "%s", words);
	pthread_mutex_unlock(&w->lock);
}

bool writer_check_is_due(const struct writer *w)
{
	return monotonic_ms() >= w->check_at_ms;
}

int writer_check(struct writer *w)
{
	if (w->cluster) {
		struct topology *t = cluster_topology(w->cluster);
		for (size_t i = 0; i < t->nodes_len; i++) {
			struct cluster_node *node = &t->nodes[i];
			if (node->listed && node->conn.link && redis_info_ask(&node->conn) != 0)
				topology_failed(t, node); // the next step connects again
		}
	} else if (redis_info_ask(&w->conn) != 0) {
		return -1;
	}
	writer_note_info(w);
	return 0;
}

void writer_warnings(struct writer *w, char *out, size_t out_size)
{
	pthread_mutex_lock(&w->lock);
	snprintf(out, out_size, "%s", w->warnings);
	pthread_mutex_unlock(&w->lock);
}

void writer_note_stops(struct writer *w)
{
	const struct topology *t = cluster_topology(w->cluster);
	const struct stops *l = &t->stops;
	struct writer_stop found[WRITER_STOPS_MAX];
	size_t len = l->len < WRITER_STOPS_MAX ? l->len : WRITER_STOPS_MAX;
	char why[600] = "";

	if (w->stops_seen == l->changes)
		return;
	w->stops_seen = l->changes;
	metrics_set(writing_stopped, l->len > 0);
	metrics_set(slots_stopped, l->len);
	for (size_t i = 0; i < len; i++) {
		found[i].slot = l->at[i].slot;
		stops_key(found[i].key, &l->at[i], w->s.prefix, t->uuid);
		snprintf(found[i].state, sizeof(found[i].state), "%s", guard_label[l->at[i].state]);
		stops_found(found[i].found, &l->at[i]);
		stops_expected(found[i].expected, &l->at[i]);
	}
	if (len > 0)
		stops_tell(why, sizeof(why), &l->at[0], w->s.prefix, t->uuid);
	pthread_mutex_lock(&w->lock);
	memcpy(w->stops, found, len * sizeof(*found));
	w->stops_len = len;
	if (l->len > 1)
		snprintf(w->stops_why, sizeof(w->stops_why), "redis cluster: %s; %zu slots more", why, l->len - 1);
	else
		snprintf(w->stops_why, sizeof(w->stops_why), "redis cluster: %s", why);
	pthread_mutex_unlock(&w->lock);
}

size_t writer_stops(struct writer *w, struct writer_stop out[static WRITER_STOPS_MAX])
{
	pthread_mutex_lock(&w->lock);
	size_t len = w->stops_len;
	memcpy(out, w->stops, len * sizeof(*out));
	pthread_mutex_unlock(&w->lock);
	return len;
}

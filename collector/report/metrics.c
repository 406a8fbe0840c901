// SPDX-License-Identifier: BSD-3-Clause
// /metrics: the counters of the dataplanes as they sent them, with label sensor, and the collector's own.
#include "collector/report/report.h"

#include "collector/base/metrics.h"
#include "collector/redis/error.h"
#include "collector/report/put.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// HELP and TYPE, where line `i` begins a family.
static void write_family(FILE *out, const struct stats_line *lines, size_t i)
{
	if (i > 0 && strcmp(lines[i].family, lines[i - 1].family) == 0)
		return;
	static const char *const types[] = {[STATS_COUNTER] = "counter",
		[STATS_GAUGE] = "gauge",
		[STATS_SECONDS] = "counter",
		[STATS_LEVEL] = "gauge",
		[STATS_BUCKET] = "histogram",
		[STATS_SUM] = "histogram"};

	fprintf(out, "# HELP lookback_%s %s\n# TYPE lookback_%s %s\n", lines[i].family, lines[i].help, lines[i].family,
		types[lines[i].kind]);
}

// The head of a sample of a dataplane: family and suffix, sensor, one more label (NULL: none), `label` unchanged.
static void write_head(FILE *out, const struct stats_line *line, const char *suffix,
	const struct sensor_counters *sensor, const char *name, const char *value, const char *label)
{
	fprintf(out, "lookback_%s%s{", line->family, suffix);
	report_put_label(out, "sensor", sensor->sensor);
	if (name) {
		fputc(',', out);
		report_put_label(out, name, value);
	}
	if (*label)
		fprintf(out, ",%s", label);
	fputs("} ", out);
}

static void write_sample(FILE *out, const struct stats_line *line, const struct sensor_counters *sensor,
	const char *name, const char *value, uint64_t number)
{
	write_head(out, line, "", sensor, name, value, line->label);
	fprintf(out, "%" PRIu64 "\n", number);
}

// All buckets of a histogram up to line `i`.
static uint64_t cumulate(const struct stats_line *lines, const uint64_t *values, size_t i)
{
	const char *family = lines[i].family;
	uint64_t sum = 0;

	for (; strcmp(lines[i].family, family) == 0; i--) {
		sum += lines[i].kind == STATS_BUCKET ? values[i] : 0;
		if (i == 0)
			break;
	}
	return sum;
}

static void write_worker(FILE *out, size_t i, const struct sensor_counters *sensor, const char *worker,
	const uint64_t *values)
{
	const struct stats_line *line = &worker_stats_lines[i];

	switch (line->kind) {
	case STATS_COUNTER:
	case STATS_GAUGE:
		write_sample(out, line, sensor, "worker", worker, values[i]);
		break;
	case STATS_SECONDS:
	case STATS_LEVEL:
		write_head(out, line, "", sensor, "worker", worker, line->label);
		report_put_seconds(out, values[i]);
		break;
	case STATS_BUCKET:
		write_head(out, line, "_bucket", sensor, "worker", worker, line->label);
		fprintf(out, "%" PRIu64 "\n", cumulate(worker_stats_lines, values, i));
		break;
	case STATS_SUM:
		write_head(out, line, "_sum", sensor, "worker", worker, "");
		report_put_seconds(out, values[i]);
		write_head(out, line, "_count", sensor, "worker", worker, "");
		fprintf(out, "%" PRIu64 "\n", cumulate(worker_stats_lines, values, i));
		break;
	}
}

static void write_workers(FILE *out, const struct sensor_counters *sensors, size_t len)
{
	char worker[12];

	for (size_t i = 0; i < WORKER_STATS_LEN; i++) {
		write_family(out, worker_stats_lines, i);
		for (size_t s = 0; s < len; s++) {
			for (uint32_t n = 0; n < sensors[s].workers; n++) {
				snprintf(worker, sizeof(worker), "%u", n);
				write_worker(out, i, &sensors[s], worker, sensors[s].worker[n]);
			}
		}
	}
}

// True if an earlier port of the sensor has the same name: a sample must not occur twice.
static bool is_repeated(const struct sensor_counters *sensor, uint32_t port)
{
	for (uint32_t i = 0; i < port; i++)
		if (strcmp(sensor->port[i].name, sensor->port[port].name) == 0)
			return true;
	return false;
}

static void write_ports(FILE *out, const struct sensor_counters *sensors, size_t len)
{
	for (size_t i = 0; i < PORT_STATS_LEN; i++) {
		write_family(out, port_stats_lines, i);
		for (size_t s = 0; s < len; s++)
			for (uint32_t n = 0; n < sensors[s].ports; n++)
				if (!is_repeated(&sensors[s], n))
					write_sample(out, &port_stats_lines[i], &sensors[s], "port",
						sensors[s].port[n].name, sensors[s].port[n].values[i]);
	}
}

static void write_outbox(FILE *out, const struct stats_line *line, const struct sensor_counters *sensor, uint64_t value)
{
	if (line->kind != STATS_SECONDS) {
		write_sample(out, line, sensor, NULL, NULL, value);
		return;
	}
	write_head(out, line, "", sensor, NULL, NULL, line->label);
	report_put_seconds(out, value);
}

static void write_outboxes(FILE *out, const struct sensor_counters *sensors, size_t len)
{
	for (size_t i = 0; i < OUTBOX_STATS_LEN; i++) {
		write_family(out, outbox_stats_lines, i);
		for (size_t s = 0; s < len; s++)
			write_outbox(out, &outbox_stats_lines[i], &sensors[s], sensors[s].outbox[i]);
	}
}

static void write_unknown(FILE *out, const struct sensor_counters *sensors, size_t len)
{
	static const char *const forms[] = {"kind=\"ethertype\",number=\"0x%04x\"",
		"kind=\"ip_protocol\",number=\"%u\"", "kind=\"udp_port\",number=\"%u\""};
	char label[64];

	fprintf(out,
		"# HELP lookback_unknown_headers_total Packets that ended at a header that is not known, by its number; the most frequent "
		"ones, of UDP ports those behind which an IP packet was found\n# TYPE lookback_unknown_headers_total counter\n");
	for (size_t s = 0; s < len; s++) {
		for (uint32_t i = 0; i < sensors[s].unknown_len; i++) {
			const struct stats_unknown *u = &sensors[s].unknown[i];
			const struct stats_line line = {.family = "unknown_headers_total", .label = label};
			snprintf(label, sizeof(label), forms[u->kind], u->number);
			write_sample(out, &line, &sensors[s], NULL, NULL, u->packets);
		}
	}
}

static void write_dataplanes(FILE *out, const struct sensor_counters *sensors, size_t len)
{
	static const struct stats_line taken = {STATS_COUNTER, "", "dataplane_sightings_taken_total", "",
		"Sightings that the collector has taken of this start of the dataplane"};
	static const struct stats_line unbalanced = {STATS_GAUGE, "", "dataplane_unbalanced", "",
		"1 if the collector received another number of sightings than the dataplane sent; a bug, please report it"};
	static const struct stats_line info = {STATS_GAUGE, "", "dataplane_build_info", "",
		"Version of the sensor's dataplane"};

	write_family(out, &info, 0);
	for (size_t s = 0; s < len; s++)
		write_sample(out, &info, &sensors[s], "version", sensors[s].version, 1);
	write_family(out, &taken, 0);
	for (size_t s = 0; s < len; s++)
		write_sample(out, &taken, &sensors[s], NULL, NULL, sensors[s].taken);
	write_family(out, &unbalanced, 0);
	for (size_t s = 0; s < len; s++)
		write_sample(out, &unbalanced, &sensors[s], NULL, NULL, sensors[s].astray);
	write_workers(out, sensors, len);
	write_ports(out, sensors, len);
	write_outboxes(out, sensors, len);
	write_unknown(out, sensors, len);
}

static void write_names(FILE *out, const struct names_index *index)
{
	struct names_index_levels l = names_index_levels(index);

	report_put_gauge(out, "collector_names", "Names in the index", l.names);
	report_put_gauge(out, "collector_names_bytes", "Octets of these names", l.bytes);
	report_put_gauge(out, "collector_names_memory_bytes", "Memory that the index takes", l.memory);
	report_put_gauge(out, "collector_names_complete", "1 once it holds all names that Redis holds", l.complete);
}

static void write_block(FILE *out, struct block_publish *block)
{
	struct block_levels l = block_publish_levels(block);

	report_put_gauge(out, "collector_block_lists", "Block lists", l.lists);
	report_put_gauge(out, "collector_block_failed", "Block lists that could not be made at the last attempt",
		l.failed);
	report_put_gauge(out, "collector_block_entries", "Entries of all block lists", l.entries);
}

static void write_targets(FILE *out, const struct names_index *index)
{
	struct names_index_levels l = names_index_levels(index);

	report_put_gauge(out, "collector_targets", "Names that records point to in their index", l.names);
	report_put_gauge(out, "collector_targets_memory_bytes", "Memory that this index takes", l.memory);
	report_put_gauge(out, "collector_targets_complete", "1 once it holds all that Redis holds", l.complete);
}

static void write_collector(FILE *out, const struct spool_levels *spool)
{
	const uint64_t *values = (const uint64_t *)&collector_stats;

	for (size_t i = 0; i < COLLECTOR_STATS_LEN; i++) {
		const struct stats_line *line = &collector_stats_lines[i];
		write_family(out, collector_stats_lines, i);
		fprintf(out, *line->label ? "lookback_%s{%s} %" PRIu64 "\n" : "lookback_%s%s %" PRIu64 "\n",
			line->family, line->label, stats_get(&values[i]));
	}
	fprintf(out, "# HELP lookback_collector_redis_errors_total Troubles with Redis, by kind\n"
		     "# TYPE lookback_collector_redis_errors_total counter\n");
	for (int i = REDIS_TROUBLE_NONE + 1; i < REDIS_TROUBLE_MAX; i++)
		fprintf(out, "lookback_collector_redis_errors_total{kind=\"%s\"} %" PRIu64 "\n", redis_trouble_label[i],
			stats_get(&redis_trouble_count[i]));
	report_put_gauge(out, "collector_spool_waiting_batches", "Batches that wait for Redis", spool->waiting);
	report_put_gauge(out, "collector_spool_waiting_bytes", "Octets of the disk that they take",
		spool->waiting_bytes);
	report_put_gauge(out, "collector_spool_kept_batches", "Batches that Redis has, kept for spool.keep",
		spool->kept);
	report_put_gauge(out, "collector_spool_bytes", "Octets of the disk that all batches take", spool->bytes);
	report_put_gauge(out, "collector_spool_limit_bytes", "Octets that they may take (spool.size)", spool->limit);
	report_put_gauge(out, "collector_spool_memory_bytes", "Memory of frames that wait for their commit",
		spool->memory);
}

void report_account(const struct report_sources *sources)
{
	const struct spool_account a = spool_account(sources->spool);

	metrics_set(sightings_taken, a.taken);
	metrics_set(sightings_applied, a.applied);
	metrics_set(sightings_skipped, a.skipped);
	metrics_set(sightings_refused, a.refused);
	metrics_set(sightings_lost_full, a.given_up);
	metrics_set(sightings_lost_read, a.damaged);
	metrics_set(sightings_waiting, a.waiting);
	metrics_set(unbalanced, a.unbalanced || stats_get(&collector_stats.dataplanes_unbalanced) > 0);
}

static void write_stops(FILE *out, struct writer *writer)
{
	struct writer_stop stops[WRITER_STOPS_MAX];
	size_t len = writer_stops(writer, stops);

	fprintf(out,
		"# HELP lookback_collector_slot_stopped Slots of a Redis Cluster that nothing is written to, the first ones: the key that is "
		"wrong, what was found there and what was expected\n# TYPE lookback_collector_slot_stopped gauge\n");
	for (size_t i = 0; i < len; i++) {
		fprintf(out, "lookback_collector_slot_stopped{slot=\"%u\",", stops[i].slot);
		report_put_label(out, "key", stops[i].key);
		fprintf(out, ",state=\"%s\",found=\"%s\",expected=\"%s\"} 1\n", stops[i].state, stops[i].found,
			stops[i].expected);
	}
}

static void write_rules(FILE *out, struct watcher *watcher)
{
	struct watch_count counts[WATCH_COUNTS_MAX + 1];
	size_t len = watcher_counts(watcher, counts);

	fprintf(out,
		"# HELP lookback_collector_alerts_by_rule_total Alerts written, by rule; rules after the first %d that had one are `other`\n"
		"# TYPE lookback_collector_alerts_by_rule_total counter\n",
		WATCH_COUNTS_MAX);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "lookback_collector_alerts_by_rule_total{rule=\"%s\"} %" PRIu64 "\n", counts[i].rule,
			counts[i].alerts);
}

char *report_metrics(const struct report_sources *sources, size_t *len)
{
	struct sensor_counters *sensors = calloc(SENSORS_MAX, sizeof(*sensors));
	struct spool_levels spool = spool_levels(sources->spool);
	char *text = NULL;

	report_account(sources);

	FILE *out = sensors ? open_memstream(&text, len) : NULL;
	if (!out) {
		free(sensors);
		return NULL;
	}
	size_t sensors_len = sensors_read(sources->sensors, sensors);
	report_build(out);
	report_known(out, sources->look, sensors, sensors_len);
	if (sensors_len > 0)
		write_dataplanes(out, sensors, sensors_len);
	write_collector(out, &spool);
	report_disk(out, sources->spool_dir);
	report_histograms(out);
	write_stops(out, sources->writer);
	write_rules(out, sources->watcher);
	report_alerts(out, sources->alerts);
	if (sources->index)
		write_names(out, sources->index);
	if (sources->targets)
		write_targets(out, sources->targets);
	if (sources->block)
		write_block(out, sources->block);
	report_process(out);
	free(sensors);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

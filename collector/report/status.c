// SPDX-License-Identifier: BSD-3-Clause
// /api/status: the counters of /metrics as one JSON object, summed over the workers of each sensor, with
// what /readyz says is wrong. The live view of the page asks for it every other second.
//
//     {"version":…,"redis":{"up":true,"why":"","warnings":""},"spool":{"well":true,"why":"",…},"names":{…},
//      "collector":{FAMILY:n, FAMILY:{LABEL:n}},"redis_errors":{KIND:n},
//      "sensors":[{"sensor":…,"connected":true,"workers":2,"sightings_taken":n,"unbalanced":false,"counters":{…},"ports":[{"port":…,…}]}]}
#include "collector/report/report.h"

#include "collector/base/metrics.h"
#include "collector/query/json.h"
#include "collector/redis/error.h"

#include <stdlib.h>

static void put_string(struct redis_buffer *out, const char *text)
{
	query_put_json(out, text, strlen(text));
}

static void put_field(struct redis_buffer *out, const char *name, uint64_t value)
{
	put_string(out, name);
	query_put_text(out, ":");
	query_put_number(out, (int64_t)value);
}

static void put_bool(struct redis_buffer *out, const char *name, bool value)
{
	put_string(out, name);
	query_put_text(out, value ? ":true" : ":false");
}

// The value of a label; of several (path and code) their values, with spaces.
static void put_label(struct redis_buffer *out, const char *label)
{
	char text[128];
	size_t n = 0;
	bool quoted = false;

	for (; *label && n < sizeof(text); label++) {
		if (*label == '"')
			quoted = !quoted;
		if (*label == '"' ? quoted && n > 0 : quoted)
			text[n++] = *label == '"' ? ' ' : *label;
	}
	query_put_json(out, text, n);
}

// The members of an object: a number per family, or an object of numbers if the family has labels.
static void put_counters(struct redis_buffer *out, const struct stats_line *lines, size_t len, const uint64_t *values)
{
	for (size_t i = 0; i < len; i++) {
		bool goes_on = i > 0 && strcmp(lines[i].family, lines[i - 1].family) == 0;
		bool ends = i + 1 == len || strcmp(lines[i].family, lines[i + 1].family) != 0;
		if (i > 0)
			query_put_text(out, ",");
		if (!goes_on) {
			put_string(out, lines[i].family);
			query_put_text(out, *lines[i].label ? ":{" : ":");
		}
		if (*lines[i].label) {
			put_label(out, lines[i].label);
			query_put_text(out, ":");
		}
		query_put_number(out, (int64_t)stats_get(&values[i]));
		if (ends && *lines[i].label)
			query_put_text(out, "}");
	}
}

static void put_sensor(struct redis_buffer *out, const struct sensor_counters *sensor)
{
	uint64_t sum[WORKER_STATS_LEN] = {0};

	for (uint32_t w = 0; w < sensor->workers; w++)
		for (size_t i = 0; i < WORKER_STATS_LEN; i++)
			sum[i] += sensor->worker[w][i];
	query_put_text(out, "{\"sensor\":");
	put_string(out, sensor->sensor);
	query_put_text(out, ",\"version\":");
	put_string(out, sensor->version);
	query_put_text(out, ",");
	put_bool(out, "connected", sensor->connected);
	query_put_text(out, ",");
	put_field(out, "workers", sensor->workers);
	query_put_text(out, ",");
	put_field(out, "sightings_taken", sensor->taken);
	query_put_text(out, ",");
	put_bool(out, "unbalanced", sensor->astray);
	query_put_text(out, ",\"counters\":{");
	put_counters(out, worker_stats_lines, WORKER_STATS_LEN, sum);
	query_put_text(out, ",");
	put_counters(out, outbox_stats_lines, OUTBOX_STATS_LEN, sensor->outbox);
	query_put_text(out, "},\"ports\":[");
	for (uint32_t p = 0; p < sensor->ports; p++) {
		query_put_text(out, p > 0 ? ",{\"port\":" : "{\"port\":");
		put_string(out, sensor->port[p].name);
		query_put_text(out, ",");
		put_counters(out, port_stats_lines, PORT_STATS_LEN, sensor->port[p].values);
		query_put_text(out, "}");
	}
	query_put_text(out, "],\"unknown\":[");
	for (uint32_t i = 0; i < sensor->unknown_len; i++) {
		static const char *const kinds[] = {"EtherType", "IP protocol", "UDP port"};
		query_put_text(out, i > 0 ? ",{\"kind\":" : "{\"kind\":");
		put_string(out, kinds[sensor->unknown[i].kind]);
		query_put_text(out, ",");
		put_field(out, "number", sensor->unknown[i].number);
		query_put_text(out, ",");
		put_field(out, "packets", sensor->unknown[i].packets);
		query_put_text(out, ",");
		put_bool(out, "holds_ip", sensor->unknown[i].holds_ip != 0);
		query_put_text(out, "}");
	}
	query_put_text(out, "]}");
}

static void put_sensors(struct redis_buffer *out, struct sensors *all)
{
	struct sensor_counters *sensors = calloc(SENSORS_MAX, sizeof(*sensors));
	size_t len = sensors ? sensors_read(all, sensors) : 0;

	query_put_text(out, "\"sensors\":[");
	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			query_put_text(out, ",");
		put_sensor(out, &sensors[i]);
	}
	query_put_text(out, "]");
	free(sensors);
}

static void put_redis(struct redis_buffer *out, struct writer *writer)
{
	char why[900] = "", warnings[4096];

	writer_warnings(writer, warnings, sizeof(warnings));
	bool up = writer_is_up(writer, why, sizeof(why));
	query_put_text(out, "\"redis\":{");
	put_bool(out, "up", up);
	query_put_text(out, ",\"why\":");
	put_string(out, up ? "" : why);
	query_put_text(out, ",\"warnings\":");
	put_string(out, warnings);
	query_put_text(out, "},\"redis_errors\":{");
	for (int i = REDIS_TROUBLE_NONE + 1; i < REDIS_TROUBLE_MAX; i++) {
		if (i > REDIS_TROUBLE_NONE + 1)
			query_put_text(out, ",");
		put_field(out, redis_trouble_label[i], stats_get(&redis_trouble_count[i]));
	}
	query_put_text(out, "}");
}

static void put_spool(struct redis_buffer *out, struct spool *spool)
{
	struct spool_levels l = spool_levels(spool);
	char why[900] = "";

	query_put_text(out, "\"spool\":{");
	put_bool(out, "well", spool_is_well(spool, why, sizeof(why)));
	query_put_text(out, ",\"why\":");
	put_string(out, why);
	query_put_text(out, ",");
	put_field(out, "waiting_batches", l.waiting);
	query_put_text(out, ",");
	put_field(out, "waiting_bytes", l.waiting_bytes);
	query_put_text(out, ",");
	put_field(out, "bytes", l.bytes);
	query_put_text(out, ",");
	put_field(out, "limit_bytes", l.limit);
	query_put_text(out, "}");
}

static void put_names(struct redis_buffer *out, const struct names_index *index)
{
	struct names_index_levels l = names_index_levels(index);

	query_put_text(out, "\"names\":{");
	put_field(out, "names", l.names);
	query_put_text(out, ",");
	put_field(out, "memory_bytes", l.memory);
	query_put_text(out, ",");
	put_bool(out, "complete", l.complete);
	query_put_text(out, "},");
}

char *report_status(const struct report_sources *sources, size_t *len)
{
	struct redis_buffer out = {0};

	report_account(sources);
	query_put_text(&out, "{\"version\":\"" LOOKBACK_VERSION "\",");
	put_redis(&out, sources->writer);
	query_put_text(&out, ",");
	put_spool(&out, sources->spool);
	query_put_text(&out, ",");
	if (sources->index)
		put_names(&out, sources->index);
	query_put_text(&out, "\"collector\":{");
	put_counters(&out, collector_stats_lines, COLLECTOR_STATS_LEN, (const uint64_t *)&collector_stats);
	query_put_text(&out, "},");
	put_sensors(&out, sources->sensors);
	query_put_text(&out, "}\n");
	*len = out.size;
	if (!out.bad)
		return out.bytes;
	redis_buffer_free(&out);
	return NULL;
}

// SPDX-License-Identifier: BSD-3-Clause
// /metrics: what is looked up when it is asked for: version, histograms, disk, known sensors, certificates.
#include "collector/report/report.h"

#include "collector/base/histogram.h"
#include "collector/report/look.h"
#include "collector/report/put.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/statvfs.h>

// `label`: NAME="VALUE", or empty.
static void write_histogram(FILE *out, const char *family, const char *label, const struct histogram *h)
{
	const char *comma = *label ? "," : "";
	uint64_t sum = 0;

	for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		sum += stats_get(&h->bucket[i]);
		fprintf(out, "lookback_%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", family, label, comma,
			i < HISTOGRAM_BOUNDS ? histogram_bound_text[i] : "+Inf", sum);
	}
	fprintf(out, *label ? "lookback_%s_sum{%s} " : "lookback_%s_sum%s ", family, label);
	report_put_seconds(out, stats_get(&h->sum_ns));
	fprintf(out, *label ? "lookback_%s_count{%s} %" PRIu64 "\n" : "lookback_%s_count%s %" PRIu64 "\n", family,
		label, sum);
}

void report_histograms(FILE *out)
{
	report_put_family(out, "collector_redis_exec_duration_seconds", "histogram",
		"Time from the EXEC of a batch to its replies; in a Redis Cluster, of a group of batches");
	write_histogram(out, "collector_redis_exec_duration_seconds", "", &histogram_exec);
	report_put_family(out, "collector_http_request_duration_seconds", "histogram",
		"Time from an HTTP request to the beginning of its answer");
	write_histogram(out, "collector_http_request_duration_seconds", "path=\"lookup\"", &histogram_lookup);
	write_histogram(out, "collector_http_request_duration_seconds", "path=\"other\"", &histogram_page);
}

void report_build(FILE *out)
{
	report_put_family(out, "build_info", "gauge", "Version of the collector");
	fprintf(out, "lookback_build_info{version=\"%s\"} 1\n", LOOKBACK_VERSION);
}

void report_disk(FILE *out, const char *folder)
{
	struct statvfs disk;

	if (!folder || statvfs(folder, &disk) != 0)
		return;
	report_put_gauge(out, "collector_spool_disk_free_bytes", "Free space of the disk of the spool, for its user",
		(uint64_t)disk.f_bavail * disk.f_frsize);
	report_put_gauge(out, "collector_spool_disk_size_bytes", "Size of the disk of the spool",
		(uint64_t)disk.f_blocks * disk.f_frsize);
}

static bool is_listed(const struct sensor_counters *sensors, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(sensors[i].sensor, name) == 0)
			return true;
	return false;
}

static void write_sensor(FILE *out, const char *family, const char *sensor, int64_t value)
{
	fprintf(out, "lookback_%s{", family);
	report_put_label(out, "sensor", sensor);
	fprintf(out, "} %" PRId64 "\n", value);
}

static void write_known(FILE *out, const struct look_levels *known, const struct sensor_counters *sensors, size_t len)
{
	if (len > 0 || known->sensors_len > 0)
		report_put_family(out, "dataplane_up", "gauge",
			"1 while the dataplane of the sensor is connected; 0 also for a sensor that only Redis knows");
	for (size_t i = 0; i < len; i++)
		write_sensor(out, "dataplane_up", sensors[i].sensor, sensors[i].connected);
	for (size_t i = 0; i < known->sensors_len; i++)
		if (!is_listed(sensors, len, known->sensor[i].name))
			write_sensor(out, "dataplane_up", known->sensor[i].name, 0);
	if (known->sensors_len > 0)
		report_put_family(out, "sensor_last_flush_timestamp_seconds", "gauge",
			"Time when records of the sensor were last written to Redis, seconds since 1970; Redis keeps it");
	for (size_t i = 0; i < known->sensors_len; i++)
		write_sensor(out, "sensor_last_flush_timestamp_seconds", known->sensor[i].name,
			known->sensor[i].flushed_s);
}

void report_known(FILE *out, struct look *look, const struct sensor_counters *sensors, size_t len)
{
	struct look_levels *known = calloc(1, sizeof(*known));

	if (!known)
		return;
	if (look)
		look_levels(look, known);
	write_known(out, known, sensors, len);
	report_put_family(out, "collector_certificate_expiry_timestamp_seconds", "gauge",
		"Time when the first certificate of a file expires, seconds since 1970, by setting");
	for (size_t i = 0; i < known->certificates_len; i++)
		fprintf(out, "lookback_collector_certificate_expiry_timestamp_seconds{setting=\"%s\"} %" PRId64 "\n",
			known->certificate[i].setting, known->certificate[i].expiry_s);
	free(known);
}

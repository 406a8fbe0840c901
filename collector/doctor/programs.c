// SPDX-License-Identifier: BSD-3-Clause
// The programs: installed, running, reachable, of one version; the sensors.
#include "collector/doctor/checks.h"
#include "collector/doctor/samples.h"
#include "collector/schema/keys.h"
#include "collector/reader/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SILENT_FLUSHES = 3, SILENT_MORE_S = 60, GONE_S = 7 * 86400, FRAMES_PERCENT = 75 };

enum { NUMBER_SIZE = 64 };

// The number in "lookback-collector 0.2.0, hiredis 1.2.0".
static const char *number_of(const char *version, char number[static NUMBER_SIZE])
{
	if (sscanf(version, "%*s %63[^,\n ]", number) != 1)
		number[0] = '\0';
	return number;
}

static void check_installed(const struct doctor_facts *f, struct doctor_report *r)
{
	char numbers[2][NUMBER_SIZE];
	const char *collector = number_of(f->collector_version, numbers[0]),
		   *dataplane = number_of(f->dataplane_version, numbers[1]);
	bool differ = (*collector && strcmp(collector, LOOKBACK_VERSION) != 0) ||
		      (*dataplane && strcmp(dataplane, LOOKBACK_VERSION) != 0);

	if (differ)
		doctor_bad(r, FINDING_VERSIONS, "installed: lookback %s, lookback-collector %s, lookback-dataplane %s",
			LOOKBACK_VERSION, *collector ? collector : "none", *dataplane ? dataplane : "none");
	else
		doctor_ok(r, FINDING_VERSIONS, "installed: lookback %s%s%s", LOOKBACK_VERSION,
			*collector ? ", lookback-collector" : "", *dataplane ? ", lookback-dataplane" : "");
}

// A running program and the version on disk.
static void check_running(struct doctor_report *r, const char *program, const char *running, const char *installed,
	const struct facts_process *processes, size_t len)
{
	doctor_word(r, "PROGRAM", program);
	for (size_t i = 0; i < len; i++) {
		if (processes[i].replaced) {
			doctor_bad(r, FINDING_RESTART, "%s: process %d runs a file that was replaced or deleted",
				program, (int)processes[i].pid);
			return;
		}
	}
	if (*running && *installed && strcmp(running, installed) != 0)
		doctor_bad(r, FINDING_RESTART, "%s: running %s, installed %s", program, running, installed);
	else if (*running && *installed)
		doctor_ok(r, FINDING_RESTART, "%s: running %s, as installed", program, running);
}

static void check_versions(const struct doctor_facts *f, struct doctor_report *r)
{
	char running[2][SAMPLES_NAME_SIZE] = {"", ""}, number[NUMBER_SIZE];

	check_installed(f, r);
	if (!f->metrics[0])
		return;
	samples_labels(f->metrics[0], "build_info", "version", NULL, &running[0], 1);
	check_running(r, "lookback-collector", running[0], number_of(f->collector_version, number), f->collectors,
		f->collectors_len);
	if (!facts_has_dataplane(f))
		return;
	samples_labels(f->metrics[0], "dataplane_build_info", "version", NULL, &running[1], 1);
	check_running(r, "lookback-dataplane", running[1], number_of(f->dataplane_version, number), f->dataplanes,
		f->dataplanes_len);
}

// True if something accepts connections at the socket of the collector.
static bool is_listening(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	bool accepted = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	if (fd >= 0)
		close(fd);
	return accepted;
}

static void check_collector(const struct doctor_facts *f, struct doctor_report *r)
{
	doctor_word(r, "ADDRESS", f->url);
	if (f->metrics[0]) {
		doctor_ok(r, FINDING_COLLECTOR, "runs, and answers at %s", f->url);
		return;
	}
	bool runs = is_listening(f->settings->collector_socket);
	if (runs)
		doctor_ok(r, FINDING_COLLECTOR, "accepts dataplanes at %s", f->settings->collector_socket);
	else if (f->collectors_len > 0 && geteuid() != 0)
		doctor_skip_rights(r, FINDING_COLLECTOR,
			"process %d is a collector; whether it has these settings is unknown",
			(int)f->collectors[0].pid);
	else if (f->collectors_len > 0)
		doctor_bad(r, FINDING_COLLECTOR, "nothing listens at %s; process %d is a collector with other settings",
			f->settings->collector_socket, (int)f->collectors[0].pid);
	else
		doctor_bad(r, FINDING_COLLECTOR, "no collector is running");
	if (!f->url[0])
		doctor_skip(r, FINDING_HTTP, "http.listen is %s: counters and the state of the service are not checked",
			f->settings->http.text);
	else if (runs)
		doctor_bad(r, FINDING_HTTP, "%s: %s", f->url, f->http_why);
}

static void check_ready(const struct doctor_facts *f, struct doctor_report *r)
{
	if (!f->ready)
		return;
	if (f->is_ready)
		doctor_ok(r, FINDING_READY, "%.*s", (int)strcspn(f->ready, "\n"), f->ready);
	else
		doctor_bad(r, FINDING_READY, "%.*s", (int)strcspn(f->ready, "\n"), f->ready);
	if (samples_collector(f->metrics[0], "unbalanced") > 0)
		doctor_bad(r, FINDING_ACCOUNTS, "lookback_collector_accounts_unbalanced is 1");
	else
		doctor_ok(r, FINDING_ACCOUNTS, "every sighting is accounted for");
}

// What only the dataplane reads: its settings, the interface.
static void check_settings(const struct doctor_facts *f, struct doctor_report *r)
{
	if (f->host)
		doctor_ok(r, FINDING_CONFIG, "lookback-dataplane accepts them");
	else if (f->dataplane[0] && geteuid() != 0 && strstr(f->host_why, "Permission denied"))
		doctor_skip_rights(r, FINDING_CONFIG, "lookback-dataplane: %s", f->host_why);
	else if (f->dataplane[0])
		doctor_bad(r, FINDING_CONFIG, "lookback-dataplane: %s", f->host_why);
}

static void check_dataplane(const struct doctor_facts *f, struct doctor_report *r)
{
	bool has_input = f->ifaces_len > 0 || f->has_device;

	if (f->host && has_input)
		doctor_ok(r, FINDING_INPUT, "%s", f->ifaces_len > 0 ? f->ifaces[0] : "a card driven by DPDK");
	else if (f->host)
		doctor_bad_as(r, FINDING_INPUT, facts_has_dataplane(f) ? DOCTOR_HINT : DOCTOR_WARNING,
			"the settings name no interface and no card");
	else
		doctor_skip(r, FINDING_INPUT, "lookback-dataplane %s",
			f->dataplane[0] ? "rejects the settings" : "is not installed");
	if (facts_has_dataplane(f))
		doctor_ok(r, FINDING_DATAPLANE, "%.0f connected", samples_collector(f->metrics[0], "connections"));
	else if (!f->metrics[0])
		doctor_skip(r, FINDING_DATAPLANE, "the collector does not answer; %zu dataplane processes are running",
			f->dataplanes_len);
	else if (f->host && !has_input && f->dataplanes_len > 0)
		doctor_skip(r, FINDING_DATAPLANE, "a dataplane is running and waits for an interface");
	else
		doctor_bad(r, FINDING_DATAPLANE, "none is connected; %zu dataplane processes are running",
			f->dataplanes_len);
}

void doctor_check_programs(const struct doctor_facts *f, struct doctor_report *r)
{
	check_versions(f, r);
	check_collector(f, r);
	check_ready(f, r);
	check_settings(f, r);
	check_dataplane(f, r);
}

// sensors ────────────────────────────────────────────────────────────────────────────────────

static void check_frames(const struct doctor_facts *f, struct doctor_report *r, const char *sensor)
{
	double frames = samples_outbox(f->metrics[0], "frames_total", sensor);
	double unacked = samples_outbox(f->metrics[0], "frames_unacked", sensor);

	if (frames <= 0)
		return;
	if (unacked * 100 >= frames * FRAMES_PERCENT)
		doctor_bad(r, FINDING_BEHIND, "sensor %s: %.0f of %.0f frames wait for the collector", sensor, unacked,
			frames);
	else
		doctor_ok(r, FINDING_BEHIND, "sensor %s: %.0f of %.0f frames wait for the collector", sensor, unacked,
			frames);
}

// By the time of its last records in Redis.
static void check_flush(struct doctor_report *r, const char *sensor, int64_t last, double limit_s, bool is_up)
{
	double age_s = (double)(time(NULL) - last);

	doctor_word(r, "SENSOR", sensor);
	doctor_number(r, (unsigned long long)limit_s);
	if (age_s > limit_s)
		doctor_bad_as(r, FINDING_SENSOR, !is_up && age_s > GONE_S ? DOCTOR_HINT : DOCTOR_WARNING,
			"sensor %s: its last records are %.0f s old%s", sensor, age_s,
			is_up ? ", although its dataplane is connected" : "");
	else
		doctor_ok(r, FINDING_SENSOR, "sensor %s: its last records are %.0f s old", sensor,
			age_s < 0 ? 0 : age_s);
}

static bool is_connected(const struct doctor_facts *f, const char *sensor)
{
	return f->metrics[0] && samples_sum(f->metrics[0], "dataplane_up", "", sensor, NULL, NULL) > 0;
}

static void check_flushes(const struct doctor_facts *f, struct doctor_report *r, const redisReply *sensors)
{
	double limit_s = SILENT_FLUSHES * f->flush_s + SILENT_MORE_S;

	for (size_t i = 0; i + 1 < sensors->elements; i += 2)
		check_flush(r, sensors->element[i]->str, reader_number(sensors->element[i + 1]), limit_s,
			is_connected(f, sensors->element[i]->str));
	if (sensors->elements == 0)
		doctor_skip(r, FINDING_SENSOR, "Redis has no records of any sensor yet");
}

void doctor_check_sensors(const struct doctor_facts *f, struct doctor_report *r)
{
	char names[SAMPLES_SENSORS_MAX][SAMPLES_NAME_SIZE];
	struct reader db;

	size_t len = f->metrics[0]
			     ? samples_labels(f->metrics[0], "dataplane_up", "sensor", NULL, names, SAMPLES_SENSORS_MAX)
			     : 0;
	for (size_t i = 0; i < len; i++)
		check_frames(f, r, names[i]);
	reader_init(&db, f->redis);
	reader_begin(&db);
	reader_command(&db, 5, "ZREVRANGE", FAMILY_SENSORS, "", 0);
	redis_encode_literal(&db.out, "0");
	redis_encode_literal(&db.out, "199");
	redis_encode_literal(&db.out, "WITHSCORES");
	redisReply *reply = reader_send(&db) == 0 ? reader_reply(&db) : NULL;
	if (reply && reply->type == REDIS_REPLY_ARRAY)
		check_flushes(f, r, reply);
	else
		doctor_skip(r, FINDING_SENSOR, "redis: %s", db.why);
	if (reply)
		freeReplyObject(reply);
	reader_free(&db);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/facts.h"

#include "collector/doctor/fetch.h"
#include "collector/doctor/samples.h"
#include "dataplane/common/monotonic.h"

#include <ctype.h>
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	VERSION_MS = 3000,
	HOST_MS = 5000,
	FETCH_MS = 5000,
	BETWEEN_MS = 2000, // two looks at the counters: as long as --check listens
	HOST_SIZE = 65536,
	ARGUMENTS = 2 * SETTINGS_OPTIONS_MAX + 8
};

// programs ───────────────────────────────────────────────────────────────────────────────────

int facts_dataplane(const struct doctor_facts *f, const char *check, unsigned limit_ms, char *out, size_t out_size)
{
	char program[PROGRAM_PATH_SIZE], check_text[32], json[] = "--json", c[] = "-c", o[] = "-o";
	char *argv[ARGUMENTS], *copies[ARGUMENTS];
	size_t len = 0, copies_len = 0;

	snprintf(program, sizeof(program), "%s", f->dataplane);
	snprintf(check_text, sizeof(check_text), "--check=%s", check);
	argv[len++] = program;
	argv[len++] = check_text;
	argv[len++] = json;
	if (f->source->file) {
		argv[len++] = c;
		argv[len++] = copies[copies_len++] = strdup(f->source->file);
	}
	for (size_t i = 0; i < f->source->options_len; i++) {
		if (strncmp(f->source->options[i], "redis.password", 14) == 0) // a command line is public
			continue;
		argv[len++] = o;
		argv[len++] = copies[copies_len++] = strdup(f->source->options[i]);
	}
	argv[len] = NULL;
	int status = program_run(argv, true, limit_ms, out, out_size);
	while (copies_len > 0)
		free(copies[--copies_len]);
	return status;
}

void facts_error(const char *text, char *out, size_t out_size)
{
	static const char mark[] = "error: ";
	const char *at = strstr(text, mark);

	at = at ? at + strlen(mark) : "no answer; run lookback-dataplane --check to see why";
	snprintf(out, out_size, "%.*s", (int)strcspn(at, "\n"), at);
}

static void ask_version(const char *path, char *out, size_t out_size)
{
	char program[PROGRAM_PATH_SIZE], option[] = "--version";
	char *argv[] = {program, option, NULL};

	snprintf(program, sizeof(program), "%s", path);
	if (program_run(argv, false, VERSION_MS, out, out_size) != 0)
		out[0] = '\0';
	out[strcspn(out, ",\n")] = '\0';
}

// One process: its huge pages, and whether its file is still there.
static struct facts_process look_at(pid_t pid)
{
	struct facts_process p = {.pid = pid, .huge_kib = -1};
	char path[64], text[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(text, sizeof(text), file))
		sscanf(text, "HugetlbPages: %ld", &p.huge_kib);
	if (file)
		fclose(file);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	ssize_t len = readlink(path, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	p.replaced = len > 10 && strcmp(text + len - 10, " (deleted)") == 0;
	return p;
}

static void add_process(struct doctor_facts *f, pid_t pid)
{
	char path[64], name[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	FILE *file = fopen(path, "re");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	// the kernel keeps 15 characters
	if (strcmp(name, "lookback-collec\n") == 0 && f->collectors_len < FACTS_PROCESSES_MAX)
		f->collectors[f->collectors_len++] = look_at(pid);
	else if (strcmp(name, "lookback-datapl\n") == 0 && f->dataplanes_len < FACTS_PROCESSES_MAX)
		f->dataplanes[f->dataplanes_len++] = look_at(pid);
}

static void find_processes(struct doctor_facts *f)
{
	DIR *folder = opendir("/proc");

	for (const struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder))
		if (isdigit((unsigned char)e->d_name[0]))
			add_process(f, atoi(e->d_name));
	if (folder)
		closedir(folder);
}

static void find_programs(struct doctor_facts *f)
{
	if (program_find("lookback-collector", f->collector))
		ask_version(f->collector, f->collector_version, sizeof(f->collector_version));
	else
		f->collector[0] = '\0';
	if (program_find("lookback-dataplane", f->dataplane))
		ask_version(f->dataplane, f->dataplane_version, sizeof(f->dataplane_version));
	else
		f->dataplane[0] = '\0';
}

// the settings of the dataplane ──────────────────────────────────────────────────────────────

static void add_iface(struct doctor_facts *f, const char *name)
{
	for (size_t i = 0; i < f->ifaces_len; i++)
		if (strcmp(f->ifaces[i], name) == 0)
			return;
	if (f->ifaces_len < FACTS_IFACES_MAX && *name && !strchr(name, '/'))
		snprintf(f->ifaces[f->ifaces_len++], sizeof(*f->ifaces), "%.63s", name);
}

static void take_fact(struct doctor_facts *f, const char *name, const char *value)
{
	if (strcmp(name, "workers") == 0)
		f->workers = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "huge-pages-needed") == 0)
		f->huge_pages_needed = strtoul(value, NULL, 10);
	else if (strcmp(name, "flush.interval") == 0)
		f->flush_s = strtod(value, NULL);
	else if (strcmp(name, "match") == 0)
		snprintf(f->match, sizeof(f->match), "%s", value);
	else if (strcmp(name, "filter") == 0)
		f->filters_vlan = strstr(value, "vlan") != NULL;
	else if (strcmp(name, "polls") == 0)
		f->polls = strcmp(value, "yes") == 0;
	else if (strcmp(name, "device") == 0)
		f->has_device = true;
	else if (strcmp(name, "iface") == 0)
		add_iface(f, value);
}

static void ask_host(struct doctor_facts *f)
{
	const char *name, *value;

	f->flush_s = 60;
	f->host = f->dataplane[0] ? calloc(1, HOST_SIZE) : NULL;
	if (!f->host)
		return;
	int status = facts_dataplane(f, "host", HOST_MS, f->host, HOST_SIZE);
	if (status < 0 || !strstr(f->host, "{\"fact\"")) {
		facts_error(f->host, f->host_why, sizeof(f->host_why));
		free(f->host);
		f->host = NULL;
		return;
	}
	for (const char *line = f->host; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		json_t *object = json_loadb(line, strcspn(line, "\n"), 0, NULL);
		if (object && json_unpack(object, "{s:s,s:s}", "fact", &name, "value", &value) == 0)
			take_fact(f, name, value);
		json_decref(object);
	}
}

// the collector ──────────────────────────────────────────────────────────────────────────────

static void make_url(struct doctor_facts *f)
{
	const struct endpoint *at = &f->settings->http;
	const char *host = strcmp(at->host, "0.0.0.0") == 0 ? "127.0.0.1"
			   : strcmp(at->host, "::") == 0    ? "::1"
							    : at->host;
	bool six = strchr(host, ':') != NULL;

	if (at->kind == ENDPOINT_TCP && at->port > 0)
		snprintf(f->url, sizeof(f->url), "http%s://%s%s%s:%u", *f->settings->http_certificate ? "s" : "",
			six ? "[" : "", host, six ? "]" : "", at->port);
}

static char *ask_collector(struct doctor_facts *f, const char *path, long expected)
{
	char url[400], *body;

	snprintf(url, sizeof(url), "%s%s", f->url, path);
	long status = fetch(url, FETCH_MS, &body, f->http_why, sizeof(f->http_why));
	if (status == 200 || (status != 0 && status == expected))
		return body;
	if (status != 0)
		snprintf(f->http_why, sizeof(f->http_why), "%s: found status %ld, expected 200", path, status);
	free(body);
	return NULL;
}

bool facts_has_dataplane(const struct doctor_facts *f)
{
	return f->metrics[0] && samples_collector(f->metrics[0], "connections") > 0;
}

static void ask_metrics(struct doctor_facts *f)
{
	char ports[FACTS_IFACES_MAX][SAMPLES_NAME_SIZE];

	make_url(f);
	f->metrics[0] = f->url[0] ? ask_collector(f, "/metrics", 0) : NULL;
	if (!f->metrics[0])
		return;
	uint64_t start_ms = monotonic_ms();
	f->ready = ask_collector(f, "/readyz", 503);
	f->is_ready = f->ready && strncmp(f->ready, "ready", 5) == 0;
	size_t len = samples_labels(f->metrics[0], port_stats_lines[0].family, "port", NULL, ports, FACTS_IFACES_MAX);
	for (size_t i = 0; i < len; i++)
		if (!strchr(ports[i], ':')) // a PCI address
			add_iface(f, ports[i]);
	if (!facts_has_dataplane(f))
		return;
	uint64_t passed_ms = monotonic_ms() - start_ms;
	if (passed_ms < BETWEEN_MS)
		usleep((useconds_t)(1000 * (BETWEEN_MS - passed_ms)));
	f->between_s = (double)(monotonic_ms() - start_ms) / 1000;
	f->metrics[1] = ask_collector(f, "/metrics", 0);
}

void facts_gather(struct doctor_facts *f, const struct settings *settings, const struct settings_source *source,
	const struct redis_settings *redis)
{
	f->settings = settings;
	f->source = source;
	f->redis = redis;
	const char *user = *settings->user ? settings->user : getpwnam("lookback") ? "lookback" : "nobody";
	snprintf(f->user, sizeof(f->user), "%s", user);
	find_programs(f);
	find_processes(f);
	ask_host(f);
	ask_metrics(f);
}

void facts_free(struct doctor_facts *f)
{
	free(f->metrics[0]);
	free(f->metrics[1]);
	free(f->ready);
	free(f->host);
}

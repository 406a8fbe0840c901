// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/telemetry.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>
#include <rte_version.h>

// The commands run in a thread of DPDK: it reads the workers' counters, and a copy of what is known about the filters.
static const struct worker *all_workers;
static unsigned workers_len;
static pthread_mutex_t filters_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char expression[120], servers[120];
	uint64_t names_only, names_skip;
} filters;

// DPDK 23.03 renamed the functions for unsigned numbers (u64 to uint); 23.11 deprecated the old names.
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
static void start_numbers(struct rte_tel_data *data)
{
	rte_tel_data_start_array(data, RTE_TEL_UINT_VAL);
}
static void append_number(struct rte_tel_data *data, uint64_t n)
{
	rte_tel_data_add_array_uint(data, n);
}
static void add_number(struct rte_tel_data *data, const char *name, uint64_t n)
{
	rte_tel_data_add_dict_uint(data, name, n);
}
#else
static void start_numbers(struct rte_tel_data *data)
{
	rte_tel_data_start_array(data, RTE_TEL_U64_VAL);
}
static void append_number(struct rte_tel_data *data, uint64_t n)
{
	rte_tel_data_add_array_u64(data, n);
}
static void add_number(struct rte_tel_data *data, const char *name, uint64_t n)
{
	rte_tel_data_add_dict_u64(data, name, n);
}
#endif

static int list_workers(struct rte_tel_data *data)
{
	start_numbers(data);
	for (unsigned i = 0; i < workers_len; i++)
		append_number(data, i);
	return 0;
}

// The worker of that number, or NULL.
static const struct worker *named_worker(const char *params)
{
	char *end;
	unsigned long number = strtoul(params, &end, 10);

	return end == params || *end != '\0' || number >= workers_len ? NULL : &all_workers[number];
}

static bool is_of_table(const char *field)
{
	static const char *const prefixes[] = {"table_", "flush_", "sightings_", "lost_", "rr_taken", "rr_duplicate"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(field, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static int show(const char *params, struct rte_tel_data *data, bool table_only)
{
	const struct worker *w;

	if (!params || *params == '\0')
		return list_workers(data);
	w = named_worker(params);
	if (!w)
		return -EINVAL;
	rte_tel_data_start_dict(data);
	for (size_t i = 0; i < WORKER_STATS_LEN; i++)
		if (!table_only || is_of_table(worker_stats_lines[i].field))
			add_number(data, worker_stats_lines[i].field, stats_get((const uint64_t *)&w->stats + i));
	return 0;
}

static int show_worker(const char *command, const char *params, struct rte_tel_data *data)
{
	(void)command;
	return show(params, data, false);
}

static int show_table(const char *command, const char *params, struct rte_tel_data *data)
{
	(void)command;
	return show(params, data, true);
}

static int show_filters(const char *command, const char *params, struct rte_tel_data *data)
{
	uint64_t packets = 0, servers = 0, names = 0, types = 0;

	(void)command;
	(void)params;
	for (unsigned i = 0; i < workers_len; i++) {
		packets += stats_get(&all_workers[i].stats.pkt_filtered);
		servers += stats_get(&all_workers[i].stats.dns_server_skipped);
		names += stats_get(&all_workers[i].stats.rr_name_skipped);
		types += stats_get(&all_workers[i].stats.rr_type_skipped);
	}
	pthread_mutex_lock(&filters_lock);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "filter", filters.expression);
	rte_tel_data_add_dict_string(data, "servers", filters.servers);
	add_number(data, "names_only", filters.names_only);
	add_number(data, "names_skip", filters.names_skip);
	pthread_mutex_unlock(&filters_lock);
	add_number(data, "packets_filtered", packets);
	add_number(data, "messages_server_skipped", servers);
	add_number(data, "records_name_skipped", names);
	add_number(data, "records_type_skipped", types);
	return 0;
}

static int show_unknown(const char *command, const char *params, struct rte_tel_data *data)
{
	const struct unknown *all[STATS_WORKERS_MAX];
	struct stats_unknown top[STATS_UNKNOWN_MAX];
	char text[32];

	(void)command;
	(void)params;
	for (unsigned i = 0; i < workers_len; i++)
		all[i] = all_workers[i].unknown;
	unsigned len = unknown_top(all, workers_len, top);
	rte_tel_data_start_dict(data);
	for (unsigned i = 0; i < len; i++) {
		unknown_text(&top[i], text, sizeof(text));
		for (char *c = text; *c; c++) // names have no spaces
			*c = *c == ' ' ? '_' : *c;
		add_number(data, text, top[i].packets);
	}
	return 0;
}

void telemetry_start(const struct worker *workers, unsigned len)
{
	all_workers = workers;
	workers_len = len;
	rte_telemetry_register_cmd("/lookback/workers", show_worker, "Numbers of the workers; with one: its counters");
	rte_telemetry_register_cmd("/lookback/tables", show_table, "Numbers of the workers; with one: its table");
	rte_telemetry_register_cmd("/lookback/filters", show_filters, "Filters in force and what they dropped");
	rte_telemetry_register_cmd("/lookback/unknown", show_unknown,
		"Packets with a header that is not known, by header");
}

void telemetry_set_filters(const struct dataplane_settings *s, const struct filter_set *set)
{
	pthread_mutex_lock(&filters_lock);
	snprintf(filters.expression, sizeof(filters.expression), "%s", s->filter);
	snprintf(filters.servers, sizeof(filters.servers), "%s", s->servers);
	filters.names_only = set->names_only ? filter_names_len(set->names_only) : 0;
	filters.names_skip = set->names_skip ? filter_names_len(set->names_skip) : 0;
	pthread_mutex_unlock(&filters_lock);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/settings_parts.h"

void settings_worker(const struct dataplane_settings *s, struct worker_options *out)
{
	*out = (struct worker_options){.dns_ports = s->dns_ports,
		.admit = s->admit,
		.sleeps = s->idle == IDLE_SLEEP,
		.flush_interval_s = s->flush_interval_s,
		.table_records = s->table_records,
		.answers_memory = s->answers_memory,
		.flood_names = s->flood_names,
		.flood_interval_s = (uint32_t)s->flood_interval_s,
		.dedup_ms = (uint32_t)s->dedup_ms,
		.frag_datagrams = (uint32_t)s->frag_datagrams,
		.frag_timeout_ms = (uint32_t)(s->frag_timeout_s * 1000),
		.tcp_flows = (uint32_t)s->tcp_flows,
		.tcp_memory = s->tcp_memory,
		.tcp_timeout_s = (uint32_t)s->tcp_timeout_s,
		.match = s->match,
		.match_size = (uint32_t)s->match_size,
		.match_timeout_s = (uint32_t)s->match_timeout_s};
}

void settings_filter(const struct dataplane_settings *s, struct filter_options *out)
{
	*out = (struct filter_options){.admit = &s->admit,
		.expression = s->filter,
		.servers = s->servers,
		.names_only = s->names_only,
		.names_skip = s->names_skip,
		.doh_addresses = s->doh_addresses};
}

static double longest(double a, double b)
{
	return a > b ? a : b;
}

void settings_intake(const struct dataplane_settings *s, struct intake_options *out)
{
	*out = (struct intake_options){.workers = (unsigned)s->workers,
		.rx_descriptors = (unsigned)s->rx_descriptors,
		.frag_datagrams = (unsigned)s->frag_datagrams,
		.frag_timeout_s = s->frag_timeout_s,
		.pause_us = (uint64_t)(longest(longest(s->tcp_timeout_s, s->match_timeout_s), s->frag_timeout_s) + 1) *
			    1000000,
		.dns_ports = &s->dns_ports,
		.queries = s->match != ADMIT_MATCH_OFF,
		.busy_poll = s->idle == IDLE_POLL,
		.isolate = s->isolate,
		.xdp_program = s->xdp_program,
		.xdp_copy = s->xdp_copy,
		.xdp_tunnels = s->xdp_tunnels,
		.xdp_sample = (uint32_t)s->xdp_sample,
		.xdp_src = s->xdp_src,
		.xdp_dst = s->xdp_dst,
		.doh_addresses = s->doh_addresses};
}

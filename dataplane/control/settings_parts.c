// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/settings_parts.h"

void settings_worker(const struct dataplane_settings *s, struct worker_options *out)
{
	*out = (struct worker_options){.dns_ports = s->dns_ports,
		.admit = s->admit,
		.sleeps = s->idle == IDLE_SLEEP,
		.flush_interval_s = s->flush_interval_s,
		.table_records = s->table_records,
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

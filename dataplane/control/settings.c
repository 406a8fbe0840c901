// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/record.h"
#include "dataplane/common/stats.h"
#include "dataplane/privileged/xdp.h"

static int set_sections(void *at, const char *value, char *why, size_t why_size)
{
	return admit_set_sections(at, value, why, why_size);
}

static int set_match(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const names[] = {"off", "prefer", "require"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(value, names[i]) == 0) {
			*(enum admit_match_mode *)at = (enum admit_match_mode)i;
			return 0;
		}
	}
	snprintf(why, why_size, "expected off, prefer or require");
	return -EINVAL;
}

static int set_idle(void *at, const char *value, char *why, size_t why_size)
{
	struct dataplane_settings *settings = at;

	settings->idle_is_set = strcmp(value, "auto") != 0;
	if (strcmp(value, "sleep") == 0 || !settings->idle_is_set)
		settings->idle = IDLE_SLEEP;
	else if (strcmp(value, "poll") == 0)
		settings->idle = IDLE_POLL;
	else
		return snprintf(why, why_size, "expected auto, poll or sleep"), -EINVAL;
	return 0;
}

static int set_log_level(void *at, const char *value, char *why, size_t why_size)
{
	if (log_level_parse(value, at) == 0)
		return 0;
	snprintf(why, why_size, "expected error, warning, info or debug");
	return -EINVAL;
}

static int set_ports(void *at, const char *value, char *why, size_t why_size)
{
	struct pkt_ports ports = {0};
	int count = 0;

	for (const char *p = value;; p++) {
		char *end;
		unsigned long port = strtoul(p, &end, 10);
		if (end == p || port == 0 || port > 65535 || (*end != ',' && *end != '\0') ||
			++count > PKT_DNS_PORTS_MAX) {
			snprintf(why, why_size, "expected 1 to %d ports from 1 to 65535, as 53,5353",
				PKT_DNS_PORTS_MAX);
			return -EINVAL;
		}
		pkt_ports_add(&ports, (uint16_t)port);
		p = end;
		if (*p == '\0')
			break;
	}
	*(struct pkt_ports *)at = ports;
	return 0;
}

static int set_word(void *at, const char *value, const char *const *words, int len, const char *expected, char *why,
	size_t why_size)
{
	for (int i = 0; i < len; i++) {
		if (strcmp(value, words[i]) == 0) {
			*(int *)at = i;
			return 0;
		}
	}
	snprintf(why, why_size, "expected %s", expected);
	return -EINVAL;
}

static int set_xdp_program(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"auto", "steer", "all", "off"};
	int word = 0, result = set_word(&word, value, words, 4, "auto, steer, all or off", why, why_size);

	*(enum settings_xdp *)at = (enum settings_xdp)word;
	return result;
}

static int set_damaged(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"refuse", "take", "take-unverified"};
	int word = 0, result = set_word(&word, value, words, 3, "refuse, take or take-unverified", why, why_size);

	*(enum settings_damaged *)at = (enum settings_damaged)word;
	return result;
}

static int set_xdp_mode(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"auto", "copy"};
	int word = 0, result = set_word(&word, value, words, 2, "auto or copy", why, why_size);

	*(bool *)at = word == 1;
	return result;
}

static int set_tunnels(void *at, const char *value, char *why, size_t why_size)
{
	return xdp_set_tunnels(at, value, why, why_size);
}

// Keys of the collector, which may stand in the same file.
static const char *const collector_keys[] = {"http.audit", "http.certificate", "http.certificate_key",
	"http.connections", "http.keys", "http.listen", "http.results", "http.time", "names.file", "new.max",
	"psl.file", "queue.size", "redis", "redis.database", "redis.password", "redis.password_file", "redis.prefix",
	"redis.sentinel", "redis.timeout", "redis.user", "retention.days", "spool.dir", "spool.keep", "spool.patience",
	"spool.size", NULL};

const struct conf *settings_conf(struct dataplane_settings *s)
{
	static struct conf_key keys[64];
	static struct conf_text texts[64];
	static struct conf conf = {.keys = keys, .other = collector_keys, .texts = texts};
	const struct conf_key table[] = {
		// clang-format off
		{.name = "collector.socket", .type = CONF_STRING, .at = &s->collector_socket,
			.def = "/run/lookback/collector.sock", .help = "Unix socket of the collector"},
		{.name = "sensor", .type = CONF_STRING, .at = &s->sensor, .def = "", .max = 63,
			.help = "name of this sensor; the host name when empty"},
		{.name = "workers", .type = CONF_UINT, .at = &s->workers, .def = "1", .min = 1, .max = STATS_WORKERS_MAX,
			.help = "workers, each one core and one receive queue of every port"},
		{.name = "idle", .type = CONF_FUNCTION, .at = s, .def = "auto", .set = set_idle,
			.help = "without packets: poll (line rate), sleep, or auto (poll on PCI devices)"},
		{.name = "rx.descriptors", .type = CONF_UINT, .at = &s->rx_descriptors, .def = "2048", .min = 64, .max = 32768,
			.help = "receive descriptors of each queue"},
		{.name = "dns.ports", .type = CONF_FUNCTION, .at = &s->dns_ports, .def = "53", .set = set_ports,
			.help = "UDP and TCP ports that speak DNS, comma-separated"},
		{.name = "xdp.program", .type = CONF_FUNCTION, .at = &s->xdp_program, .def = "auto", .set = set_xdp_program,
			.help = "of an --iface: steer (DNS to the workers, the rest to the host), all, off (AF_PACKET: copies), or auto: steer, but off on an interface that the host itself uses"},
		{.name = "xdp.mode", .type = CONF_FUNCTION, .at = &s->xdp_copy, .def = "auto", .set = set_xdp_mode,
			.help = "auto (zero-copy where the driver has it) or copy"},
		{.name = "xdp.tunnels", .type = CONF_FUNCTION, .at = &s->xdp_tunnels, .def = "auto", .set = set_tunnels,
			.help = "tunnels to steer: auto (all from an interface that the host does not use, else none), all, none, or some, as gre,vxlan,tzsp"},
		{.name = "xdp.sample", .type = CONF_UINT, .at = &s->xdp_sample, .def = "1", .min = 1, .max = 1000000,
			.help = "steer one of so many pairs of addresses"},
		{.name = "xdp.src", .type = CONF_STRING, .at = &s->xdp_src, .def = "",
			.help = "sources of answers to steer: networks, ! before those to leave, or a file; of queries the destinations"},
		{.name = "xdp.dst", .type = CONF_STRING, .at = &s->xdp_dst, .def = "", .help = "destinations of answers to steer"},
		{.name = "telemetry", .type = CONF_BOOL, .at = &s->telemetry, .def = "yes",
			.help = "commands for dpdk-telemetry.py"},
		{.name = "nic.isolate", .type = CONF_BOOL, .at = &s->isolate, .def = "no",
			.help = "let a card that can (rte_flow) drop what is not DNS; hides tunnels and fragments"},
		{.name = "filter", .type = CONF_STRING, .at = &s->filter, .def = "", .reload = true,
			.help = "DNS packets to take by their innermost IP header, as tcpdump has it: not net 10.0.0.0/8"},
		{.name = "servers", .type = CONF_STRING, .at = &s->servers, .def = "", .reload = true,
			.help = "servers to believe: networks, ! before those not to, or a file of them"},
		{.name = "names.only", .type = CONF_STRING, .at = &s->names_only, .def = "", .reload = true,
			.help = "file of the only owner names to take, one a line; .example.com: all under it too"},
		{.name = "names.skip", .type = CONF_STRING, .at = &s->names_skip, .def = "", .reload = true,
			.help = "file of owner names to leave out"},
		{.name = "doh.addresses", .type = CONF_STRING, .at = &s->doh_addresses, .def = "builtin", .reload = true,
			.help = "where DNS over HTTPS is spoken, to count connections: networks, or a file of them"},
		{.name = "dedup", .type = CONF_UINT, .at = &s->dedup_ms, .def = "0", .max = 1000,
			.help = "leave out exact copies of a packet that come within so many milliseconds, as of a mirror port; 0: none"},
		{.name = "frag.datagrams", .type = CONF_UINT, .at = &s->frag_datagrams, .def = "1024", .min = 16, .max = 65536,
			.help = "fragmented datagrams put together at a time, a worker"},
		{.name = "frag.timeout", .type = CONF_SECONDS, .at = &s->frag_timeout_s, .def = "5", .min = 0.1, .max = 120,
			.help = "how long a fragment waits for the others"},
		{.name = "tcp.flows", .type = CONF_UINT, .at = &s->tcp_flows, .def = "65536", .min = 16, .max = 16777216,
			.help = "directions of TCP connections followed, a worker"},
		{.name = "tcp.memory", .type = CONF_SIZE, .at = &s->tcp_memory, .def = "64m", .min = 1 << 20, .max = 1ull << 36,
			.help = "octets held for incomplete TCP streams, a worker"},
		{.name = "tcp.timeout", .type = CONF_SECONDS, .at = &s->tcp_timeout_s, .def = "60", .min = 1, .max = 86400,
			.help = "an idle TCP direction is given up after that"},
		{.name = "match", .type = CONF_FUNCTION, .at = &s->match, .def = "off", .set = set_match,
			.help = "whether a response needs its query: off, prefer or require"},
		{.name = "match.size", .type = CONF_UINT, .at = &s->match_size, .def = "262144", .min = 16, .max = 67108864,
			.help = "queries that wait for their response, a worker"},
		{.name = "match.timeout", .type = CONF_SECONDS, .at = &s->match_timeout_s, .def = "10", .min = 1, .max = 3600,
			.help = "how long a query waits"},
		{.name = "sections", .type = CONF_FUNCTION, .at = &s->admit, .def = "answer,authority,additional",
			.set = set_sections, .reload = true, .help = "sections to take"},
		{.name = "types", .type = CONF_STRING, .at = &s->types, .def = "", .reload = true, .help = "the only record types to take"},
		{.name = "types_skip", .type = CONF_STRING, .at = &s->types_skip, .def = "",
			.reload = true, .help = "record types to leave out besides the usual"},
		{.name = "table.records", .type = CONF_UINT, .at = &s->table_records, .def = "1000000", .min = 1000,
			.max = 1000000000, .help = "records in a worker's table; about 139 octets each"},
		{.name = "flood.names", .type = CONF_UINT, .at = &s->flood_names, .def = "50000", .max = 1000000000,
			.help = "new names of a zone in flood.interval before they count as *.ZONE; 0: never"},
		{.name = "flood.interval", .type = CONF_SECONDS, .at = &s->flood_interval_s, .def = "3600", .min = 1,
			.max = 86400, .help = "interval of flood.names, in the time of the packets"},
		{.name = "flush.interval", .type = CONF_SECONDS, .at = &s->flush_interval_s, .def = "60", .min = 0.1,
			.max = 200, .help = "how often what changed is handed to the collector"},
		{.name = "flush.records", .type = CONF_UINT, .at = &s->flush_records, .def = "32", .min = 10,
			.max = FRAME_RECORDS_MAX, .help = "new records that Redis takes in one go (of others four times as many); lookups wait meanwhile"},
		{.name = "replay.damaged", .type = CONF_FUNCTION, .at = &s->damaged, .def = "refuse", .set = set_damaged,
			.help = "of a capture that is damaged or cut off: refuse all, take what is before the damage, or take-unverified: also if a checksum failed"},
		{.name = "replay.wait", .type = CONF_SECONDS, .at = &s->replay_wait_s, .def = "0", .max = 31536000,
			.help = "how long a replay waits for a collector that went away; 0: for ever"},
		{.name = "stop.timeout", .type = CONF_SECONDS, .at = &s->stop_timeout_s, .def = "30", .min = 0.1, .max = 86400,
			.help = "how long the end waits for the collector to take over what is left"},
		{.name = "user", .type = CONF_STRING, .at = &s->user, .def = "",
			.help = "user that it becomes if root starts it; empty: lookback, or nobody if there is none"},
		{.name = "sandbox", .type = CONF_BOOL, .at = &s->sandbox, .def = "yes",
			.help = "after the set-up give up user, capabilities, files and system calls that are not needed; no: for debugging"},
		{.name = "log.level", .type = CONF_FUNCTION, .at = &s->log_level, .def = "info", .set = set_log_level,
			.reload = true, .help = "error, warning, info or debug"},
		// clang-format on
	};
	_Static_assert(sizeof(table) <= sizeof(keys), "room for all keys");

	memcpy(keys, table, sizeof(table));
	conf.keys_len = sizeof(table) / sizeof(table[0]);
	return &conf;
}

int settings_finish(struct dataplane_settings *s, char *why, size_t why_size)
{
	char expected[200] = "";

	if (s->sensor[0] == '\0') {
		char host[64] = "";
		gethostname(host, sizeof(host) - 1);
		free(s->sensor);
		s->sensor = strdup(host);
	}
	for (const char *p = s->sensor; *p; p++) { // it is part of keys, and is shown by all programs
		if (*p < 0x20 || *p > 0x7e) {
			snprintf(why, why_size, "sensor: found an octet of %u, expected printable ASCII",
				(unsigned char)*p);
			return -EINVAL;
		}
	}
	if (s->sensor[0] == '\0') {
		snprintf(why, why_size,
			"sensor: found no name, and the host has none, expected one of 1 to 63 characters; set sensor");
		return -EINVAL;
	}
	if (admit_set_types(&s->admit, s->types, s->types_skip, expected, sizeof(expected)) != 0) {
		snprintf(why, why_size, "types, types_skip: %s", expected);
		return -EINVAL;
	}
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/frame.h"
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

static int set_ports(void *at, const char *value, char *why, size_t why_size)
{
	struct dns_ports ports = {0};
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
		dns_ports_add(&ports, (uint16_t)port);
		p = end;
		if (*p == '\0')
			break;
	}
	*(struct dns_ports *)at = ports;
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

	*(enum intake_xdp *)at = (enum intake_xdp)word;
	return result;
}

static int set_damaged(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"refuse", "take", "take-unverified"};
	int word = 0, result = set_word(&word, value, words, 3, "refuse, take or take-unverified", why, why_size);

	*(enum intake_damaged *)at = (enum intake_damaged)word;
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

// Keys of the collector, which may be in the same file. tests/e2e/test_manuals.sh compares both lists with --help.
static const char *const collector_keys[] = {"alert.dir", "alert.max", "alert.size", "block.file", "context.asn",
	"context.country", "context.labels", "context.popular", "context.prefixes", "http.audit", "http.certificate",
	"http.certificate_key", "http.connections", "http.keys", "http.listen", "http.results", "http.time",
	"names.file", "new.max", "ready.sensor", "ready.sensors", "psl.file", "queue.size", "redis", "redis.ca",
	"redis.certificate", "redis.certificate_key", "redis.check", "redis.database", "redis.password",
	"redis.password_file", "redis.prefix", "redis.sentinel", "redis.server_name", "redis.timeout", "redis.tls",
	"redis.user", "retention.days", "spool.dir", "spool.keep", "spool.patience", "spool.size", "watch.file", NULL};

// Placeholder for the settings in the table: settings_conf replaces it by the real ones.
static struct dataplane_settings place;

static const struct conf_key table[] = {
	// clang-format off
	{.name = "collector.socket", .type = CONF_STRING, .at = &place.collector_socket,
		.def = "/run/lookback/collector.sock", .help = "Unix socket of the collector"},
	{.name = "sensor", .type = CONF_STRING, .at = &place.sensor, .def = "", .max = 63,
		.help = "name of this sensor; if empty, the host name"},
	{.name = "workers", .type = CONF_UINT, .at = &place.workers, .def = "1", .min = 1, .max = STATS_WORKERS_MAX,
		.help = "number of workers; each uses one core and one RX queue of every port"},
	{.name = "idle", .type = CONF_FUNCTION, .at = &place, .def = "auto", .set = set_idle,
		.help = "what a worker does without packets: poll (for line rate), sleep, or auto (poll for PCI devices)"},
	{.name = "rx.descriptors", .type = CONF_UINT, .at = &place.rx_descriptors, .def = "2048", .min = 64, .max = 32768,
		.help = "RX descriptors per queue; raise it if port_lost_total grows"},
	{.name = "dns.ports", .type = CONF_FUNCTION, .at = &place.dns_ports, .def = "53", .set = set_ports,
		.help = "UDP and TCP ports of DNS, comma-separated"},
	{.name = "xdp.program", .type = CONF_FUNCTION, .at = &place.xdp_program, .def = "auto", .set = set_xdp_program,
		.help = "XDP program of an --iface: steer (DNS to the workers, other traffic to the host), all (everything to the workers), off (AF_PACKET, a copy), or auto (steer, but off if the host uses the interface)"},
	{.name = "xdp.mode", .type = CONF_FUNCTION, .at = &place.xdp_copy, .def = "auto", .set = set_xdp_mode,
		.help = "AF_XDP mode: auto (zero-copy if the driver supports it) or copy"},
	{.name = "xdp.tunnels", .type = CONF_FUNCTION, .at = &place.xdp_tunnels, .def = "auto", .set = set_tunnels,
		.help = "tunnels to steer: auto (all, but none if the host uses the interface), all, none, or a list such as gre,vxlan,tzsp"},
	{.name = "xdp.sample", .type = CONF_UINT, .at = &place.xdp_sample, .def = "1", .min = 1, .max = 1000000,
		.help = "steer one of N pairs of addresses; 1: all"},
	{.name = "xdp.src", .type = CONF_STRING, .at = &place.xdp_src, .def = "",
		.help = "steer answers from these networks (! excludes; or a file); for queries the destination is compared"},
	{.name = "xdp.dst", .type = CONF_STRING, .at = &place.xdp_dst, .def = "", .help = "steer answers to these networks; for queries the source is compared"},
	{.name = "telemetry", .type = CONF_BOOL, .at = &place.telemetry, .def = "yes",
		.help = "answer dpdk-telemetry.py"},
	{.name = "nic.isolate", .type = CONF_BOOL, .at = &place.isolate, .def = "no",
		.help = "let a card with rte_flow drop what is not DNS; tunnels and fragments are then not seen"},
	{.name = "filter", .type = CONF_STRING, .at = &place.filter, .def = "", .reload = true,
		.help = "tcpdump expression for packets to accept, applied to the innermost IP packet: not net 10.0.0.0/8"},
	{.name = "servers", .type = CONF_STRING, .at = &place.servers, .def = "", .reload = true,
		.help = "accept answers from these networks only (! excludes; or a file)"},
	{.name = "names.only", .type = CONF_STRING, .at = &place.names_only, .def = "", .reload = true,
		.help = "file of owner names to accept, one per line; .example.com includes the names below it"},
	{.name = "names.skip", .type = CONF_STRING, .at = &place.names_skip, .def = "", .reload = true,
		.help = "file of owner names to exclude, one per line"},
	{.name = "doh.addresses", .type = CONF_STRING, .at = &place.doh_addresses, .def = "builtin", .reload = true,
		.help = "networks of DNS-over-HTTPS servers (or a file), to count connections to them"},
	{.name = "dedup", .type = CONF_UINT, .at = &place.dedup_ms, .def = "0", .max = 1000,
		.help = "drop exact copies of a packet received within N milliseconds, as a mirror port delivers them; 0: keep them"},
	{.name = "frag.datagrams", .type = CONF_UINT, .at = &place.frag_datagrams, .def = "1024", .min = 16, .max = 65536,
		.help = "fragmented datagrams that a worker reassembles at a time"},
	{.name = "frag.timeout", .type = CONF_SECONDS, .at = &place.frag_timeout_s, .def = "5", .min = 0.1, .max = 120,
		.help = "time-out of the fragments of a datagram"},
	{.name = "tcp.flows", .type = CONF_UINT, .at = &place.tcp_flows, .def = "65536", .min = 16, .max = 16777216,
		.help = "directions of TCP connections that a worker follows"},
	{.name = "tcp.memory", .type = CONF_SIZE, .at = &place.tcp_memory, .def = "64m", .min = 1 << 20, .max = 1ull << 36,
		.help = "octets that a worker holds for incomplete TCP messages"},
	{.name = "tcp.timeout", .type = CONF_SECONDS, .at = &place.tcp_timeout_s, .def = "60", .min = 1, .max = 86400,
		.help = "time-out of an idle direction of a TCP connection"},
	{.name = "match", .type = CONF_FUNCTION, .at = &place.match, .def = "off", .set = set_match,
		.help = "whether an answer needs a query that was seen: off, prefer or require"},
	{.name = "match.size", .type = CONF_UINT, .at = &place.match_size, .def = "262144", .min = 16, .max = 67108864,
		.help = "queries that a worker holds until their answer"},
	{.name = "match.timeout", .type = CONF_SECONDS, .at = &place.match_timeout_s, .def = "10", .min = 1, .max = 3600,
		.help = "time-out of a query"},
	{.name = "sections", .type = CONF_FUNCTION, .at = &place.admit, .def = "answer,authority,additional",
		.set = set_sections, .reload = true, .help = "sections to accept"},
	{.name = "types", .type = CONF_STRING, .at = &place.types, .def = "", .reload = true, .help = "record types to accept; if empty, all"},
	{.name = "types_skip", .type = CONF_STRING, .at = &place.types_skip, .def = "",
		.reload = true, .help = "record types to exclude, besides those excluded by default"},
	{.name = "table.records", .type = CONF_UINT, .at = &place.table_records, .def = "1000000", .min = 1000,
		.max = 1000000000, .help = "records in the table of a worker, about 139 octets each; choose the number seen in a few hours"},
	{.name = "flood.names", .type = CONF_UINT, .at = &place.flood_names, .def = "50000", .max = 1000000000,
		.help = "new names of a zone per flood.interval before further ones are stored as *.ZONE; 0: no limit"},
	{.name = "flood.interval", .type = CONF_SECONDS, .at = &place.flood_interval_s, .def = "3600", .min = 1,
		.max = 86400, .help = "interval of flood.names, in packet time"},
	{.name = "flush.interval", .type = CONF_SECONDS, .at = &place.flush_interval_s, .def = "60", .min = 0.1,
		.max = 200, .help = "how often changed records are sent to the collector"},
	{.name = "flush.records", .type = CONF_UINT, .at = &place.flush_records, .def = "32", .min = 10,
		.max = FRAME_RECORDS_MAX, .help = "batch size: N new records or 4N repeated ones; lookups wait while a batch is applied"},
	{.name = "replay.damaged", .type = CONF_FUNCTION, .at = &place.damaged, .def = "refuse", .set = set_damaged,
		.help = "damaged or truncated captures: refuse, take (what is before the damage), or take-unverified (also if a checksum failed)"},
	{.name = "replay.wait", .type = CONF_SECONDS, .at = &place.replay_wait_s, .def = "0", .max = 31536000,
		.help = "how long a replay waits for a collector that is gone; 0: without limit"},
	{.name = "stop.timeout", .type = CONF_SECONDS, .at = &place.stop_timeout_s, .def = "30", .min = 0.1, .max = 86400,
		.help = "how long the dataplane waits at exit until the collector has everything"},
	{.name = "user", .type = CONF_STRING, .at = &place.user, .def = "",
		.help = "user to run as if started by root; if empty, lookback, or nobody if that does not exist"},
	{.name = "sandbox", .type = CONF_BOOL, .at = &place.sandbox, .def = "yes",
		.help = "after set-up, drop the user, capabilities, files and system calls that are not needed; no: for debugging only"},
	{.name = "log.format", .type = CONF_FUNCTION, .at = &place.log_format, .def = "auto", .set = log_format_read,
		.help = "log lines: text (with the time), plain (without), json, or auto (fields if systemd's journal reads stderr, else text)"},
	{.name = "log.level", .type = CONF_FUNCTION, .at = &place.log_level, .def = "info", .set = log_level_read,
		.reload = true, .help = "error, warning, info or debug"},
	// clang-format on
};

enum { KEYS = sizeof(table) / sizeof(table[0]) };

const struct conf *settings_conf(struct dataplane_settings *s)
{
	static struct conf_key keys[KEYS];
	static struct conf_text texts[KEYS];
	static const struct conf conf = {.keys = keys, .keys_len = KEYS, .other = collector_keys, .texts = texts};

	memcpy(keys, table, sizeof(table));
	for (size_t i = 0; i < KEYS; i++)
		keys[i].at = (char *)s + ((const char *)table[i].at - (const char *)&place);
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
	for (const char *p = s->sensor; *p; p++) { // it is part of Redis keys, and all programs print it
		if (*p < 0x20 || *p > 0x7e) {
			snprintf(why, why_size, "sensor: found an octet of %u, expected printable ASCII",
				(unsigned char)*p);
			return -EINVAL;
		}
	}
	if (s->sensor[0] == '\0') {
		snprintf(why, why_size,
			"sensor: found no name, and no host name, expected 1 to 63 characters; set sensor");
		return -EINVAL;
	}
	if (admit_set_types(&s->admit, s->types, s->types_skip, expected, sizeof(expected)) != 0) {
		snprintf(why, why_size, "types, types_skip: %s", expected);
		return -EINVAL;
	}
	return 0;
}

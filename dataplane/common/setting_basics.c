// SPDX-License-Identifier: BSD-3-Clause
// Settings that every installation decides, and those of the processes.
#include "dataplane/common/setting_tables.h"
#include "dataplane/common/stats.h"

// clang-format off
static const struct setting basics[] = {
	{.name = "iface", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .max = 1000, .values = "names of interfaces, comma-separated", .fills = true,
		.help = "network interfaces to capture from, by AF_XDP or AF_PACKET",
		.details = "As `--iface` of lookback-dataplane(8). If the command line names an input (`--iface`, `-a`, `--vdev`, `--replay`), `iface` and `port` "
			"are not used.",
		.example = "eth1"},
	{.name = "port", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .max = 1000, .values = "PCI addresses, comma-separated",
		.help = "network cards driven by DPDK, by their PCI addresses",
		.details = "As `-a` of lookback-dataplane(8), with the options of the driver after the address: 0000:03:00.0,key=value. An item without a colon belongs "
			"to the address before it.",
		.example = "0000:03:00.0"},
	{.name = "dnstap", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .max = 1000, .values = "sockets, comma-separated", .fills = true,
		.help = "sockets on which resolvers deliver dnstap: unix:/PATH, tcp:ADDRESS:PORT or tcp:[IPV6]:PORT",
		.details = "As `--dnstap` of lookback-dataplane(8). At most 8 sockets and 32 connections. Whoever can connect can add records: restrict a Unix socket by "
			"`dnstap.group` and TCP to loopback or a trusted network.",
		.example = "unix:/run/lookback-dataplane/dnstap.sock"},
	{.name = "workers", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "1", .min = 1, .max = STATS_WORKERS_MAX, .values = "workers",
		.help = "number of workers; each uses one core and one RX queue of every port"},
	{.name = "sensor", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .max = 63, .values = "name of at most 63 characters",
		.help = "name of this sensor; if empty, the host name",
		.details = "Printable ASCII. Each dataplane that sends to one Redis needs a name of its own.",
		.example = "dc1-dns"},
	{.name = "redis", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "127.0.0.1:6379", .values = "addresses, comma-separated",
		.help = "address of Redis: HOST:PORT, [IPV6]:PORT or unix:/path, with TLS rediss://HOST:PORT; a comma-separated list of replicas, of Sentinels, "
			"or of nodes of a cluster",
		.details = "TLS is used for all addresses of a list or for none. It is then also used to a primary that a Sentinel names and to all nodes of a "
			"cluster."},
	{.name = "http.listen", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "127.0.0.1:8053", .values = "ADDRESS:PORT, or none",
		.help = "address and port of the HTTP server (port 0: any free port), or none",
		.details = "It serves the web page, lookups and `/metrics`. Without `http.keys`, lookups are answered on loopback only."},
	{.name = "retention.days", .by = SETTING_COLLECTOR, .type = SETTING_UINT, .def = "0", .max = 36500, .values = "days", .reload = true,
		.help = "delete records not seen for so many days; 0: never"},
};

static const struct setting process[] = {
	{.name = "collector.socket", .by = SETTING_BOTH, .type = SETTING_STRING, .def = "/run/lookback/collector.sock", .values = "absolute path of at most 107 characters",
		.help = "Unix socket on which the collector listens and to which dataplanes connect",
		.details = "At most 64 dataplanes, 16 per user; of the 16, at most 4 that have not sent HELLO yet. If all places are taken, the user with the most "
			"connections loses one to a user with fewer."},
	{.name = "user", .by = SETTING_BOTH, .type = SETTING_STRING, .def = "", .values = "name or number of a user",
		.help = "user to run as if started by root; if empty, lookback, or nobody if that does not exist",
		.details = "The collector's spool becomes that user's. The dataplane opens the socket of the collector and interfaces before. If the default user cannot "
			"access a file that is needed later, the program stays root without capabilities, and the log gives the reason; a user that was set must have "
			"access.",
		.example = "lookback"},
	{.name = "sandbox", .by = SETTING_BOTH, .type = SETTING_BOOL, .def = "yes",
		.help = "after set-up, drop the user, capabilities, files and system calls that are not needed; no: for debugging only"},
	{.name = "log.format", .by = SETTING_BOTH, .type = SETTING_STRING, .def = "auto", .values = "auto, text, plain or json",
		.help = "log lines: text (with the time), plain (without), json, or auto (fields if systemd's journal reads stderr, else text)",
		.details = "`text`: time in UTC, program, level, text. `plain`: the same without the time, for a service manager that adds its own. `json`: one object "
			"per line with time, level, program, pid, sensor, function, message. `auto`: if systemd's journal reads stderr, entries of the journal with a "
			"priority and the fields CODE_FUNC, LOOKBACK_SENSOR, LOOKBACK_VERSION. Errors in arguments and settings are printed before the format is "
			"known, as plain lines."},
	{.name = "log.level", .by = SETTING_BOTH, .type = SETTING_STRING, .def = "info", .values = "error, warning, info or debug", .reload = true,
		.help = "least important level that is logged"},
};
// clang-format on

const struct setting_topic setting_basics = SETTING_TOPIC("Basics: inputs, name, Redis", basics);
const struct setting_topic setting_process = SETTING_TOPIC("Processes and log", process);

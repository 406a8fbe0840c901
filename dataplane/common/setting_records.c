// SPDX-License-Identifier: BSD-3-Clause
// Settings of the collector, from the spool to lookups; the command lookback uses them as well.
#include "dataplane/common/setting_tables.h"

// clang-format off
static const struct setting redis[] = {
	{.name = "redis.sentinel", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .values = "name of at most 63 characters",
		.help = "name of the primary, if the addresses in redis are Sentinels", .example = "mymaster"},
	{.name = "redis.user", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .values = "name", .reload = true,
		.help = "user name (ACL)", .example = "lookback"},
	{.name = "redis.password", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .values = "text", .reload = true, .secret = true,
		.help = "password; better use redis.password_file", .example = "secret"},
	{.name = "redis.password_file", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .values = "file", .reload = true,
		.help = "file whose first line is the password, read at each connect", .example = "/etc/lookback/redis.password"},
	{.name = "redis.ca", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 1000, .values = "file", .reload = true,
		.help = "file of the certificate authorities (PEM) for rediss://, read at each connect; if empty, those of the system",
		.example = "/etc/lookback/redis-ca.pem"},
	{.name = "redis.certificate", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 1000, .values = "file", .reload = true,
		.help = "file of the client's certificate chain (PEM) for rediss://, read at each connect", .example = "/etc/lookback/redis-client.pem"},
	{.name = "redis.certificate_key", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 1000, .values = "file", .reload = true,
		.help = "file of the private key of the client's certificate (PEM), read at each connect", .details = "It has no password.",
		.example = "/etc/lookback/redis-client.key"},
	{.name = "redis.server_name", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 250, .values = "name", .reload = true,
		.help = "name to expect in the certificate of each server, and for SNI; if empty, the host of its address", .example = "redis.example.net"},
	{.name = "redis.tls", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "verify-full", .values = "verify-full or verify-ca", .reload = true,
		.help = "check of the servers' certificates with rediss://: verify-full (authority and name) or verify-ca (authority only)",
		.details = "There is no value for no check."},
	{.name = "redis.database", .by = SETTING_COLLECTOR, .type = SETTING_UINT, .def = "0", .max = 1000000, .values = "number",
		.help = "database number"},
	{.name = "redis.prefix", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "pdns:", .values = "text of 1 to 64 characters",
		.help = "prefix of all keys", .details = "Printable ASCII without blanks."},
	{.name = "redis.timeout", .by = SETTING_COLLECTOR, .type = SETTING_SECONDS, .def = "5s", .min = 0.05, .max = 600, .reload = true,
		.help = "time-out of a connection, a write or a reply"},
	{.name = "redis.check", .by = SETTING_COLLECTOR, .type = SETTING_SECONDS, .def = "30s", .min = 0.1, .max = 86400, .reload = true,
		.help = "how often the settings and the state of Redis are checked, for warnings",
		.details = "Warnings are in the log, in `/readyz` and on the web page."},
	{.name = "new.max", .by = SETTING_COLLECTOR, .type = SETTING_UINT, .def = "100000", .max = 1e9, .values = "entries", .reload = true,
		.help = "entries kept in the stream of new records (PREFIXnew); 0: no stream"},
};

static const struct setting spool[] = {
	{.name = "spool.dir", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .values = "folder",
		.help = "folder of the spool; if empty, /var/lib/lookback/spool, or SOCKET.spool if collector.socket is not in /run/lookback; with --once: "
			"SOCKET.spool, deleted on exit",
		.example = "/var/lib/lookback/spool"},
	{.name = "spool.size", .by = SETTING_COLLECTOR, .type = SETTING_SIZE, .def = "4g", .min = 1048576, .max = 1099511627776.0, .reload = true,
		.help = "disk space of the spool: batches that wait for Redis, and batches kept by spool.keep"},
	{.name = "spool.keep", .by = SETTING_COLLECTOR, .type = SETTING_SECONDS, .def = "10min", .max = 86400 * 30, .reload = true,
		.help = "how long batches are kept after Redis has them, in case Redis restarts with older data"},
	{.name = "spool.patience", .by = SETTING_COLLECTOR, .type = SETTING_SECONDS, .def = "10min", .max = 86400 * 30, .reload = true,
		.help = "how long a full spool rejects new frames before it drops its oldest batches"},
	{.name = "queue.size", .by = SETTING_COLLECTOR, .type = SETTING_SIZE, .def = "16m", .min = 262144, .max = 1099511627776.0, .reload = true,
		.help = "memory for frames that are not in the spool yet"},
};

static const struct setting http[] = {
	{.name = "http.keys", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "file of API keys (lookback key add NAME); without it, lookups are answered on loopback only",
		.details = "Without TLS, use API keys on loopback only.", .example = "/etc/lookback/keys"},
	{.name = "http.certificate", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "file of the certificate chain for TLS (PEM)", .details = "TLS 1.2 and later.", .example = "/etc/lookback/http.pem"},
	{.name = "http.certificate_key", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "file of the private key of the certificate (PEM)", .example = "/etc/lookback/http.key"},
	{.name = "http.connections", .by = SETTING_COLLECTOR, .type = SETTING_UINT, .def = "256", .min = 1, .max = 10000, .values = "lookups",
		.help = "lookups over HTTP at a time, at most half of them from one address; further ones get 503"},
	{.name = "http.results", .by = SETTING_COLLECTOR, .type = SETTING_UINT, .def = "1000000", .min = 1, .max = 1e9, .values = "records",
		.help = "limit of records in one answer"},
	{.name = "http.time", .by = SETTING_COLLECTOR, .type = SETTING_SECONDS, .def = "60s", .min = 0.1, .max = 86400,
		.help = "time-out of a lookup"},
	{.name = "http.audit", .by = SETTING_COLLECTOR, .type = SETTING_BOOL, .def = "no",
		.help = "log each lookup"},
	{.name = "ready.sensor", .by = SETTING_COLLECTOR, .type = SETTING_SECONDS, .def = "0", .max = 86400,
		.help = "/readyz also needs a sensor that was heard within this time; 0: it needs none"},
	{.name = "ready.sensors", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "names of sensors, comma-separated",
		.help = "sensors that ready.sensor is about; if empty, any one", .example = "dc1-dns, dc2-dns"},
	{.name = "names.file", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "file that keeps the names index over restarts (also FILE.targets); if empty, the index is built again at each start",
		.example = "/var/lib/lookback/names"},
	{.name = "psl.file", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "file of the public suffix list; if empty, that of the system", .example = "/usr/share/publicsuffix/public_suffix_list.dat"},
};

static const struct setting alerts[] = {
	{.name = "watch.file", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "/etc/lookback/watch.conf", .max = 4000, .values = "file",
		.help = "file of the watch rules, watch.conf(5); a file that does not exist has none",
		.details = "The file is read again on reload; another path needs a restart."},
	{.name = "alert.max", .by = SETTING_COLLECTOR, .type = SETTING_UINT, .def = "100000", .min = 100, .max = 1e9, .values = "entries", .reload = true,
		.help = "entries kept in the stream of alerts (PREFIXalert)"},
	{.name = "alert.dir", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "folder",
		.help = "folder of the alerts that wait for their receivers; if empty, /var/lib/lookback/alerts, or SOCKET.alerts if collector.socket is not in "
			"/run/lookback",
		.example = "/var/lib/lookback/alerts"},
	{.name = "alert.size", .by = SETTING_COLLECTOR, .type = SETTING_SIZE, .def = "64m", .min = 65536, .max = 1073741824,
		.help = "disk space of the alerts that wait for one receiver; if it is full, the oldest are dropped"},
	{.name = "block.file", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "/etc/lookback/block.conf", .max = 4000, .values = "file",
		.help = "file of block lists; a file that does not exist has none",
		.details = "Each list is a section `[list NAME]`. The file is read again on reload; another path needs a restart."},
};

static const struct setting context[] = {
	{.name = "context.asn", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "MaxMind DB file (.mmdb) with the AS of addresses: GeoLite2 ASN, DB-IP, IPinfo", .example = "/var/lib/GeoIP/GeoLite2-ASN.mmdb",
		.details = "The content of all files of context settings is read again on reload; another path needs a restart."},
	{.name = "context.country", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "MaxMind DB file (.mmdb) with the country of addresses: GeoLite2 Country or City, DB-IP, IPinfo",
		.example = "/var/lib/GeoIP/GeoLite2-Country.mmdb"},
	{.name = "context.prefixes", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "file with one network per line: PREFIX,ASN,COUNTRY,LABEL,KIND; overrides the other files", .example = "/etc/lookback/prefixes.csv"},
	{.name = "context.labels", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "builtin", .max = 4000, .values = "file, or builtin",
		.help = "file with one network or zone per line, with its kind (hosting, cdn, parking, sinkhole) and label; builtin: the list that Lookback "
			"ships; empty: none"},
	{.name = "context.popular", .by = SETTING_COLLECTOR, .type = SETTING_STRING, .def = "", .max = 4000, .values = "file",
		.help = "file of popular names, best first, or RANK,NAME as Tranco and Umbrella publish it", .example = "/etc/lookback/top-1m.csv"},
};
// clang-format on

const struct setting_topic setting_redis = SETTING_TOPIC("Redis", redis);
const struct setting_topic setting_spool = SETTING_TOPIC("Spool", spool);
const struct setting_topic setting_http = SETTING_TOPIC("HTTP server and lookups", http);
const struct setting_topic setting_alerts = SETTING_TOPIC("Watch rules, alerts, block lists", alerts);
const struct setting_topic setting_context = SETTING_TOPIC("Context of addresses and names", context);

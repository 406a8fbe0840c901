// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct settings parsed; // the table below points into it

static int set_redis(void *at, const char *value, char *why, size_t why_size)
{
	return endpoint_read_list(at, &parsed.redis_more, value, why, why_size);
}

static int set_tls(void *at, const char *value, char *why, size_t why_size)
{
	bool full = strcmp(value, "verify-full") == 0;

	if (!full && strcmp(value, "verify-ca") != 0) {
		snprintf(why, why_size, "expected verify-full or verify-ca");
		return -EINVAL;
	}
	*(bool *)at = !full;
	return 0;
}

static int set_path(void *at, const char *value, char *why, size_t why_size)
{
	char **path = at;

	if (value[0] != '/' || strlen(value) >= 108) {
		snprintf(why, why_size, "expected an absolute path of at most 107 characters");
		return -EINVAL;
	}
	free(*path);
	*path = strdup(value);
	return *path ? 0 : -ENOMEM;
}

// clang-format off
// clang-format off
static const struct conf_key keys[] = {
	{"collector.socket", CONF_FUNCTION, &parsed.collector_socket, "/run/lookback/collector.sock",
		"Unix socket to which dataplanes connect", 0, 0, set_path, false},
	{"redis", CONF_FUNCTION, &parsed.redis, "127.0.0.1:6379",
		"address of Redis: HOST:PORT, [IPV6]:PORT or unix:/path, with TLS rediss://HOST:PORT; a comma-separated list of "
		"replicas, of Sentinels, or of nodes of a cluster", 0, 0, set_redis, false},
	{"redis.sentinel", CONF_STRING, &parsed.redis_sentinel, "",
		"name of the primary, if the addresses in redis are Sentinels", 0, 0, NULL, false},
	{"redis.user", CONF_STRING, &parsed.redis_user, "", "user name (ACL)", 0, 0, NULL, true},
	{"redis.password", CONF_STRING, &parsed.redis_password, "", "password", 0, 0, NULL, true},
	{"redis.password_file", CONF_STRING, &parsed.redis_password_file, "",
		"file whose first line is the password, read at each connect", 0, 0, NULL, true},
	{"redis.ca", CONF_STRING, &parsed.redis_ca, "",
		"file of the certificate authorities (PEM) for rediss://, read at each connect; if empty, those of the system",
		0, 1000, NULL, true},
	{"redis.certificate", CONF_STRING, &parsed.redis_certificate, "",
		"file of the client's certificate chain (PEM) for rediss://, read at each connect", 0, 1000, NULL, true},
	{"redis.certificate_key", CONF_STRING, &parsed.redis_certificate_key, "",
		"file of the private key of the client's certificate (PEM), read at each connect", 0, 1000, NULL, true},
	{"redis.server_name", CONF_STRING, &parsed.redis_server_name, "",
		"name to expect in the certificate of each server, and for SNI; if empty, the host of its address", 0, 250, NULL, true},
	{"redis.tls", CONF_FUNCTION, &parsed.redis_any_name, "verify-full",
		"check of the servers' certificates with rediss://: verify-full (authority and name) or verify-ca (authority only)",
		0, 0, set_tls, true},
	{"redis.database", CONF_UINT, &parsed.redis_database, "0", "database number", 0, 1000000, NULL, false},
	{"redis.prefix", CONF_STRING, &parsed.redis_prefix, "pdns:", "prefix of all keys", 0, 0, NULL, false},
	{"redis.timeout", CONF_SECONDS, &parsed.redis_timeout_s, "5s",
		"time-out of a connection, a write or a reply", 0.05, 600, NULL, true},
	{"redis.check", CONF_SECONDS, &parsed.redis_check_s, "30s",
		"how often the settings and the state of Redis are checked, for warnings", 0.1, 86400, NULL, true},
	{"http.listen", CONF_FUNCTION, &parsed.http, "127.0.0.1:8053",
		"address and port of the HTTP server (port 0: any free port), or none", 0, 0, endpoint_set_listen, false},
	{"http.keys", CONF_STRING, &parsed.http_keys, "",
		"file of API keys (lookback key add NAME); without it, lookups are answered on loopback only",
		0, 4000, NULL, false},
	{"http.certificate", CONF_STRING, &parsed.http_certificate, "", "file of the certificate chain for TLS (PEM)", 0, 4000,
		NULL, false},
	{"http.certificate_key", CONF_STRING, &parsed.http_certificate_key, "", "file of the private key of the certificate (PEM)", 0, 4000,
		NULL, false},
	{"http.connections", CONF_UINT, &parsed.http_connections, "256", "lookups over HTTP at a time, at most half of them from one address; further ones get 503", 1, 10000,
		NULL, false},
	{"http.results", CONF_UINT, &parsed.http_results, "1000000", "limit of records in one answer", 1, 1e9,
		NULL, false},
	{"http.time", CONF_SECONDS, &parsed.http_time_s, "60s", "time-out of a lookup", 0.1, 86400, NULL,
		false},
	{"http.audit", CONF_BOOL, &parsed.http_audit, "no", "log each lookup", 0, 0, NULL, false},
	{"ready.sensor", CONF_SECONDS, &parsed.ready_sensor_s, "0",
		"/readyz also needs a sensor that was heard within this time; 0: it needs none", 0, 86400, NULL, false},
	{"ready.sensors", CONF_STRING, &parsed.ready_sensors, "",
		"sensors that ready.sensor is about, comma-separated; if empty, any one", 0, 4000, NULL, false},
	{"names.file", CONF_STRING, &parsed.names_file, "",
		"file that keeps the names index over restarts (also FILE.targets); if empty, the index is built again at each start", 0, 4000, NULL, false},
	{"retention.days", CONF_UINT, &parsed.retention_days, "0",
		"delete records not seen for N days; 0: never", 0, 36500, NULL, true},
	{"new.max", CONF_UINT, &parsed.new_max, "100000",
		"entries kept in the stream of new records (PREFIXnew); 0: no stream", 0, 1e9, NULL, true},
	{"block.file", CONF_STRING, &parsed.block_file, "/etc/lookback/block.conf",
		"file of block lists; a file that does not exist has none", 0, 4000, NULL, false},
	{"watch.file", CONF_STRING, &parsed.watch_file, "/etc/lookback/watch.conf",
		"file of the watch rules, see docs/watch.md; read again on SIGHUP. If it does not exist, there are no rules", 0, 4000, NULL, false},
	{"alert.max", CONF_UINT, &parsed.alert_max, "100000",
		"entries kept in the stream of alerts (PREFIXalert)", 100, 1e9, NULL, true},
	{"psl.file", CONF_STRING, &parsed.psl_file, "",
		"file of the public suffix list; if empty, that of the system", 0, 4000, NULL, false},
	{"context.asn", CONF_STRING, &parsed.context_asn, "",
		"MaxMind DB file (.mmdb) with the AS of addresses: GeoLite2 ASN, DB-IP, IPinfo", 0, 4000, NULL, false},
	{"context.country", CONF_STRING, &parsed.context_country, "",
		"MaxMind DB file (.mmdb) with the country of addresses: GeoLite2 Country or City, DB-IP, IPinfo", 0, 4000, NULL, false},
	{"context.prefixes", CONF_STRING, &parsed.context_prefixes, "",
		"file with one network per line: PREFIX,ASN,COUNTRY,LABEL,KIND; overrides the other files", 0, 4000, NULL, false},
	{"context.labels", CONF_STRING, &parsed.context_labels, "builtin",
		"file with one network or zone per line, with its kind (hosting, cdn, parking, sinkhole) and label; builtin: the "
		"list that Lookback ships; empty: none", 0, 4000, NULL, false},
	{"context.popular", CONF_STRING, &parsed.context_popular, "",
		"file of popular names, best first, or RANK,NAME as Tranco and Umbrella publish it", 0, 4000, NULL, false},
	{"spool.dir", CONF_STRING, &parsed.spool_dir, "",
		"folder of the spool; if empty, /var/lib/lookback/spool, or SOCKET.spool if collector.socket is not in "
		"/run/lookback; with --once: SOCKET.spool, deleted on exit", 0, 0, NULL, false},
	{"spool.size", CONF_SIZE, &parsed.spool_size, "4g",
		"disk space of the spool: batches that wait for Redis, and batches kept by spool.keep", 1048576, 1099511627776.0, NULL, true},
	{"spool.keep", CONF_SECONDS, &parsed.spool_keep_s, "10min",
		"how long batches are kept after Redis has them, in case Redis restarts with older data", 0, 86400 * 30, NULL, true},
	{"spool.patience", CONF_SECONDS, &parsed.spool_patience_s, "10min",
		"how long a full spool rejects new frames before it drops its oldest batches",
		0, 86400 * 30, NULL, true},
	{"alert.dir", CONF_STRING, &parsed.alert_dir, "",
		"folder of the alerts that wait for their receivers; if empty, /var/lib/lookback/alerts, or SOCKET.alerts if "
		"collector.socket is not in /run/lookback", 0, 4000, NULL, false},
	{"alert.size", CONF_SIZE, &parsed.alert_size, "64m",
		"disk space of the alerts that wait for one receiver; if it is full, the oldest are dropped", 65536, 1073741824, NULL, false},
	{"queue.size", CONF_SIZE, &parsed.queue_size, "16m",
		"memory for frames that are not in the spool yet", 262144, 1099511627776.0, NULL, true},
	{"user", CONF_STRING, &parsed.user, "", "user to run as if started by root; if empty, lookback, or nobody if that does not exist", 0, 0, NULL, false},
	{"sandbox", CONF_BOOL, &parsed.sandbox, "yes",
		"after set-up, drop the user, capabilities, files and system calls that are not needed; no: for debugging only", 0, 0, NULL, false},
	{"log.format", CONF_FUNCTION, &parsed.log_format, "auto",
		"log lines: text (with the time), plain (without), json, or auto (fields if systemd's journal reads stderr, else text)", 0, 0,
		log_format_read, false},
	{"log.level", CONF_FUNCTION, &parsed.log_level, "info", "error, warning, info or debug", 0, 0,
		log_level_read, true},
};
// clang-format on

// Keys that the dataplane reads from the same file.
static const char *const other_keys[] = {
	"dedup",
	"dns.ports",
	"doh.addresses",
	"filter",
	"flood.interval",
	"flood.names",
	"flush.interval",
	"flush.records",
	"frag.datagrams",
	"frag.timeout",
	"idle",
	"match",
	"match.size",
	"match.timeout",
	"names.only",
	"names.skip",
	"nic.isolate",
	"replay.damaged",
	"replay.wait",
	"rx.descriptors",
	"sections",
	"sensor",
	"servers",
	"stop.timeout",
	"table.records",
	"tcp.flows",
	"tcp.memory",
	"tcp.timeout",
	"telemetry",
	"types",
	"types_skip",
	"workers",
	"xdp.dst",
	"xdp.mode",
	"xdp.program",
	"xdp.sample",
	"xdp.src",
	"xdp.tunnels",
	NULL,
};
// clang-format on

static struct conf_text texts[sizeof(keys) / sizeof(keys[0])];
static const struct conf conf = {.keys = keys,
	.keys_len = sizeof(keys) / sizeof(keys[0]),
	.other = other_keys,
	.texts = texts};

// Every string of the settings, for copying, freeing and comparing.
// clang-format off
#define SETTINGS_STRINGS(X) \
	X(collector_socket) X(redis_sentinel) X(redis_user) X(redis_password) X(redis_password_file) X(redis_prefix) \
	X(redis_ca) X(redis_certificate) X(redis_certificate_key) X(redis_server_name) \
	X(block_file) X(psl_file) X(spool_dir) X(http_keys) X(http_certificate) X(http_certificate_key) X(names_file) \
	X(user) X(context_asn) X(context_country) X(context_prefixes) X(context_labels) X(context_popular) X(watch_file) \
	X(alert_dir) X(ready_sensors)
// clang-format on

void settings_free(struct settings *s)
{
#define FREE_ONE(field) \
	free(s->field); \
	s->field = NULL;
	SETTINGS_STRINGS(FREE_ONE)
}

// Printable ASCII without blanks.
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text > 0x7e)
			return false;
	return true;
}

// What is wrong with the settings of TLS; NULL: nothing.
static const char *check_tls(const struct settings *s)
{
	bool tls = s->redis.tls;

	for (size_t i = 0; i < s->redis_more.len; i++)
		tls = tls || s->redis_more.at[i].tls;
	if (!*s->redis_certificate != !*s->redis_certificate_key)
		return "redis.certificate and redis.certificate_key: give both or none";
	if (!tls && (*s->redis_ca || *s->redis_certificate || *s->redis_server_name))
		return "redis: found an address without TLS, expected rediss://HOST:PORT, because redis.ca, redis.certificate or "
		       "redis.server_name is set; write rediss:// before the address, or remove these settings";
	return NULL;
}

// Checks what depends on several keys, and lengths. Returns 0 or -EINVAL.
static int check(const struct settings *s, char *why, size_t why_size)
{
	const char *wrong = check_tls(s);

	if (wrong)
		;
	else if (*s->redis_password && *s->redis_password_file)
		wrong = "redis.password and redis.password_file: give one of them";
	else if (*s->redis_user && !*s->redis_password && !*s->redis_password_file)
		wrong = "redis.user: needs redis.password or redis.password_file";
	else if (!*s->http_certificate != !*s->http_certificate_key)
		wrong = "http.certificate and http.certificate_key: give both or none";
	else if (*s->ready_sensors && s->ready_sensor_s == 0)
		wrong = "ready.sensors: needs ready.sensor, the time within which they must be heard";
	else if (strlen(s->redis_sentinel) > 63)
		wrong = "redis.sentinel: expected at most 63 characters";
	else if (*s->spool_dir && (*s->spool_dir != '/' || strlen(s->spool_dir) > 4000))
		wrong = "spool.dir: expected an absolute path";
	else if (*s->alert_dir && *s->alert_dir != '/')
		wrong = "alert.dir: expected an absolute path";
	else if (!is_plain(s->redis_prefix))
		wrong = "redis.prefix: expected printable ASCII without blanks";
	else if (strpbrk(s->redis_prefix, "{}"))
		wrong = "redis.prefix: braces would put all keys into one slot of a cluster";
	else if (!*s->redis_prefix || strlen(s->redis_prefix) > 64)
		wrong = "redis.prefix: expected 1 to 64 characters";
	else if (strlen(s->redis_user) > 127 || strlen(s->redis_password) > 511 ||
		 strlen(s->redis_password_file) > 4095)
		wrong = "redis.user, redis.password, redis.password_file: expected at most 127, 511, 4095 "
			"characters";
	if (wrong)
		snprintf(why, why_size, "%s", wrong);
	return wrong ? -EINVAL : 0;
}

// Where the value of a secret begins; NULL: none.
static char *secret_of(char *assignment)
{
	static const char *const secrets[] = {"redis.password"};

	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		size_t len = strlen(secrets[i]);
		char *rest = assignment + strspn(assignment, " \t");
		if (strncmp(rest, secrets[i], len) != 0)
			continue;
		rest += len + strspn(rest + len, " \t");
		if (*rest == '=' && rest[1])
			return rest + 1;
	}
	return NULL;
}

bool settings_add_option(struct settings_source *source, char *assignment)
{
	char *secret = secret_of(assignment);

	if (source->options_len == SETTINGS_OPTIONS_MAX)
		return false;
	source->options[source->options_len] = secret ? strdup(assignment) : assignment;
	if (secret) { // kept until the program ends: SIGHUP reads it again
		log_warning("redis.password: every user can read a command line; use redis.password_file");
		explicit_bzero(secret, strlen(secret));
		*secret = '*';
	}
	return source->options[source->options_len++] != NULL;
}

int settings_load(struct settings *out, const struct settings_source *source, char *why, size_t why_size)
{
	int result = 0;

	conf_defaults(&conf);
	if (source->file)
		result = conf_read_file(&conf, source->file, why, why_size);
	for (size_t i = 0; result == 0 && i < source->options_len; i++)
		result = conf_set_option(&conf, source->options[i], why, why_size);
	if (result == 0)
		result = check(&parsed, why, why_size);
	if (result != 0)
		return result;
	struct settings copy = parsed;
#define COPY_ONE(field) copy.field = strdup(parsed.field);
	SETTINGS_STRINGS(COPY_ONE)
#define CHECK_ONE(field) || !copy.field
	if (false SETTINGS_STRINGS(CHECK_ONE)) {
		settings_free(&copy);
		snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	*out = copy;
	return 0;
}

void settings_spool_dir(const struct settings *s, bool once, char *out, size_t out_size)
{
	if (s->spool_dir[0])
		snprintf(out, out_size, "%s", s->spool_dir);
	else if (!once && strncmp(s->collector_socket, "/run/lookback/", 14) == 0)
		snprintf(out, out_size, "/var/lib/lookback/spool");
	else
		snprintf(out, out_size, "%s.spool", s->collector_socket);
}

void settings_alert_dir(const struct settings *s, char *out, size_t out_size)
{
	if (s->alert_dir[0])
		snprintf(out, out_size, "%s", s->alert_dir);
	else if (strncmp(s->collector_socket, "/run/lookback/", 14) == 0)
		snprintf(out, out_size, "/var/lib/lookback/alerts");
	else
		snprintf(out, out_size, "%s.alerts", s->collector_socket);
}

static void replace(char **at, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return; // the old one stays
	free(*at);
	*at = copy;
}

void settings_reload(struct settings *live, const struct settings *fresh)
{
	replace(&live->redis_user, fresh->redis_user);
	replace(&live->redis_password, fresh->redis_password);
	replace(&live->redis_password_file, fresh->redis_password_file);
	replace(&live->redis_ca, fresh->redis_ca);
	replace(&live->redis_certificate, fresh->redis_certificate);
	replace(&live->redis_certificate_key, fresh->redis_certificate_key);
	replace(&live->redis_server_name, fresh->redis_server_name);
	live->redis_any_name = fresh->redis_any_name;
	live->redis_timeout_s = fresh->redis_timeout_s;
	live->redis_check_s = fresh->redis_check_s;
	live->retention_days = fresh->retention_days;
	live->new_max = fresh->new_max;
	live->alert_max = fresh->alert_max;
	live->queue_size = fresh->queue_size;
	live->spool_size = fresh->spool_size;
	live->spool_keep_s = fresh->spool_keep_s;
	live->spool_patience_s = fresh->spool_patience_s;
	live->log_level = fresh->log_level;
	const struct conf_key *key;
	for (size_t at = 0; (key = conf_next_changed(&conf, &at)) != NULL;)
		log_warning("%s: changed; takes effect after a restart", key->name);
}

void settings_in_force(void)
{
	conf_in_force(&conf);
}

void settings_help(FILE *out)
{
	conf_help(&conf, out);
}

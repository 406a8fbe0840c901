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

static const struct conf_place places[] = {
	{"collector.socket", &parsed.collector_socket, set_path},
	{"redis", &parsed.redis, set_redis},
	{"redis.sentinel", &parsed.redis_sentinel, NULL},
	{"redis.user", &parsed.redis_user, NULL},
	{"redis.password", &parsed.redis_password, NULL},
	{"redis.password_file", &parsed.redis_password_file, NULL},
	{"redis.ca", &parsed.redis_ca, NULL},
	{"redis.certificate", &parsed.redis_certificate, NULL},
	{"redis.certificate_key", &parsed.redis_certificate_key, NULL},
	{"redis.server_name", &parsed.redis_server_name, NULL},
	{"redis.tls", &parsed.redis_any_name, set_tls},
	{"redis.database", &parsed.redis_database, NULL},
	{"redis.prefix", &parsed.redis_prefix, NULL},
	{"redis.timeout", &parsed.redis_timeout_s, NULL},
	{"redis.check", &parsed.redis_check_s, NULL},
	{"http.listen", &parsed.http, endpoint_set_listen},
	{"http.keys", &parsed.http_keys, NULL},
	{"http.certificate", &parsed.http_certificate, NULL},
	{"http.certificate_key", &parsed.http_certificate_key, NULL},
	{"http.connections", &parsed.http_connections, NULL},
	{"http.results", &parsed.http_results, NULL},
	{"http.time", &parsed.http_time_s, NULL},
	{"http.audit", &parsed.http_audit, NULL},
	{"ready.sensor", &parsed.ready_sensor_s, NULL},
	{"ready.sensors", &parsed.ready_sensors, NULL},
	{"names.file", &parsed.names_file, NULL},
	{"retention.days", &parsed.retention_days, NULL},
	{"new.max", &parsed.new_max, NULL},
	{"block.file", &parsed.block_file, NULL},
	{"watch.file", &parsed.watch_file, NULL},
	{"alert.max", &parsed.alert_max, NULL},
	{"psl.file", &parsed.psl_file, NULL},
	{"context.asn", &parsed.context_asn, NULL},
	{"context.country", &parsed.context_country, NULL},
	{"context.prefixes", &parsed.context_prefixes, NULL},
	{"context.labels", &parsed.context_labels, NULL},
	{"context.popular", &parsed.context_popular, NULL},
	{"spool.dir", &parsed.spool_dir, NULL},
	{"spool.size", &parsed.spool_size, NULL},
	{"spool.keep", &parsed.spool_keep_s, NULL},
	{"spool.patience", &parsed.spool_patience_s, NULL},
	{"alert.dir", &parsed.alert_dir, NULL},
	{"alert.size", &parsed.alert_size, NULL},
	{"queue.size", &parsed.queue_size, NULL},
	{"user", &parsed.user, NULL},
	{"sandbox", &parsed.sandbox, NULL},
	{"log.format", &parsed.log_format, log_format_read},
	{"log.level", &parsed.log_level, log_level_read},
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static struct conf_text texts[PLACES];
static const struct conf conf = {.topics = setting_topics,
	.places = places,
	.places_len = PLACES,
	.program = SETTING_COLLECTOR,
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

static bool wants_tls(const struct settings *s)
{
	bool tls = s->redis.tls;

	for (size_t i = 0; i < s->redis_more.len; i++)
		tls = tls || s->redis_more.at[i].tls;
	return tls;
}

// Checks what depends on several keys, and lengths.
static void check(const struct settings *s, struct conf_report *report)
{
	const struct {
		bool wrong;
		const char *key, *text;
	} rules[] = {
		{*s->redis_password && *s->redis_password_file, "redis.password_file",
			"redis.password and redis.password_file: found both, expected one of them"},
		{*s->redis_user && !*s->redis_password && !*s->redis_password_file, "redis.user",
			"redis.user: needs redis.password or redis.password_file"},
		{!*s->http_certificate != !*s->http_certificate_key,
			*s->http_certificate ? "http.certificate" : "http.certificate_key",
			"http.certificate and http.certificate_key: found one of them, expected both or none"},
		{!*s->redis_certificate != !*s->redis_certificate_key,
			*s->redis_certificate ? "redis.certificate" : "redis.certificate_key",
			"redis.certificate and redis.certificate_key: found one of them, expected both or none"},
		{!wants_tls(s) && (*s->redis_ca || *s->redis_certificate || *s->redis_server_name), "redis",
			"redis: found an address without TLS, expected rediss://HOST:PORT, because redis.ca, redis.certificate or "
			"redis.server_name is set; write rediss:// before the address, or remove these settings"},
		{*s->ready_sensors && s->ready_sensor_s == 0, "ready.sensors",
			"ready.sensors: needs ready.sensor, the time within which they must be heard"},
		{strlen(s->redis_sentinel) > 63, "redis.sentinel", "redis.sentinel: expected at most 63 characters"},
		{*s->spool_dir && (*s->spool_dir != '/' || strlen(s->spool_dir) > 4000), "spool.dir",
			"spool.dir: expected an absolute path"},
		{*s->alert_dir && *s->alert_dir != '/', "alert.dir", "alert.dir: expected an absolute path"},
		{!is_plain(s->redis_prefix), "redis.prefix", "redis.prefix: expected printable ASCII without blanks"},
		{strpbrk(s->redis_prefix, "{}") != NULL, "redis.prefix",
			"redis.prefix: braces would put all keys into one slot of a cluster"},
		{!*s->redis_prefix || strlen(s->redis_prefix) > 64, "redis.prefix",
			"redis.prefix: expected 1 to 64 characters"},
		{strlen(s->redis_user) > 127, "redis.user", "redis.user: expected at most 127 characters"},
		{strlen(s->redis_password) > 511, "redis.password", "redis.password: expected at most 511 characters"},
		{strlen(s->redis_password_file) > 4095, "redis.password_file",
			"redis.password_file: expected at most 4095 characters"},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].wrong)
			conf_report_add(&conf, report, rules[i].key, rules[i].text);
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

static int read_source(const struct settings_source *source, struct conf_report *report)
{
	const struct conf_source all = {.file = source->file,
		.options = source->options,
		.options_len = source->options_len};
	int result = conf_read(&conf, &all, report);

	settings_credentials(&parsed, &conf, report);
	check(&parsed, report);
	return result == 0 && report->errors > 0 ? -EINVAL : result;
}

static void check_parsed(void *context, struct conf_report *report)
{
	check(&parsed, report);
}

int settings_command(const struct settings_source *source, bool print)
{
	const struct conf_source all = {.file = source->file,
		.options = source->options,
		.options_len = source->options_len};

	return conf_command(&conf, &all, check_parsed, NULL, print);
}

int settings_load(struct settings *out, const struct settings_source *source, char *why, size_t why_size)
{
	struct conf_report report = {0};
	int result = read_source(source, &report);

	conf_report_first(&report, why, why_size);
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

void settings_files(const struct settings_source *source, struct conf_files *files)
{
	struct conf_report report = {.files = files};

	read_source(source, &report);
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
	const struct setting *key;
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

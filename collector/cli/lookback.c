// SPDX-License-Identifier: BSD-3-Clause
#include "collector/cli/lookback.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int lookback_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("lookback: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return LOOKBACK_FAILED;
}

redisReply *lookback_ask(struct lookback *l)
{
	redisReply *reply = reader_send(&l->db.reader) == 0 ? reader_reply(&l->db.reader) : NULL;

	if (!reply)
		lookback_fail("%s", l->db.reader.why);
	return reply;
}

// The password is that of the settings, else REDISCLI_AUTH. REDISCLI_AUTH takes precedence over /etc/lookback/lookback.conf,
// whose password file not everyone may read.
static void prepare_db(struct lookback *l)
{
	const struct settings *s = &l->settings;
	const char *auth = getenv("REDISCLI_AUTH");
	bool given = (*s->redis_password || *s->redis_password_file) && !(auth && l->implied);
	struct redis_settings r = redis_settings_of(s);

	if (auth && !given) {
		snprintf(r.password, sizeof(r.password), "%s", auth);
		r.password_file[0] = '\0';
	}
	query_db_init(&l->db, &r, l->zones, s->psl_file);
}

// Reads the settings: of --config, else of the default file (conf_file), if it is readable; options override them.
static int load_settings(struct lookback *l, char *why, size_t why_size)
{
	char redis[600];
	bool given = l->redis != NULL;

	for (size_t i = 0; i < l->source.options_len; i++)
		given = given || strncmp(l->source.options[i], "redis=", 6) == 0;
	const char *file = conf_file(l->source.file);
	l->implied = !l->source.file && file;
	l->source.file = file;
	if (l->implied && access(file, R_OK) != 0 && errno == EACCES) {
		if (!given)
			fprintf(stderr,
				"lookback: %s: %s; going on without it, with Redis at its default address (set --redis or -o)\n",
				file, strerror(errno));
		l->source.file = NULL;
		l->implied = false;
	}
	if (l->redis) {
		snprintf(redis, sizeof(redis), "redis=%s", l->redis);
		if (strlen(l->redis) > 512 || l->source.options_len == SETTINGS_OPTIONS_MAX) {
			snprintf(why, why_size, "--redis: found more than 512 octets, or too many -o");
			return -1;
		}
		l->source.options[l->source.options_len++] = redis;
	}
	int result = settings_load(&l->settings, &l->source, why, why_size);
	if (l->redis)
		l->source.options_len--; // its text ends here
	return result;
}

int main(int argc, char **argv)
{
	static struct lookback l;
	char why[1024];

	log_init("lookback", LOG_LEVEL_WARNING);
	signal(SIGPIPE, SIG_DFL);
	setlocale(LC_CTYPE, "C.UTF-8"); // for the width of what --unicode shows
	l.filter = query_make(QUERY_NAME);
	l.filter.time_max_s = LOOKBACK_TIMEOUT_S;
	l.filter.partial = true;
	int status = lookback_parse_options(&l, argc, argv);
	if (status >= 0)
		return status;
	const struct lookback_command *command = lookback_find_command(&l);
	if (!command)
		return LOOKBACK_FAILED;
	if (load_settings(&l, why, sizeof(why)) != 0)
		return command->run == lookback_doctor ? lookback_doctor_settings(&l, why) : lookback_fail("%s", why);
	l.zones = zone_open(l.settings.psl_file, why, sizeof(why));
	if (!l.zones) {
		settings_free(&l.settings);
		return lookback_fail("%s", why);
	}
	if (l.with_context && context_open(&l.context, &l.settings, l.zones, why, sizeof(why)) != 0) {
		zone_close(l.zones);
		settings_free(&l.settings);
		return lookback_fail("%s", why);
	}
	if (!l.has_limit && l.output == OUTPUT_TABLE)
		l.filter.limit = LOOKBACK_LIMIT;
	prepare_db(&l);
	status = command->run(&l);
	query_db_free(&l.db);
	context_close(l.context);
	zone_close(l.zones);
	settings_free(&l.settings);
	if (fflush(stdout) != 0 || ferror(stdout))
		return lookback_fail("cannot write to the standard output");
	return status;
}

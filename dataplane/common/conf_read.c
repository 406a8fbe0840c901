// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/conf_line.h"
#include "dataplane/common/trim.h"

static void keep_text(char **at, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	free(*at);
	*at = copy; // without memory the change is not reported
}

// errors ────────────────────────────────────────────────────────────────────────────────────

// Replaces control characters, so that a message that quotes input is one line, and user and password of a URL.
static void clean(char *line)
{
	char *at = strchr(line, '@'), *user = at ? strstr(line, "://") : NULL;

	for (user = user && user < at ? user + 3 : at; user && user < at; user++)
		*user = '*';
	for (; *line; line++)
		if ((unsigned char)*line < 0x20 || *line == 0x7f)
			*line = '?';
}

void conf_line_error(struct conf_report *report, const char *format, ...)
{
	char line[CONF_WHY_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	clean(line);
	if (report->errors++ == 0)
		snprintf(report->first, sizeof(report->first), "%s", line);
	if (report->say)
		report->say(report->context, line);
}

void conf_report_first(const struct conf_report *report, char *why, size_t why_size)
{
	snprintf(why, why_size, "%s", report->first);
	size_t len = strlen(why);
	if (report->errors > 1)
		snprintf(why + len, why_size - len, "; and %u more errors, see --check-config", report->errors - 1);
}

// one assignment ────────────────────────────────────────────────────────────────────────────

const struct conf_place *conf_place_of(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->places_len; i++)
		if (strcmp(conf->places[i].name, name) == 0)
			return &conf->places[i];
	return NULL;
}

// Returns 0, or -EINVAL with what was expected.
static int set_value(const struct conf *conf, const struct setting *setting, const struct conf_place *place,
	const char *value, const char *where, char *why, size_t why_size)
{
	struct setting text = *setting;
	int result;

	if (place->set) {
		text.type = SETTING_STRING;
		text.max = 0;
		result = conf_value_read(&text, value, NULL, why, why_size);
		if (result == 0)
			result = place->set(place->at, value, why, why_size);
	} else
		result = conf_value_read(setting, value, place->at, why, why_size);
	if (result == 0) {
		keep_text(&conf->texts[place - conf->places].read, value);
		keep_text(&conf->texts[place - conf->places].origin, where);
	}
	return result;
}

static void report_unknown(const struct conf *conf, const char *name, const char *where, struct conf_report *report)
{
	const char *nearest = setting_nearest(conf->topics, name);

	if (nearest)
		conf_line_error(report, "%s: unknown key '%.100s'; did you mean %s?", where, name, nearest);
	else
		conf_line_error(report, "%s: unknown key '%.100s'; lookback.conf(5) lists the keys", where, name);
}

void conf_line_set(const struct conf *conf, char *line, const char *where, struct conf_report *report)
{
	char *equals = strchr(line, '='), expected[500] = "";
	int result = 0;

	if (!equals) {
		conf_line_error(report, "%s: found '%.200s', expected 'key = value'", where, line);
		return;
	}
	*equals = '\0';
	const char *name = trim_blanks(line), *value = trim_blanks(equals + 1);
	const struct conf_place *place = conf_place_of(conf, name);
	const struct setting *setting = setting_find(conf->topics, name);
	if (!setting)
		report_unknown(conf, name, where, report);
	else if (place)
		result = set_value(conf, setting, place, value, where, expected, sizeof(expected));
	else if (report->all)
		result = conf_value_read(setting, value, NULL, expected, sizeof(expected));
	if (result != 0)
		conf_line_error(report, "%s: %s: found '%.200s', %s", where, name, setting->secret ? "*" : value,
			expected);
}

// all of them ───────────────────────────────────────────────────────────────────────────────

void conf_defaults(const struct conf *conf)
{
	char why[256] = "";

	for (size_t i = 0; i < conf->places_len; i++) {
		const struct conf_place *place = &conf->places[i];
		const struct setting *setting = setting_find(conf->topics, place->name);
		if (!setting || set_value(conf, setting, place, setting->def, NULL, why, sizeof(why)) != 0) {
			fprintf(stderr, "default of %s: %s\n", place->name, setting ? why : "not in the catalogue");
			abort();
		}
	}
}

const char *conf_file(const char *given)
{
	const char *file = given ? given : getenv(CONF_ENVIRONMENT);

	if (!file || !*file)
		return access(CONF_DEFAULT_FILE, F_OK) == 0 || errno == EACCES ? CONF_DEFAULT_FILE : NULL;
	return strcmp(file, "none") == 0 ? NULL : file;
}

int conf_read(const struct conf *conf, const struct conf_source *source, struct conf_report *report)
{
	conf_defaults(conf);
	if (source->file)
		conf_file_read(conf, source->file, report);
	for (size_t i = 0; i < source->options_len; i++) {
		char *copy = strdup(source->options[i]);
		if (copy)
			conf_line_set(conf, copy, "-o", report);
		else
			conf_line_error(report, "-o: out of memory");
		free(copy);
	}
	return report->errors > 0 ? -EINVAL : 0;
}

int conf_set_option(const struct conf *conf, const char *assignment, char *why, size_t why_size)
{
	struct conf_report report = {0};
	char *copy = strdup(assignment);

	if (!copy)
		return -ENOMEM;
	conf_line_set(conf, copy, "-o", &report);
	free(copy);
	conf_report_first(&report, why, why_size);
	return report.errors > 0 ? -EINVAL : 0;
}

void conf_report_add(const struct conf *conf, struct conf_report *report, const char *key, const char *text)
{
	const struct conf_place *place = conf_place_of(conf, key);
	const char *origin = place ? conf->texts[place - conf->places].origin : NULL;

	conf_line_error(report, "%s%s%s", origin ? origin : "", origin ? ": " : "", text);
}

void conf_in_force(const struct conf *conf)
{
	for (size_t i = 0; i < conf->places_len; i++)
		keep_text(&conf->texts[i].in_force, conf->texts[i].read ? conf->texts[i].read : "");
}

const struct setting *conf_next_changed(const struct conf *conf, size_t *at)
{
	for (; *at < conf->places_len; ++*at) {
		const struct conf_text *t = &conf->texts[*at];
		const struct setting *setting = setting_find(conf->topics, conf->places[*at].name);
		if (setting->reload || !t->read || !t->in_force || strcmp(t->read, t->in_force) == 0)
			continue;
		if (setting->fills && !*t->in_force)
			continue;
		++*at;
		return setting;
	}
	return NULL;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/conf.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int parse_bool(bool *at, const char *value, char *why, size_t why_size)
{
	static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
			*at = strcmp(value, yes[i]) == 0;
			return 0;
		}
	}
	snprintf(why, why_size, "expected yes or no");
	return -EINVAL;
}

// Reads "number unit" by a table of units; the empty unit is the first. Returns 0 or -EINVAL.
static int parse_number(const char *value, const char *const *units, const double *scale, double *out)
{
	char *end;

	if (!isdigit((unsigned char)value[0]) && value[0] != '.')
		return -EINVAL;
	errno = 0;
	*out = strtod(value, &end);
	if (errno != 0 || end == value || !isfinite(*out))
		return -EINVAL;
	while (isspace((unsigned char)*end))
		end++;
	for (size_t i = 0; units[i]; i++) {
		if (strcasecmp(end, units[i]) == 0) {
			*out *= scale[i];
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_bounded(const struct conf_key *key, const char *value, double *out, char *why, size_t why_size)
{
	static const char *const no_units[] = {"", NULL};
	static const char *const sizes[] = {"", "k", "m", "g", "kib", "mib", "gib", NULL};
	static const char *const times[] = {"", "ms", "s", "min", "h", "d", NULL};
	static const double one[] = {1}, size_scale[] = {1, 1024, 1048576, 1073741824, 1024, 1048576, 1073741824};
	static const double time_scale[] = {1, 0.001, 1, 60, 3600, 86400};
	int result;

	if (key->type == CONF_SIZE)
		result = parse_number(value, sizes, size_scale, out);
	else if (key->type == CONF_SECONDS)
		result = parse_number(value, times, time_scale, out);
	else
		result = parse_number(value, no_units, one, out);
	if (result == 0 && key->type != CONF_SECONDS && *out != floor(*out))
		result = -EINVAL;
	if (result == 0 && (key->min != 0 || key->max != 0) && (*out < key->min || *out > key->max))
		result = -EINVAL;
	if (result == 0)
		return 0;
	const char *kind = key->type == CONF_SIZE      ? "a size in bytes (k, m, g)"
			   : key->type == CONF_SECONDS ? "a time in seconds (ms, s, min, h, d)"
						       : "a whole number";
	if (key->min != 0 || key->max != 0)
		snprintf(why, why_size, "expected %s from %.15g to %.15g", kind, key->min, key->max);
	else
		snprintf(why, why_size, "expected %s", kind);
	return -EINVAL;
}

static void keep_text(char **at, const char *text)
{
	char *copy = strdup(text);

	free(*at);
	*at = copy; // without memory the change is not reported
}

// True if a text contains characters that end lines or move the cursor of a terminal. No setting needs them, and they would
// get into keys, logs and frames.
static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int parse_string(const struct conf_key *key, const char *value, char *why, size_t why_size)
{
	if (key->max > 0 && strlen(value) > (size_t)key->max) {
		snprintf(why, why_size, "expected at most %.0f characters", key->max);
		return -EINVAL;
	}
	free(*(char **)key->at);
	*(char **)key->at = strdup(value);
	return *(char **)key->at ? 0 : -ENOMEM;
}

static int parse_value(const struct conf_key *key, const char *value, char *why, size_t why_size)
{
	double number;
	int result;

	if (has_control(value)) {
		snprintf(why, why_size, "expected no control characters");
		return -EINVAL;
	}
	switch (key->type) {
	case CONF_BOOL:
		return parse_bool(key->at, value, why, why_size);
	case CONF_UINT:
	case CONF_SIZE:
	case CONF_SECONDS:
		result = parse_bounded(key, value, &number, why, why_size);
		if (result == 0 && key->type == CONF_SECONDS)
			*(double *)key->at = number;
		else if (result == 0)
			*(uint64_t *)key->at = (uint64_t)number;
		return result;
	case CONF_STRING:
		return parse_string(key, value, why, why_size);
	case CONF_FUNCTION:
		return key->set(key->at, value, why, why_size);
	}
	return -EINVAL;
}

static int set_value(const struct conf *conf, const struct conf_key *key, const char *value, char *why, size_t why_size)
{
	int result = parse_value(key, value, why, why_size);

	if (result == 0 && conf->texts)
		keep_text(&conf->texts[key - conf->keys].read, value);
	return result;
}

static const struct conf_key *find_key(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->keys_len; i++)
		if (strcmp(conf->keys[i].name, name) == 0)
			return &conf->keys[i];
	return NULL;
}

static bool is_other(const struct conf *conf, const char *name)
{
	for (const char *const *other = conf->other; other && *other; other++)
		if (strcmp(*other, name) == 0)
			return true;
	return false;
}

static char *trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	size_t len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

// Replaces control characters, so that a message that quotes input is one line, and user and password of a URL.
static int refuse(char *why)
{
	char *at = strchr(why, '@'), *user = at ? strstr(why, "://") : NULL;

	for (user = user && user < at ? user + 3 : at; user && user < at; user++)
		*user = '*';
	for (; *why; why++)
		if ((unsigned char)*why < 0x20 || *why == 0x7f)
			*why = '?';
	return -EINVAL;
}

// Splits "key = value" in place and sets it; `where` is "file:line" or "-o".
static int set_assignment(const struct conf *conf, char *line, const char *where, char *why, size_t why_size)
{
	char *equals = strchr(line, '='), expected[256] = "";

	if (!equals) {
		snprintf(why, why_size, "%s: found '%.200s', expected 'key = value'", where, line);
		return refuse(why);
	}
	*equals = '\0';
	const char *name = trim(line), *value = trim(equals + 1);
	const struct conf_key *key = find_key(conf, name);
	if (!key && is_other(conf, name))
		return 0;
	if (!key) {
		snprintf(why, why_size, "%s: unknown key '%.100s'; --help lists the keys", where, name);
		return refuse(why);
	}
	int result = set_value(conf, key, value, expected, sizeof(expected));
	if (result != 0) {
		snprintf(why, why_size, "%s: %s: found '%.200s', %s", where, name, value, expected);
		refuse(why);
	}
	return result;
}

void conf_defaults(const struct conf *conf)
{
	char why[256] = "";

	for (size_t i = 0; i < conf->keys_len; i++) {
		const struct conf_key *key = &conf->keys[i];
		if (key->def && set_value(conf, key, key->def, why, sizeof(why)) != 0) {
			fprintf(stderr, "default of %s: %s\n", key->name, why);
			abort();
		}
	}
}

int conf_set_option(const struct conf *conf, const char *assignment, char *why, size_t why_size)
{
	char *copy = strdup(assignment);

	if (!copy)
		return -ENOMEM;
	int result = set_assignment(conf, copy, "-o", why, why_size);
	free(copy);
	return result;
}

int conf_read_file(const struct conf *conf, const char *path, char *why, size_t why_size)
{
	char *line = NULL, where[512];
	size_t line_size = 0;
	int number = 0, result = 0;

	FILE *file = fopen(path, "r");
	if (!file) {
		result = -errno;
		snprintf(why, why_size, "%s: cannot read the configuration: %s", path, strerror(errno));
		return result;
	}
	while (result == 0 && getline(&line, &line_size, file) >= 0) {
		number++;
		char *text = trim(line);
		if (*text == '\0' || *text == '#')
			continue;
		snprintf(where, sizeof(where), "%s:%d", path, number);
		result = set_assignment(conf, text, where, why, why_size);
	}
	if (result == 0 && ferror(file)) {
		result = -EIO;
		snprintf(why, why_size, "%s: cannot read the configuration: %s", path, strerror(EISDIR));
	}
	free(line);
	fclose(file);
	return result;
}

void conf_in_force(const struct conf *conf)
{
	for (size_t i = 0; i < conf->keys_len; i++)
		keep_text(&conf->texts[i].in_force, conf->texts[i].read ? conf->texts[i].read : "");
}

const struct conf_key *conf_next_changed(const struct conf *conf, size_t *at)
{
	for (; *at < conf->keys_len; ++*at) {
		const struct conf_text *t = &conf->texts[*at];
		if (!conf->keys[*at].reload && t->read && t->in_force && strcmp(t->read, t->in_force) != 0)
			return &conf->keys[(*at)++];
	}
	return NULL;
}

void conf_help(const struct conf *conf, FILE *out)
{
	for (size_t i = 0; i < conf->keys_len; i++) {
		const struct conf_key *key = &conf->keys[i];
		fprintf(out, "  %-20s %s%s%s%s%s\n", key->name, key->help, key->def ? " [" : "",
			key->def ? (*key->def ? key->def : "none") : "", key->def ? "]" : "",
			key->reload ? " (SIGHUP)" : "");
	}
}

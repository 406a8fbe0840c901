// SPDX-License-Identifier: BSD-3-Clause
// Text → value, by the type of a setting.
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/common/conf_line.h"

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

static int parse_bounded(const struct setting *key, const char *value, double *out, char *why, size_t why_size)
{
	static const char *const no_units[] = {"", NULL};
	static const char *const sizes[] = {"", "k", "m", "g", "kib", "mib", "gib", NULL};
	static const char *const times[] = {"", "ms", "s", "min", "h", "d", NULL};
	static const double one[] = {1}, size_scale[] = {1, 1024, 1048576, 1073741824, 1024, 1048576, 1073741824};
	static const double time_scale[] = {1, 0.001, 1, 60, 3600, 86400};
	int result;

	if (key->type == SETTING_SIZE)
		result = parse_number(value, sizes, size_scale, out);
	else if (key->type == SETTING_SECONDS)
		result = parse_number(value, times, time_scale, out);
	else
		result = parse_number(value, no_units, one, out);
	if (result == 0 && key->type != SETTING_SECONDS && *out != floor(*out))
		result = -EINVAL;
	if (result == 0 && (key->min != 0 || key->max != 0) && (*out < key->min || *out > key->max))
		result = -EINVAL;
	if (result == 0)
		return 0;
	char range[SETTING_TEXT_SIZE];
	const char *kind = key->type == SETTING_SIZE	  ? "a size with unit k, m or g"
			   : key->type == SETTING_SECONDS ? "a time with unit ms, s, min, h or d"
							  : "a whole number";
	if (key->min != 0 || key->max != 0)
		snprintf(why, why_size, "expected %s: %s", kind, setting_range(key, range));
	else
		snprintf(why, why_size, "expected %s", kind);
	return -EINVAL;
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

int conf_value_read(const struct setting *setting, const char *value, void *at, char *why, size_t why_size)
{
	double number = 0;
	bool flag = false;
	int result = 0;

	if (has_control(value)) {
		snprintf(why, why_size, "expected no control characters");
		return -EINVAL;
	}
	if (setting->type == SETTING_BOOL)
		result = parse_bool(&flag, value, why, why_size);
	else if (setting->type != SETTING_STRING)
		result = parse_bounded(setting, value, &number, why, why_size);
	else if (setting->max > 0 && strlen(value) > (size_t)setting->max) {
		snprintf(why, why_size, "expected at most %.0f characters", setting->max);
		result = -EINVAL;
	}
	if (result != 0 || !at)
		return result;
	if (setting->type == SETTING_BOOL)
		*(bool *)at = flag;
	else if (setting->type == SETTING_SECONDS)
		*(double *)at = number;
	else if (setting->type != SETTING_STRING)
		*(uint64_t *)at = (uint64_t)number;
	else {
		free(*(char **)at);
		*(char **)at = strdup(value);
		result = *(char **)at ? 0 : -ENOMEM;
	}
	return result;
}

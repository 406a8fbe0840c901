// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int block_duration(double *out, const char *text, char *why, size_t why_size)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	char *end;
	double number = strtod(text, &end);

	if (strcmp(text, "never") == 0) {
		*out = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(*units) && isdigit((unsigned char)*text); i++) {
		double seconds = number * units[i].seconds;
		if (strcmp(end, units[i].unit) == 0 && seconds >= 1 && seconds <= 36500 * 86400.0) {
			*out = seconds;
			return 0;
		}
	}
	snprintf(why, why_size, "found '%.60s', expected a time such as 12h or 30d, or never", text);
	return -EINVAL;
}

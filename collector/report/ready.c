// SPDX-License-Identifier: BSD-3-Clause
#include "collector/report/report.h"

#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <string.h>

bool report_is_ready(const struct report_sources *sources, char *text, size_t text_size)
{
	char lost[320], warnings[4096];

	if (!writer_is_up(sources->writer, text, text_size) || !spool_is_well(sources->spool, text, text_size))
		return false;
	if (sources->ready_ms > 0 && !sensors_are_live(sources->sensors, sources->ready_sensors, sources->ready_ms,
					     monotonic_ms(), text, text_size))
		return false;
	spool_damage(sources->spool, lost, sizeof(lost));
	snprintf(text, text_size, "ready%s%s", *lost ? "; but " : "", lost);
	writer_warnings(sources->writer, warnings, sizeof(warnings));
	for (char *rest = warnings, *line; *warnings && (line = strsep(&rest, "\n")) != NULL;) {
		size_t len = strlen(text);
		snprintf(text + len, text_size - len, "\nwarning: %s", line);
	}
	return true;
}

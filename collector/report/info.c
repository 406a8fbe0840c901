// SPDX-License-Identifier: BSD-3-Clause
#include "collector/report/report.h"

#include "collector/query/json.h"

#include <stdlib.h>
#include <string.h>

// Sightings by sensor, as the server of D4 reports them.
char *report_info(const struct report_sources *sources, size_t *len)
{
	struct sensor_counters *sensors = calloc(SENSORS_MAX, sizeof(*sensors));
	struct redis_buffer body = {0};

	if (!sensors)
		return NULL;
	size_t n = sensors_read(sources->sensors, sensors);
	query_put_text(&body, "{\"version\":");
	query_put_json(&body, LOOKBACK_VERSION, strlen(LOOKBACK_VERSION));
	query_put_text(&body, ",\"software\":\"lookback\",\"stats\":");
	query_put_number(&body, (int64_t)spool_account(sources->spool).applied);
	query_put_text(&body, ",\"sensors\":[");
	for (size_t i = 0; i < n; i++) {
		query_put_text(&body, i > 0 ? ",{\"sensor_id\":" : "{\"sensor_id\":");
		query_put_json(&body, sensors[i].sensor, strlen(sensors[i].sensor));
		query_put_text(&body, ",\"connected\":");
		query_put_text(&body, sensors[i].connected ? "true}" : "false}");
	}
	query_put_text(&body, "]}\n");
	free(sensors);
	*len = body.size;
	if (!body.bad)
		return body.bytes;
	redis_buffer_free(&body);
	return NULL;
}

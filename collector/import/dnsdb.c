// SPDX-License-Identifier: BSD-3-Clause
// DNSDB API: version 2 frames each record in Streaming API Framing (SAF), {"cond":"begin"}, {"obj":{…}}…, {"cond":"succeeded"};
// version 1 has the records alone. Their members are those of cof.c.
#include "collector/import/unit.h"

static bool is(const json_t *object)
{
	return json_is_object(json_object_get(object, "obj")) || json_is_string(json_object_get(object, "cond")) ||
	       json_object_get(object, "bailiwick") || json_object_get(object, "zone_time_first");
}

static void take(struct import_unit *u, json_t *object)
{
	json_t *inner = json_object_get(object, "obj");
	const char *cond = import_string(object, "cond");

	if (json_is_object(inner))
		import_cof.take(u, inner);
	else if (!cond)
		import_cof.take(u, object);
	if (cond && strcmp(cond, "failed") == 0)
		import_refuse(u, "the answer of DNSDB is incomplete: %.150s",
			import_string(object, "msg") ? import_string(object, "msg") : "it failed");
}

const struct import_format import_dnsdb = {.name = "dnsdb", .is = is, .take = take};

// SPDX-License-Identifier: BSD-3-Clause
// VirusTotal API v3: resolutions of a domain or an address. Objects {"type": "resolution", "attributes": {host_name, ip_address,
// date}}, alone or in `data`, which is one of them or an array. A record has one time, and the count 1.
#include "collector/import/unit.h"

static bool is(const json_t *object)
{
	const json_t *data = json_object_get(object, "data");
	const json_t *attributes = json_object_get(object, "attributes");

	return json_is_array(data) || json_object_get(data, "attributes") || json_object_get(attributes, "host_name");
}

static void take_one(struct import_unit *u, const json_t *object)
{
	const json_t *a = json_object_get(object, "attributes");
	const char *address = import_string(a, "ip_address"), *type = import_string(object, "type");
	uint16_t number = address ? import_address_type(address) : 0;

	if (type && strcmp(type, "resolution") != 0)
		import_pass(u);
	else if (!number)
		import_refuse(u, "ip_address: found '%.60s', expected an address", address ? address : "");
	else if (import_event_time(u, json_object_get(a, "date"), "date") &&
		 import_owner(u, "host_name", import_string(a, "host_name")) && import_type_of(u, number))
		import_emit(u, address);
}

static void take(struct import_unit *u, json_t *object)
{
	json_t *data = json_object_get(object, "data"), *one;
	size_t i;

	if (!data)
		take_one(u, object);
	else if (json_is_object(data))
		take_one(u, data);
	json_array_foreach(data, i, one) if (!u->result.stopped) take_one(u, one);
}

const struct import_format import_virustotal = {.name = "virustotal", .is = is, .take = take};

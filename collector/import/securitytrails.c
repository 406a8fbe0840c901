// SPDX-License-Identifier: BSD-3-Clause
// SecurityTrails API: /v1/history/NAME/dns/TYPE. The answer names the host in `endpoint` only. A record has values, and days:
//
//     {"endpoint": "/v1/history/example.com/dns/a", "records": [{"type": "a", "first_seen": "2020-01-31", "last_seen": …,
//      "values": [{"ip": …} | {"ipv6": …} | {"priority": …, "host": …} | {"nameserver": …} | {"value": …}]}]}
//
// A day is its first second; without a last day the record was still there, and the first one is taken. The count is 1. SOA has the
// mailbox only, which is no record: it is passed over.
#include "collector/import/unit.h"

#include <stdio.h>
#include <strings.h>

enum { TEXT_SIZE = 4 * TEXT_NAME_SIZE };

static const struct kind {
	const char *name; // in `endpoint`
	uint16_t type;
	const char *value; // the member that has the RDATA
} kinds[] = {{"a", 1, "ip"}, {"aaaa", 28, "ipv6"}, {"mx", 15, "host"}, {"ns", 2, "nameserver"}, {"txt", 16, "value"}};

static bool is(const json_t *object)
{
	return json_is_array(json_object_get(object, "records")) &&
	       (json_object_get(object, "endpoint") || json_object_get(object, "pages") ||
		       json_object_get(object, "type"));
}

static void take_value(struct import_unit *u, const json_t *value, const struct kind *k)
{
	char text[TEXT_SIZE];
	const char *rdata = import_string(value, k->value);
	const json_t *priority = json_object_get(value, "priority");

	if (!rdata && k->type == 28)
		rdata = import_string(value, "ip");
	if (k->type == 15 && rdata && json_is_integer(priority)) {
		snprintf(text, sizeof(text), "%lld %s", (long long)json_integer_value(priority), rdata);
		rdata = text;
	}
	import_emit(u, rdata);
}

static void take_record(struct import_unit *u, const json_t *record, const struct kind *k)
{
	const json_t *first = json_object_get(record, "first_seen"), *last = json_object_get(record, "last_seen");
	json_t *values = json_object_get(record, "values"), *value;
	size_t i;

	u->count = 1;
	if (!import_times(u, import_time(first), import_time(json_is_string(last) ? last : first),
		    "first_seen, last_seen"))
		return;
	json_array_foreach(values, i, value) if (!u->result.stopped) take_value(u, value, k);
}

static void take(struct import_unit *u, json_t *object)
{
	static const char head[] = "/v1/history/";
	json_t *records = json_object_get(object, "records"), *record;
	const char *endpoint = import_string(object, "endpoint");
	const char *host = endpoint && strncasecmp(endpoint, head, strlen(head)) == 0 ? endpoint + strlen(head) : NULL;
	const char *end = host ? strstr(host, "/dns/") : NULL;
	const struct kind *k = NULL;
	char name[TEXT_NAME_SIZE];
	size_t i;

	if (!end || (size_t)(end - host) >= sizeof(name)) {
		import_refuse(u, "endpoint: found '%.60s', expected /v1/history/NAME/dns/TYPE; add it to the file",
			endpoint ? endpoint : "");
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(end - host), host);
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcasecmp(end + strlen("/dns/"), kinds[i].name) == 0)
			k = &kinds[i];
	if (!k) {
		import_pass(u);
		return;
	}
	if (!import_owner(u, "endpoint", name) || !import_type_of(u, k->type))
		return;
	json_array_foreach(records, i, record) if (!u->result.stopped) take_record(u, record, k);
}

const struct import_format import_securitytrails = {.name = "securitytrails", .is = is, .take = take};

// SPDX-License-Identifier: BSD-3-Clause
// An alert as a MISP event (draft-dulaunoy-misp-core-format): the record as an object of the template passive-dns, and its
// name, address or target as attributes, for correlation. All UUIDs are made from the alert: sent again, it is the same event.
#include "collector/alert/format.h"

#include <jansson.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSIVE_DNS_UUID "b77b7b1c-66ab-4a41-8da4-83810f6d2d6c" // of the template, in MISP's misp-objects

enum { PASSIVE_DNS_VERSION = 2, UUID_SIZE = 37 };

// UUID version 5 (RFC 9562 §5.5) in the name space of URLs, of id, entry and part.
static void make_uuid(const struct alert *a, const char *part, char out[UUID_SIZE])
{
	static const uint8_t urls[16] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f,
		0xd4, 0x30, 0xc8};
	const char *const texts[] = {"lookback:alert:", a->field[ALERT_ID], a->entry, part};
	struct sha1_ctx hash;
	uint8_t d[16];

	sha1_init(&hash);
	sha1_update(&hash, sizeof(urls), urls);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		sha1_update(&hash, strlen(texts[i]) + (i > 0), (const uint8_t *)texts[i]);
	sha1_digest(&hash, sizeof(d), d);
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x50);
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	snprintf(out, UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1],
		d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
}

// Adds an attribute to `list`. `relation`: in an object, else NULL.
static void add_attribute(json_t *list, const struct alert *a, const char *relation, const char *type,
	const char *value)
{
	char uuid[UUID_SIZE], part[96], stamp[24];

	if (!*value)
		return;
	snprintf(part, sizeof(part), "%s/%s", relation ? relation : "event", type);
	make_uuid(a, part, uuid);
	snprintf(stamp, sizeof(stamp), "%lld", (long long)(alert_time_ms(a) / 1000));
	json_t *attribute = json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:s}", "uuid", uuid, "type", type, "category",
		"Network activity", "value", value, "to_ids", 0, "distribution", "5", "timestamp", stamp);
	if (relation)
		json_object_set_new(attribute, "object_relation", json_string(relation));
	if (relation)
		json_object_set_new(attribute, "disable_correlation", json_true());
	json_array_append_new(list, attribute);
}

static json_t *object_of(const struct alert *a)
{
	char uuid[UUID_SIZE], first[32], last[32];
	json_t *attributes = json_array();

	make_uuid(a, "object", uuid);
	alert_time_text(alert_number(a, ALERT_FIRST) * 1000, first, sizeof(first));
	alert_time_text(alert_number(a, ALERT_LAST) * 1000, last, sizeof(last));
	add_attribute(attributes, a, "rrname", "text", a->field[ALERT_NAME]);
	add_attribute(attributes, a, "rrtype", "text", a->field[ALERT_TYPE]);
	add_attribute(attributes, a, "rdata", "text", a->field[ALERT_RDATA]);
	add_attribute(attributes, a, "time_first", "datetime", first);
	add_attribute(attributes, a, "time_last", "datetime", last);
	add_attribute(attributes, a, "sensor_id", "text", a->field[ALERT_SENSOR]);
	add_attribute(attributes, a, "text", "text", a->field[ALERT_REASON]);
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:o}", "uuid", uuid, "name", "passive-dns", "meta-category",
		"network", "template_uuid", PASSIVE_DNS_UUID, "template_version", PASSIVE_DNS_VERSION, "distribution",
		"5", "Attribute", attributes);
}

// The name that RDATA ends with, for types that point to one by their last or only field; else NULL.
static const char *target_of(const struct alert *a)
{
	static const char *const types[] = {"CNAME", "DNAME", "NS", "MX", "PTR", "SRV"};
	const char *blank = strrchr(a->field[ALERT_RDATA], ' ');

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(a->field[ALERT_TYPE], types[i]) == 0)
			return blank ? blank + 1 : a->field[ALERT_RDATA];
	return NULL;
}

// MISP takes host names of letters, digits, '-', '_' and '.' only.
static bool is_host(const char *name)
{
	return *name && strchr(name, '.') &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

static json_t *attributes_of(const struct alert *a)
{
	const char *name = a->field[ALERT_NAME], *type = a->field[ALERT_TYPE], *target = target_of(a);
	json_t *list = json_array();
	char value[5300];

	if (is_host(name) && (strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0)) {
		snprintf(value, sizeof(value), "%s|%s", name, a->field[ALERT_RDATA]);
		add_attribute(list, a, NULL, "domain|ip", value);
	} else if (is_host(name)) {
		add_attribute(list, a, NULL, "hostname", name);
	}
	if (target && is_host(target) && strcmp(target, name) != 0)
		add_attribute(list, a, NULL, "domain", target);
	if (*a->field[ALERT_EXPECTED])
		add_attribute(list, a, NULL, "text", a->field[ALERT_EXPECTED]);
	return list;
}

// A tag "lookback:<predicate>="<value>"". Names of rules and kinds have no quotation marks; others lose them.
static void add_tag(json_t *tags, const char *predicate, const char *value)
{
	char name[200];
	int used = snprintf(name, sizeof(name), "lookback:%s=\"", predicate);

	for (; *value && used < 180; value++)
		if (*value != '"' && *value != '\\')
			name[used++] = *value;
	snprintf(name + used, sizeof(name) - (size_t)used, "\"");
	json_array_append_new(tags, json_pack("{s:s}", "name", name));
}

char *alert_format_misp(const struct alert *a)
{
	char uuid[UUID_SIZE], time[32], info[1400], stamp[24];
	const char *level = alert_severity(a) >= 8 ? "1" : alert_severity(a) >= 5 ? "2" : "3"; // high, medium, low
	json_t *objects = json_array(), *tags = json_array();

	make_uuid(a, "event", uuid);
	alert_time_text(alert_time_ms(a), time, sizeof(time));
	snprintf(stamp, sizeof(stamp), "%lld", (long long)(alert_time_ms(a) / 1000));
	snprintf(info, sizeof(info), "Lookback: rule %s: %s %s %s", a->field[ALERT_RULE], alert_kind_text(a),
		a->field[ALERT_NAME], a->field[ALERT_TYPE]);
	if (*a->field[ALERT_NAME])
		json_array_append_new(objects, object_of(a));
	add_tag(tags, "rule", a->field[ALERT_RULE]);
	add_tag(tags, "kind", a->field[ALERT_KIND]);
	json_t *event = json_pack("{s:{s:s,s:s,s:s%,s:s,s:s,s:s,s:b,s:s,s:{s:s,s:s},s:o,s:o,s:o}}", "Event", "uuid",
		uuid, "info", info, "date", time, (size_t)10, "threat_level_id", level, "analysis", "0", "distribution",
		"0", "published", 0, "timestamp", stamp, "Orgc", "name", "Lookback", "uuid",
		"d2c1a5c4-5f5e-5c39-9a55-9b0f2c1c7d11", "Tag", tags, "Object", objects, "Attribute", attributes_of(a));
	char *text = event ? json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	json_decref(event);
	return text;
}

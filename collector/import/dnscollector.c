// SPDX-License-Identifier: BSD-3-Clause
// JSON of DNS-collector (dmachard), nested or flat. Read are, of a response, dns.qname, dns.rcode, dns.flags, the answers
// dns.resource-records.an (name, rdatatype, rdata, class) and dnstap.timestamp-rfc3339ns. In the flat form the values of all answers
// are in one text with bars between them: if their numbers differ, a value has bars of its own and the message is refused.
#include "collector/import/unit.h"

#include <strings.h>

enum { PARTS = 4 };

static bool is(const json_t *object)
{
	const json_t *dns = json_object_get(object, "dns");

	return json_object_get(object, "dns.qname") || json_object_get(dns, "qname") ||
	       json_object_get(dns, "resource-records");
}

static bool is_in(const char *class)
{
	return !class || strcmp(class, "-") == 0 || strcasecmp(class, "IN") == 0;
}

static void add(struct import_unit *u, const char *owner, const char *type, const char *rdata, const char *class)
{
	if (!is_in(class))
		import_pass(u);
	else if (import_type(u, "rdatatype", type))
		import_message_add(u, owner, u->type_number, rdata);
}

static bool begin(struct import_unit *u, const json_t *time, const char *qname, bool is_answer)
{
	if (is_answer && qname && strcmp(qname, "-") != 0)
		return import_event_time(u, time, "timestamp-rfc3339ns") && import_message_begin(u, "qname", qname);
	import_pass(u);
	return false;
}

static size_t parts_of(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '|';
	return n;
}

// The next value of a flat list, in `out`.
static const char *next_part(const char **rest, char *out, size_t out_size)
{
	size_t len = strcspn(*rest, "|"), n = len < out_size ? len : out_size - 1;

	memcpy(out, *rest, n);
	out[n] = '\0';
	*rest += len + ((*rest)[len] == '|');
	return out;
}

static void take_flat(struct import_unit *u, const json_t *o)
{
	static const char *const keys[PARTS] = {"dns.resource-records.an.names", "dns.resource-records.an.rdatatypes",
		"dns.resource-records.an.rdatas", "dns.resource-records.an.classes"};
	static char part[PARTS][4 * TEXT_NAME_SIZE]; // one thread at a time
	const char *rest[PARTS];
	bool is_answer = import_message_is_answer(import_string(o, "dns.rcode")) &&
			 !json_is_true(json_object_get(o, "dns.flags.tc")) &&
			 !import_message_is_local(import_string(o, "network.response-port"));
	size_t answers = 0;

	for (int i = 0; i < PARTS; i++) {
		rest[i] = import_string(o, keys[i]);
		is_answer = is_answer && (i == PARTS - 1 || (rest[i] && strcmp(rest[i], "-") != 0));
	}
	if (!begin(u, json_object_get(o, "dnstap.timestamp-rfc3339ns"), import_string(o, "dns.qname"), is_answer))
		return;
	answers = parts_of(rest[0]);
	if (!rest[3] || strcmp(rest[3], "-") == 0)
		rest[3] = NULL;
	for (int i = 1; i < PARTS; i++) {
		if (rest[i] && parts_of(rest[i]) != answers) {
			import_refuse(u, "%s: found %zu values, expected %zu, one per name", keys[i], parts_of(rest[i]),
				answers);
			return;
		}
	}
	for (size_t n = 0; n < answers; n++) {
		for (int i = 0; i < PARTS; i++)
			if (rest[i])
				next_part(&rest[i], part[i], sizeof(part[i]));
		add(u, part[0], part[1], part[2], rest[3] ? part[3] : NULL);
	}
	import_message_end(u);
}

static void take(struct import_unit *u, json_t *object)
{
	const json_t *dns = json_object_get(object, "dns"), *flags = json_object_get(dns, "flags");
	const json_t *time = json_object_get(json_object_get(object, "dnstap"), "timestamp-rfc3339ns");
	json_t *answers = json_object_get(json_object_get(dns, "resource-records"), "an"), *answer;
	char rcode[24], port[24];
	size_t i;

	if (!dns) {
		take_flat(u, object);
		return;
	}
	bool is_answer =
		json_array_size(answers) > 0 && import_message_is_answer(import_scalar(dns, "rcode", rcode)) &&
		!json_is_true(json_object_get(flags, "tc")) && is_in(import_string(dns, "qclass")) &&
		!import_message_is_local(import_scalar(json_object_get(object, "network"), "response-port", port));
	if (!begin(u, time ? time : json_object_get(object, "timestamp-rfc3339ns"), import_string(dns, "qname"),
		    is_answer))
		return;
	json_array_foreach(answers, i, answer) add(u, import_string(answer, "name"), import_string(answer, "rdatatype"),
		import_string(answer, "rdata"), import_string(answer, "class"));
	import_message_end(u);
}

const struct import_format import_dnscollector = {.name = "dnscollector", .is_events = true, .is = is, .take = take};

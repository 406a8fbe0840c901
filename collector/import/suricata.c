// SPDX-License-Identifier: BSD-3-Clause
// eve.json of Suricata: events of the type dns, and of these the answers (type answer; response from version 3 on).
//
//     version 1    one answer per event: rrname, rrtype, rdata
//     version 2    answers: [{rrname, rrtype, rdata}], or grouped: {"CNAME": [rdata…], "A": [rdata…]}
//     version 3    the same, with the question in queries: [{rrname, rrtype}]
//
// `grouped` has no owners: CNAMEs are taken as a chain from the question, in their order, and the rest belongs to the last one.
// Types of which Suricata leaves out a part of the RDATA (the preference of MX) are passed over, and so is the authority section.
#include "collector/import/unit.h"

#include "dataplane/common/dns_layout.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum { TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_MX = 15, TYPE_SRV = 33, TYPE_SSHFP = 44, TEXT_SIZE = 4 * TEXT_NAME_SIZE };

static bool is(const json_t *object)
{
	return json_is_string(json_object_get(object, "event_type"));
}

static long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

// RDATA that is an object of its own, as text. NULL if there is none.
static const char *structured(const json_t *answer, uint16_t type, char out[static TEXT_SIZE])
{
	const json_t *o = json_object_get(answer, type == TYPE_SOA ? "soa" : type == TYPE_SRV ? "srv" : "sshfp");
	const char *name = import_string(o, type == TYPE_SOA ? "mname" : type == TYPE_SRV ? "name" : "fingerprint");
	const char *rname = import_string(o, "rname");

	if (!name || (type == TYPE_SOA && !rname))
		return NULL;
	if (type == TYPE_SOA) {
		snprintf(out, TEXT_SIZE, "%s %s %lld %lld %lld %lld %lld", name, rname, number(o, "serial"),
			number(o, "refresh"), number(o, "retry"), number(o, "expire"), number(o, "minimum"));
	} else if (type == TYPE_SRV) {
		snprintf(out, TEXT_SIZE, "%lld %lld %lld %s", number(o, "priority"), number(o, "weight"),
			number(o, "port"), name);
	} else {
		int n = snprintf(out, TEXT_SIZE, "%lld %lld ", number(o, "algo"), number(o, "type"));
		for (; *name && n < TEXT_SIZE - 1; name++)
			if (*name != ':')
				out[n++] = *name;
		out[n] = '\0';
	}
	return out;
}

static void add_answer(struct import_unit *u, const json_t *answer)
{
	char text[TEXT_SIZE];
	const char *owner = import_string(answer, "rrname"), *rdata = import_string(answer, "rdata");
	uint16_t type = 0;

	if (!import_type(u, "rrtype", import_string(answer, "rrtype")))
		return;
	type = u->type_number;
	if (type == TYPE_SOA || type == TYPE_SRV || type == TYPE_SSHFP)
		rdata = structured(answer, type, text);
	if (!rdata || type == TYPE_MX)
		import_pass(u);
	else
		import_message_add(u, owner, type, rdata);
}

static void add_group(struct import_unit *u, const char *name, const json_t *values)
{
	uint16_t type = 0;
	json_t *value;
	size_t i;

	if (!import_type(u, "grouped", name))
		return;
	type = u->type_number;
	json_array_foreach(values, i, value)
	{
		const char *rdata = json_string_value(value);
		if (!rdata || type == TYPE_MX || type == TYPE_SOA || type == TYPE_SRV || type == TYPE_SSHFP)
			import_pass(u);
		else if (!(type == TYPE_CNAME ? import_message_add_alias(u, rdata)
					      : import_message_add_last(u, type, rdata)))
			return;
	}
}

static void add_groups(struct import_unit *u, json_t *grouped)
{
	const json_t *chain = json_object_get(grouped, "CNAME");
	const char *name;
	json_t *values;

	if (chain)
		add_group(u, "CNAME", chain);
	json_object_foreach(grouped, name, values) if (strcmp(name, "CNAME") != 0) add_group(u, name, values);
}

static bool is_answer(const json_t *object, const json_t *dns)
{
	const char *type = import_string(dns, "type");
	char room[2][24], rcode_room[24];

	return type && (strcmp(type, "answer") == 0 || strcmp(type, "response") == 0) &&
	       import_message_is_answer(import_scalar(dns, "rcode", rcode_room)) &&
	       !json_is_true(json_object_get(dns, "tc")) &&
	       !import_message_is_local(import_scalar(object, "dest_port", room[0])) &&
	       !import_message_is_local(import_scalar(object, "src_port", room[1]));
}

static void take(struct import_unit *u, json_t *object)
{
	const json_t *dns = json_object_get(object, "dns");
	json_t *answers = json_object_get(dns, "answers"), *grouped = json_object_get(dns, "grouped"), *answer;
	const char *event = import_string(object, "event_type");
	const char *qname = import_string(dns, "rrname");
	size_t i;

	if (!event || strcmp(event, "dns") != 0 || !is_answer(object, dns) ||
		(!answers && !grouped && !json_object_get(dns, "rdata"))) {
		import_pass(u);
		return;
	}
	if (!qname)
		qname = import_string(json_array_get(json_object_get(dns, "queries"), 0), "rrname");
	if (!qname) // the first answer is of the question
		qname = import_string(json_array_get(answers, 0), "rrname");
	if (!import_event_time(u, json_object_get(object, "timestamp"), "timestamp") ||
		!import_message_begin(u, "rrname", qname))
		return;
	if (json_is_array(answers))
		json_array_foreach(answers, i, answer) add_answer(u, answer);
	else if (json_is_object(grouped))
		add_groups(u, grouped);
	else
		add_answer(u, dns);
	import_message_end(u);
}

const struct import_format import_suricata = {.name = "suricata", .is_events = true, .is = is, .take = take};

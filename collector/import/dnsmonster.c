// SPDX-License-Identifier: BSD-3-Clause
// JSON of dnsmonster: Timestamp, and the message in DNS with the members of the Go library miekg/dns: Response, Rcode, Truncated,
// Question [{Name, Qclass}], Answer [{Hdr {Name, Rrtype, Class}, …}]. Besides the header an answer has the fields of its type, in
// the table below; answers of other types are passed over.
#include "collector/import/unit.h"

#include <stdio.h>

enum { FIELDS = 8, TEXT_SIZE = 8 * TEXT_NAME_SIZE, CLASS_IN = 1 };

static const struct fields {
	uint16_t type;
	const char *of[FIELDS];
} layouts[] = {
	{1, {"A"}},
	{2, {"Ns"}},
	{5, {"Target"}},
	{6, {"Ns", "Mbox", "Serial", "Refresh", "Retry", "Expire", "Minttl"}},
	{12, {"Ptr"}},
	{15, {"Preference", "Mx"}},
	{16, {"Txt"}},
	{28, {"AAAA"}},
	{33, {"Priority", "Weight", "Port", "Target"}},
	{39, {"Target"}},
	{99, {"Txt"}},
};

static bool is(const json_t *object)
{
	return json_is_object(json_object_get(object, "DNS")) && json_object_get(object, "Timestamp");
}

static bool put(char *out, size_t *n, const char *text)
{
	size_t len = strlen(text);

	if (len >= TEXT_SIZE - *n)
		return false;
	memcpy(out + *n, text, len + 1);
	*n += len;
	return true;
}

// The strings of a TXT; the library escapes quotes and backslashes in them.
static bool put_strings(char *out, size_t *n, const json_t *strings)
{
	json_t *value;
	size_t i;

	json_array_foreach(strings, i, value) if (!json_is_string(value) || !put(out, n, i ? " \"" : "\"") ||
						  !put(out, n, json_string_value(value)) ||
						  !put(out, n, "\"")) return false;
	return *n > 0;
}

// RDATA as text. NULL if the type is not in the table, or a field is missing.
static const char *rdata_of(const json_t *answer, uint16_t type, char out[static TEXT_SIZE])
{
	const struct fields *f = NULL;
	char room[24];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (layouts[i].type == type)
			f = &layouts[i];
	for (int i = 0; f && i < FIELDS && f->of[i]; i++) {
		const json_t *value = json_object_get(answer, f->of[i]);
		const char *text = import_scalar(answer, f->of[i], room);
		if (json_is_array(value) ? !put_strings(out, &n, value)
					 : !text || !put(out, &n, i ? " " : "") || !put(out, &n, text))
			return NULL;
	}
	return n > 0 ? out : NULL;
}

static void take(struct import_unit *u, json_t *object)
{
	static char text[TEXT_SIZE]; // one thread at a time
	const json_t *dns = json_object_get(object, "DNS");
	const json_t *question = json_array_get(json_object_get(dns, "Question"), 0);
	json_t *answers = json_object_get(dns, "Answer"), *answer;
	char rcode[24];
	size_t i;

	if (!json_is_true(json_object_get(dns, "Response")) || json_is_true(json_object_get(dns, "Truncated")) ||
		json_array_size(answers) == 0 || !question ||
		!import_message_is_answer(import_scalar(dns, "Rcode", rcode))) {
		import_pass(u);
		return;
	}
	if (!import_event_time(u, json_object_get(object, "Timestamp"), "Timestamp") ||
		!import_message_begin(u, "Question", import_string(question, "Name")))
		return;
	json_array_foreach(answers, i, answer)
	{
		const json_t *head = json_object_get(answer, "Hdr");
		json_int_t type = json_integer_value(json_object_get(head, "Rrtype"));
		const char *rdata = type > 0 && type <= UINT16_MAX ? rdata_of(answer, (uint16_t)type, text) : NULL;
		if (!rdata || json_integer_value(json_object_get(head, "Class")) != CLASS_IN)
			import_pass(u);
		else
			import_message_add(u, import_string(head, "Name"), (uint16_t)type, rdata);
	}
	import_message_end(u);
}

const struct import_format import_dnsmonster = {.name = "dnsmonster", .is_events = true, .is = is, .take = take};

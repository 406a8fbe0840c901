// SPDX-License-Identifier: BSD-3-Clause
// dns.log of Zeek, as TSV with its header or as JSON. A line has the question and the answers as texts, without owners and types:
// only what these can be is taken.
//
//     qtype A, AAAA    names, then addresses: a chain of CNAMEs from the question, in the order of the log, whose last name
//                      has the addresses. A name after an address: the order is not that of the chain, and the rest is passed over
//     other qtypes     passed over: an answer may be a CNAME or not, and Zeek leaves out parts of the RDATA
#include "collector/import/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { ANSWERS_MAX = 512, TYPE_A = 1, TYPE_AAAA = 28 };
enum column { TS, QUERY, QCLASS, QTYPE, QTYPE_NAME, RCODE, RCODE_NAME, ANSWERS, TRUNCATED, REJECTED, PORT, COLUMNS };

static const char *const names[COLUMNS] = {"ts", "query", "qclass", "qtype", "qtype_name", "rcode", "rcode_name",
	"answers", "TC", "rejected", "id.resp_p"};

// A line in either form: NULL where it has no value.
struct line {
	const char *of[COLUMNS];
	const char *answers[ANSWERS_MAX];
	size_t len;
};

static bool is(const json_t *object)
{
	return json_object_get(object, "ts") &&
	       (json_object_get(object, "uid") || json_object_get(object, "id.orig_h") ||
		       json_object_get(object, "_path"));
}

// "\x2c" as "\044", the escape of presentation text; in place, which has room since both are four characters.
static void unescape(char *text)
{
	for (char *at = text; (at = strstr(at, "\\x")); at += 4) {
		char hex[3] = {at[2], at[2] ? at[3] : '\0'};
		if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]))
			return;
		long octet = strtol(hex, NULL, 16);
		at[1] = (char)('0' + octet / 100);
		at[2] = (char)('0' + octet / 10 % 10);
		at[3] = (char)('0' + octet % 10);
	}
}

// Answers in words of Zeek, "TXT 5 hello", "RRSIG 8 example.com", "<unknown type=65>", are no names.
static bool is_name(const char *text)
{
	return *text && !strpbrk(text, " <>\t");
}

static void take_chain(struct import_unit *u, const struct line *l, uint16_t type)
{
	bool addresses = false;

	for (size_t i = 0; i < l->len; i++) {
		const char *text = l->answers[i];
		uint16_t found = import_address_type(text);
		if (found == type) {
			addresses = true;
			if (!import_message_add_last(u, type, text))
				break;
		} else if (found || !is_name(text)) {
			import_pass(u);
		} else if (addresses) {
			u->result.passed += l->len - i;
			break;
		} else if (!import_message_add_alias(u, text)) {
			break;
		}
	}
	import_message_end(u);
}

static bool is_true(const char *text)
{
	return text && (strcasecmp(text, "T") == 0 || strcasecmp(text, "true") == 0);
}

static void take_line(struct import_unit *u, const struct line *l)
{
	const char *qtype = l->of[QTYPE], *name = l->of[QTYPE_NAME];
	int64_t type = qtype			   ? import_digits(qtype)
		       : !name			   ? 0
		       : strcmp(name, "A") == 0	   ? TYPE_A
		       : strcmp(name, "AAAA") == 0 ? TYPE_AAAA
						   : 0;
	const char *rcode = l->of[RCODE] ? l->of[RCODE] : l->of[RCODE_NAME];

	if (!l->of[QUERY] || l->len == 0 || (type != TYPE_A && type != TYPE_AAAA) || !import_message_is_answer(rcode) ||
		(l->of[QCLASS] && strcmp(l->of[QCLASS], "1") != 0) || is_true(l->of[TRUNCATED]) ||
		is_true(l->of[REJECTED]) || import_message_is_local(l->of[PORT])) {
		import_pass(u);
		return;
	}
	int64_t time = l->of[TS] ? import_time_text(l->of[TS]) : -1;
	u->count = 1;
	if (time <= 0)
		import_refuse(u, "ts: found '%.40s', expected a time after 1970", l->of[TS] ? l->of[TS] : "");
	else if (import_times(u, time, time, "ts") && import_message_begin(u, "query", l->of[QUERY]))
		take_chain(u, l, (uint16_t)type);
}

static void take(struct import_unit *u, json_t *object)
{
	static struct line l; // one thread at a time
	char room[COLUMNS][24];
	json_t *answers = json_object_get(object, "answers"), *value;
	size_t i;

	l = (struct line){.len = 0};
	for (int c = 0; c < COLUMNS; c++) {
		value = json_object_get(object, names[c]);
		l.of[c] = json_is_true(value) ? "T" : import_scalar(object, names[c], room[c]);
		if (c == TS && json_is_real(value) && json_real_value(value) >= 0 && json_real_value(value) < 1e15) {
			snprintf(room[c], sizeof(room[c]), "%lld", (long long)json_real_value(value));
			l.of[c] = room[c];
		}
	}
	json_array_foreach(answers, i, value)
	{
		if (!json_is_string(value) || l.len == ANSWERS_MAX)
			continue;
		char *text = (char *)(uintptr_t)json_string_value(value); // the JSON is ours, and is freed after this
		unescape(text);
		l.answers[l.len++] = text;
	}
	take_line(u, &l);
}

// --- TSV

static char separator_of(const char *text)
{
	return strncmp(text, "\\x", 2) == 0 ? (char)strtol(text + 2, NULL, 16) : *text;
}

// The next field of a line that is cut by `separator`; NULL after the last. A header may name no separator: 0.
static char *next_field(char **rest, char separator)
{
	char *field = *rest, *end = field && separator ? strchr(field, separator) : NULL;

	if (end)
		*end = '\0';
	*rest = end ? end + 1 : NULL;
	return field;
}

static void take_header(struct import_columns *c, char *text)
{
	char *rest = text, *name;

	if (strncmp(text, "#separator ", 11) == 0) {
		*c = (struct import_columns){.separator = separator_of(text + 11), .set_separator = ',', .unset = "-"};
		return;
	}
	char separator = c->separator ? c->separator : '\t';
	const char *key = next_field(&rest, separator);
	if (rest && strcmp(key, "#set_separator") == 0)
		c->set_separator = *rest;
	else if (rest && strcmp(key, "#unset_field") == 0)
		snprintf(c->unset, sizeof(c->unset), "%s", rest);
	if (!rest || strcmp(key, "#fields") != 0)
		return;
	c->separator = separator;
	c->set_separator = c->set_separator ? c->set_separator : ',';
	memset(c->of, 0, sizeof(c->of));
	for (c->len = 0; c->len < UINT8_MAX && (name = next_field(&rest, separator));) {
		c->len++;
		for (int i = 0; i < COLUMNS; i++)
			if (strcmp(name, names[i]) == 0)
				c->of[i] = (uint8_t)c->len;
	}
}

static bool is_text(const struct import_unit *u, const char *text)
{
	return strncmp(text, "#separator ", 11) == 0 || strncmp(text, "#fields", 7) == 0 ||
	       (u->columns.len > 0 && (*text == '#' || (u->columns.separator && strchr(text, u->columns.separator)))) ||
	       (u->columns.separator && *text == '#');
}

static void take_text(struct import_unit *u, char *text)
{
	static struct line l; // one thread at a time
	const struct import_columns *c = &u->columns;
	char *rest = text, *field, *answer;

	l = (struct line){.len = 0};
	if (*text == '#') {
		take_header(&u->columns, text);
		return;
	}
	if (c->len == 0) {
		import_refuse(u, "expected the header of a Zeek log before this line: #separator, #fields");
		return;
	}
	unsigned n = 0;
	while ((field = next_field(&rest, c->separator))) {
		n++;
		for (int i = 0; i < COLUMNS; i++)
			if (c->of[i] == n && strcmp(field, c->unset) != 0)
				l.of[i] = field;
	}
	if (n != c->len) {
		import_refuse(u, "found %u columns, expected the %u of #fields", n, c->len);
		return;
	}
	if (l.of[QUERY])
		unescape((char *)(uintptr_t)l.of[QUERY]);
	rest = (char *)(uintptr_t)l.of[ANSWERS];
	while (l.len < ANSWERS_MAX && (answer = next_field(&rest, c->set_separator))) {
		unescape(answer);
		l.answers[l.len++] = answer;
	}
	take_line(u, &l);
}

const struct import_format import_zeek =
	{.name = "zeek", .is_events = true, .is = is, .take = take, .is_text = is_text, .take_text = take_text};

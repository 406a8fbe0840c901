// SPDX-License-Identifier: BSD-3-Clause
// The table of formats, and which one a unit has.
#include "collector/import/import.h"

#include "collector/import/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

// The first one that recognizes a unit takes it: those with marks of their own come first.
static const struct import_format *const formats[] = {&import_dnsdb, &import_suricata, &import_dnscollector,
	&import_dnsmonster, &import_zeek, &import_passivedns, &import_virustotal, &import_securitytrails, &import_cof};

enum { FORMATS = sizeof(formats) / sizeof(*formats) };

struct import {
	const struct import_format *only;
	struct import_unit unit;
};

struct import *import_new(const struct import_format *only, import_sink *sink, void *arg)
{
	struct import *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->only = only;
	m->unit.sink = sink;
	m->unit.arg = arg;
	m->unit.rdata = malloc(TEXT_RDATA_SIZE);
	m->unit.message = import_message_new();
	if (m->unit.rdata && m->unit.message)
		return m;
	import_free(m);
	return NULL;
}

void import_free(struct import *m)
{
	if (!m)
		return;
	free(m->unit.rdata);
	import_message_free(m->unit.message);
	free(m);
}

void import_begin(struct import *m)
{
	m->unit.columns = (struct import_columns){.len = 0};
}

const struct import_format *import_format_named(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcasecmp(name, formats[i]->name) == 0)
			return formats[i];
	return NULL;
}

const char *import_format_name(const struct import_format *format)
{
	return format->name;
}

const char *import_format_names(char *out, size_t out_size)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < FORMATS && n < out_size; i++)
		n += (size_t)snprintf(out + n, out_size - n, "%s%s", i ? ", " : "", formats[i]->name);
	return out;
}

static void take_value(struct import *m, json_t *value);

static void take_object(struct import *m, json_t *object)
{
	struct import_unit *u = &m->unit;

	u->result.format = m->only && m->only->take ? m->only : NULL;
	for (size_t i = 0; i < FORMATS && !m->only && !u->result.format; i++)
		if (formats[i]->is && formats[i]->is(object))
			u->result.format = formats[i];
	if (u->result.format)
		u->result.format->take(u, object);
	else
		import_refuse(u, "found an object of no known format; see lookback import --help for the formats");
}

static void take_value(struct import *m, json_t *value)
{
	json_t *element;
	size_t i;

	if (json_is_object(value))
		take_object(m, value);
	else if (json_is_array(value))
		json_array_foreach(value, i, element)
		{
			if (!m->unit.result.stopped)
				take_value(m, element);
		}
	else
		import_refuse(&m->unit, "expected a JSON object or array");
}

static void take_json(struct import *m, const char *text, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (root)
		take_value(m, root);
	else
		import_refuse(&m->unit, "not JSON: %.150s", error.text);
	json_decref(root);
}

static void take_line(struct import *m, const char *text, size_t len)
{
	struct import_unit *u = &m->unit;
	char *copy = strndup(text, len);

	if (!copy || strlen(copy) != len) {
		import_refuse(u, copy ? "found a NUL octet" : "out of memory");
		free(copy);
		return;
	}
	for (size_t i = 0; i < FORMATS && !u->result.format; i++)
		if (formats[i]->is_text && (!m->only || m->only == formats[i]) &&
			(m->only || formats[i]->is_text(u, copy)))
			u->result.format = formats[i];
	if (u->result.format)
		u->result.format->take_text(u, copy);
	else if (*copy != '#')
		import_refuse(u, "expected JSON, a line of passivedns, or of a Zeek log after its header");
	free(copy);
}

struct import_result import_take(struct import *m, const char *text, size_t len)
{
	m->unit.result = (struct import_result){.format = NULL};
	while (len > 0 && (text[len - 1] == '\r' || text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	size_t blank = 0;
	while (blank < len && isspace((unsigned char)text[blank]))
		blank++;
	if (blank < len && (text[blank] == '{' || text[blank] == '['))
		take_json(m, text + blank, len - blank);
	else if (blank < len)
		take_line(m, text + blank, len - blank);
	return m->unit.result;
}

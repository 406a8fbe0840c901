// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/format.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const alert_format_names[ALERT_FORMATS] = {"json", "misp", "slack", "cef"};

static const struct {
	const char *kind, *text;
	int severity;
} kinds[] = {{"new", "new record", 5}, {"again", "record seen again", 4}, {"moved", "record moved", 6},
	{"tamper", "unexpected record", 8}, {"burst", "burst of new names", 6}, {"summary", "alerts held back", 3},
	{NULL, "alert", 5}};

static size_t kind_of(const struct alert *a)
{
	size_t i = 0;

	while (kinds[i].kind && strcmp(kinds[i].kind, a->field[ALERT_KIND]) != 0)
		i++;
	return i;
}

const char *alert_kind_text(const struct alert *a)
{
	return kinds[kind_of(a)].text;
}

int alert_severity(const struct alert *a)
{
	return kinds[kind_of(a)].severity;
}

char *alert_format_json(const struct alert *a)
{
	json_t *object = json_object();
	char time[32];

	alert_time_text(alert_time_ms(a), time, sizeof(time));
	json_object_set_new(object, "version", json_integer(1));
	json_object_set_new(object, "entry", json_string(a->entry));
	json_object_set_new(object, "time", json_string(time));
	for (int i = 0; i < ALERT_FIELDS; i++)
		json_object_set_new(object, alert_field_names[i],
			i == ALERT_FIRST || i == ALERT_LAST ? json_integer(alert_number(a, (enum alert_field)i))
							    : json_string(a->field[i]));
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	return text;
}

// Slack ─────────────────────────────────────────────────────────────────────────────────────

// Inside `code`: no entity, no end of the code, and no text that a client makes a link of.
static void put_code(FILE *out, const char *text)
{
	fputc('`', out);
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '.')
			fputs("[.]", out);
		else if (strncmp(text, "://", 3) == 0)
			fputs("[:]", out);
		else
			fputc(*text == '`' ? '\'' : *text, out);
	}
	fputc('`', out);
}

char *alert_format_slack(const struct alert *a)
{
	char *text = NULL, *json = NULL, time[32];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "*Lookback: %s*, rule ", alert_kind_text(a));
	put_code(out, a->field[ALERT_RULE]);
	static const struct {
		enum alert_field field;
		const char *before;
	} parts[] = {{ALERT_NAME, "\n"}, {ALERT_TYPE, " "}, {ALERT_RDATA, " "}, {ALERT_EXPECTED, "\nexpected "},
		{ALERT_REASON, "\nreason "}, {ALERT_SENSOR, "\nsensor "}};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (*a->field[parts[i].field]) {
			fputs(parts[i].before, out);
			put_code(out, a->field[parts[i].field]);
		}
	alert_time_text(alert_number(a, ALERT_FIRST) * 1000, time, sizeof(time));
	fprintf(out, "\nfirst seen %s", time);
	if (fclose(out) == 0) {
		json_t *object = json_pack("{s:s}", "text", text);
		json = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
		json_decref(object);
	}
	free(text);
	return json;
}

// CEF ───────────────────────────────────────────────────────────────────────────────────────

// In the head '|' and '\' are escaped, in the extension '=' and '\'. There are no line ends in an alert.
static void put_escaped(FILE *out, const char *text, char special)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == special)
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void put_extension(FILE *out, const char *key, const char *label, const char *value)
{
	if (!*value)
		return;
	if (label)
		fprintf(out, " %sLabel=%s", key, label);
	fprintf(out, " %s=", key);
	put_escaped(out, value, '=');
}

char *alert_format_cef(const struct alert *a)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "CEF:0|Lookback|lookback|%s|", LOOKBACK_VERSION);
	put_escaped(out, a->field[ALERT_KIND], '|');
	fprintf(out, "|%s|%d|rt=%lld start=%lld end=%lld", alert_kind_text(a), alert_severity(a),
		(long long)alert_time_ms(a), (long long)alert_number(a, ALERT_FIRST) * 1000,
		(long long)alert_number(a, ALERT_LAST) * 1000);
	put_extension(out, "externalId", NULL, a->field[ALERT_ID]);
	put_extension(out, "destinationDnsDomain", NULL, a->field[ALERT_NAME]);
	put_extension(out, "dvchost", NULL, a->field[ALERT_SENSOR]);
	put_extension(out, "cs1", "rule", a->field[ALERT_RULE]);
	put_extension(out, "cs2", "type", a->field[ALERT_TYPE]);
	put_extension(out, "cs3", "rdata", a->field[ALERT_RDATA]);
	put_extension(out, "cs4", "expected", a->field[ALERT_EXPECTED]);
	put_extension(out, "msg", NULL, a->field[ALERT_REASON]);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

// text ──────────────────────────────────────────────────────────────────────────────────────

char *alert_format_text(const struct alert *a)
{
	char *text = NULL, time[32];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	alert_time_text(alert_time_ms(a), time, sizeof(time));
	fprintf(out, "%s  rule %s: %s\n", time, a->field[ALERT_RULE], alert_kind_text(a));
	if (*a->field[ALERT_NAME])
		fprintf(out, "  record    %s %s %s\n", a->field[ALERT_NAME], a->field[ALERT_TYPE],
			a->field[ALERT_RDATA]);
	if (*a->field[ALERT_EXPECTED])
		fprintf(out, "  expected  %s\n", a->field[ALERT_EXPECTED]);
	if (*a->field[ALERT_REASON])
		fprintf(out, "  reason    %s\n", a->field[ALERT_REASON]);
	alert_time_text(alert_number(a, ALERT_FIRST) * 1000, time, sizeof(time));
	fprintf(out, "  first     %s\n", time);
	alert_time_text(alert_number(a, ALERT_LAST) * 1000, time, sizeof(time));
	fprintf(out, "  last      %s\n", time);
	if (*a->field[ALERT_SENSOR])
		fprintf(out, "  sensor    %s\n", a->field[ALERT_SENSOR]);
	fprintf(out, "  id        %s\n", a->field[ALERT_ID]);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *alert_format(enum alert_format format, const struct alert *a)
{
	switch (format) {
	case ALERT_MISP:
		return alert_format_misp(a);
	case ALERT_SLACK:
		return alert_format_slack(a);
	case ALERT_CEF:
		return alert_format_cef(a);
	default:
		return alert_format_json(a);
	}
}

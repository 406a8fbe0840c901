// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/report.h"

#include <ctype.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DOCTOR_ROW(symbol, name, severity, expected, remedy) {name, DOCTOR_##severity, expected, remedy},
const struct doctor_kind_row doctor_kinds[DOCTOR_KIND_MAX] = {DOCTOR_KINDS(DOCTOR_ROW)};

const char *const doctor_severity_name[] = {[DOCTOR_OK] = "ok",
	[DOCTOR_SKIPPED] = "skipped",
	[DOCTOR_HINT] = "hint",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_ERROR] = "error"};

enum doctor_kind doctor_kind_find(const char *name)
{
	enum doctor_kind kind = 0;

	while (kind < DOCTOR_KIND_MAX && strcmp(doctor_kinds[kind].name, name) != 0)
		kind++;
	return kind;
}

void doctor_word(struct doctor_report *r, const char *word, const char *value)
{
	size_t i = 0;

	while (i < r->words_len && strcmp(r->words[i].word, word) != 0)
		i++;
	if (i == DOCTOR_WORDS_MAX)
		return;
	r->words_len = i == r->words_len ? i + 1 : r->words_len;
	snprintf(r->words[i].word, sizeof(r->words[i].word), "%s", word);
	snprintf(r->words[i].value, sizeof(r->words[i].value), "%s", value);
}

void doctor_number(struct doctor_report *r, unsigned long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", value);
	doctor_word(r, "NUMBER", text);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

// The value for the word at `at`, whose length goes to `*len`; NULL: none.
static const char *value_at(const struct doctor_report *r, const char *text, const char *at, size_t *len)
{
	if (at > text && is_word(at[-1]))
		return NULL;
	for (size_t i = 0; i < r->words_len; i++) {
		*len = strlen(r->words[i].word);
		if (strncmp(at, r->words[i].word, *len) == 0 && !is_word(at[*len]))
			return r->words[i].value;
	}
	return NULL;
}

static void expand(const struct doctor_report *r, const char *text, char *out, size_t out_size)
{
	size_t len = 0, word = 0;

	out[0] = '\0';
	for (const char *at = text; *at && len + 1 < out_size; at += word) {
		const char *value = value_at(r, text, at, &word);
		word = value ? word : 1;
		int n = snprintf(out + len, out_size - len, "%.*s", value ? (int)strlen(value) : 1, value ? value : at);
		len += (size_t)n;
	}
}

// Names of sensors, messages of Redis and the like come from elsewhere: control characters are replaced, and in a text that is not
// UTF-8 all that is not ASCII.
static void clean(char *text)
{
	json_t *string = json_string(text);

	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f || (!string && (unsigned char)*text > 0x7f))
			*text = '?';
	json_decref(string);
}

static void put(struct doctor_report *r, struct doctor_finding *f)
{
	const char *at = (const char *)f;

	clean(f->found);
	clean(f->expected);
	clean(f->remedy);
	for (size_t left = sizeof(*f); left > 0 && r->fd >= 0;) {
		ssize_t n = write(r->fd, at, left);
		if (n <= 0)
			return;
		at += n;
		left -= (size_t)n;
	}
}

static void say(struct doctor_report *r, enum doctor_kind kind, enum doctor_severity severity, const char *format,
	va_list args)
{
	struct doctor_finding f = {.kind = kind, .severity = severity};

	vsnprintf(f.found, sizeof(f.found), format, args);
	if (severity > DOCTOR_SKIPPED) {
		expand(r, doctor_kinds[kind].expected, f.expected, sizeof(f.expected));
		expand(r, doctor_kinds[kind].remedy, f.remedy, sizeof(f.remedy));
	}
	put(r, &f);
}

void doctor_ok(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, kind, DOCTOR_OK, format, args);
	va_end(args);
}

void doctor_bad(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, kind, doctor_kinds[kind].severity, format, args);
	va_end(args);
}

void doctor_bad_as(struct doctor_report *r, enum doctor_kind kind, enum doctor_severity severity, const char *format,
	...)
{
	va_list args;

	va_start(args, format);
	say(r, kind, severity, format, args);
	va_end(args);
}

void doctor_skip(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, kind, DOCTOR_SKIPPED, format, args);
	va_end(args);
}

void doctor_skip_rights(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
{
	struct doctor_finding f = {.kind = kind, .severity = DOCTOR_SKIPPED};
	va_list args;

	va_start(args, format);
	vsnprintf(f.found, sizeof(f.found), format, args);
	va_end(args);
	snprintf(f.remedy, sizeof(f.remedy), "sudo lookback doctor");
	put(r, &f);
}

void doctor_finding_make(struct doctor_finding *out, enum doctor_kind kind, enum doctor_severity severity,
	const char *found)
{
	*out = (struct doctor_finding){.kind = kind, .severity = severity};
	snprintf(out->found, sizeof(out->found), "%s", found);
	snprintf(out->expected, sizeof(out->expected), "%s", doctor_kinds[kind].expected);
	snprintf(out->remedy, sizeof(out->remedy), "%s", doctor_kinds[kind].remedy);
	clean(out->found);
}

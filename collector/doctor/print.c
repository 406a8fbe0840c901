// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/doctor.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 24 };

static void print_one(const struct doctor_finding *f, FILE *out)
{
	fprintf(out, "%-8s %-*s %s\n", doctor_severity_name[f->severity], NAME_WIDTH, doctor_kinds[f->kind].name,
		f->found);
	if (*f->expected)
		fprintf(out, "%-8s %-*s expected: %s\n", "", NAME_WIDTH, "", f->expected);
	if (*f->remedy)
		fprintf(out, "%-8s %-*s do: %s\n", "", NAME_WIDTH, "", f->remedy);
}

void doctor_print(const struct doctor_findings *f, FILE *out)
{
	unsigned counts[DOCTOR_ERROR + 1] = {0};

	for (size_t i = 0; i < f->len; i++) {
		print_one(&f->at[i], out);
		counts[f->at[i].severity]++;
	}
	fprintf(out, "%u ok, %u hint%s, %u warning%s, %u error%s", counts[DOCTOR_OK], counts[DOCTOR_HINT],
		counts[DOCTOR_HINT] == 1 ? "" : "s", counts[DOCTOR_WARNING], counts[DOCTOR_WARNING] == 1 ? "" : "s",
		counts[DOCTOR_ERROR], counts[DOCTOR_ERROR] == 1 ? "" : "s");
	fprintf(out, counts[DOCTOR_SKIPPED] > 0 ? "; %u could not be checked\n" : "\n", counts[DOCTOR_SKIPPED]);
}

static void put_member(json_t *object, const char *name, const char *value)
{
	if (*value)
		json_object_set_new(object, name, json_string(value));
}

void doctor_print_json(const struct doctor_findings *f, FILE *out)
{
	for (size_t i = 0; i < f->len; i++) {
		const struct doctor_finding *one = &f->at[i];
		json_t *object = json_object();
		put_member(object, "finding", doctor_kinds[one->kind].name);
		put_member(object, "severity", doctor_severity_name[one->severity]);
		put_member(object, "found", one->found);
		put_member(object, "expected", one->expected);
		put_member(object, "remedy", one->remedy);
		json_dumpf(object, out, JSON_COMPACT);
		fputc('\n', out);
		json_decref(object);
	}
}

void doctor_print_kinds(FILE *out)
{
	fprintf(out, "| finding | severity | expected | what to do |\n|---|---|---|---|\n");
	for (enum doctor_kind i = 0; i < DOCTOR_KIND_MAX; i++)
		fprintf(out, "| `%s` | %s | %s | %s |\n", doctor_kinds[i].name,
			doctor_severity_name[doctor_kinds[i].severity], doctor_kinds[i].expected,
			doctor_kinds[i].remedy);
}

// SPDX-License-Identifier: BSD-3-Clause
// What lookups use: files of context settings, the index of names.
#include "collector/doctor/checks.h"
#include "collector/doctor/samples.h"

#include <sys/stat.h>
#include <time.h>

enum { DAY_S = 86400, OLD_DAYS = 60 };

static void check_age(struct doctor_report *r, const char *setting, const char *path)
{
	struct stat st;

	if (!*path || stat(path, &st) != 0) // files.c says what is missing
		return;
	long days = (long)((time(NULL) - st.st_mtime) / DAY_S);
	doctor_word(r, "FILE", path);
	if (days > OLD_DAYS)
		doctor_bad(r, FINDING_CONTEXT_OLD, "%s: %s is %ld days old", setting, path, days);
	else
		doctor_ok(r, FINDING_CONTEXT_OLD, "%s: %s is %ld days old", setting, path, days < 0 ? 0 : days);
}

static void check_names(const struct doctor_facts *f, struct doctor_report *r)
{
	unsigned found;
	double complete = samples_sum(f->metrics[0], "collector_names_complete", "", NULL, NULL, &found);
	double names = samples_sum(f->metrics[0], "collector_names", "", NULL, NULL, NULL);

	if (found == 0)
		return;
	if (complete > 0)
		doctor_ok(r, FINDING_NAMES, "complete, %.0f names", names);
	else
		doctor_bad(r, FINDING_NAMES, "not complete yet, %.0f names", names);
}

void doctor_check_lookups(const struct doctor_facts *f, struct doctor_report *r)
{
	const struct settings *s = f->settings;

	check_age(r, "context.asn", s->context_asn);
	check_age(r, "context.country", s->context_country);
	check_age(r, "context.popular", s->context_popular);
	if (f->metrics[0])
		check_names(f, r);
}

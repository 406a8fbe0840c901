// SPDX-License-Identifier: BSD-3-Clause
// import: files → units → records → added up → Redis (import_write.c).
#include "collector/cli/import.h"

#include "collector/import/gather.h"
#include "collector/import/import.h"
#include "collector/import/input.h"
#include "collector/import/split.h"

#include <errno.h>
#include <stdlib.h>

enum { BUFFER_SIZE = 256 << 10, COMPLAINTS_MAX = 10, FORMATS_MAX = 16 };

struct import_run {
	struct lookback *l;
	struct import *import;
	struct import_gather *gather;
	struct import_write write;
	const char *name; // of the file
	struct progress progress;
	uint64_t lines, taken, refused, passed; // taken: records read, before they are added up
	uint64_t complaints;
	bool failed;
	struct {
		const struct import_format *format;
		uint64_t records;
	} seen[FORMATS_MAX];
};

static bool fail_run(struct import_run *r, const char *what)
{
	lookback_fail("%s: %s", r->name, what);
	r->failed = true;
	return false;
}

static bool take_record(void *arg, const struct query_record *record, bool is_event)
{
	struct import_run *r = arg;
	const struct query *filter = &r->l->filter;

	if (record->last < filter->last_after || record->first > filter->first_before ||
		!query_has_type(filter, record->type, record->type_len))
		return true;
	r->taken++;
	return import_gather_put(r->gather, record, is_event);
}

static void note_format(struct import_run *r, const struct import_result *result)
{
	size_t i = 0;

	while (i < FORMATS_MAX - 1 && r->seen[i].format && r->seen[i].format != result->format)
		i++;
	r->seen[i].format = result->format;
	r->seen[i].records += result->records;
}

static void complain(struct import_run *r, uint64_t line, const char *why)
{
	if (r->complaints++ < COMPLAINTS_MAX)
		lookback_fail("%s:%llu: %s", r->name, (unsigned long long)line, why);
	if (r->complaints == COMPLAINTS_MAX + 1)
		lookback_fail("more is refused; only the first %d reasons are printed", COMPLAINTS_MAX);
}

static bool take_unit(void *arg, const char *text, size_t len, uint64_t line)
{
	struct import_run *r = arg;

	if (!text) {
		r->refused++;
		complain(r, line, "longer than 16 MiB");
		return true;
	}
	struct import_result result = import_take(r->import, text, len);
	if (result.format)
		note_format(r, &result);
	r->refused += result.refused;
	r->passed += result.passed;
	if (result.refused > 0)
		complain(r, line, result.why);
	return !result.stopped;
}

static void show_progress(struct import_run *r, const struct import_input *in)
{
	int percent = import_input_progress(in);

	if (percent < 0)
		snprintf(r->progress.detail, sizeof(r->progress.detail), ", %.60s", r->name);
	else
		snprintf(r->progress.detail, sizeof(r->progress.detail), ", %d %% of %.60s", percent, r->name);
	progress_show(&r->progress, r->taken);
}

static void read_units(struct import_run *r, struct import_input *in, struct import_split *split)
{
	static char buffer[BUFFER_SIZE];
	const char *why = "";
	ssize_t got;
	bool more = true;

	while (more && (got = import_input_read(in, buffer, sizeof(buffer), &why)) != 0) {
		if (got < 0) {
			fail_run(r, why);
			break;
		}
		more = import_split_feed(split, buffer, (size_t)got);
		if (more && import_input_is_silent(in)) // the writer of a pipe may take hours
			more = import_gather_flush(r->gather) && import_write_end(&r->write);
		show_progress(r, in);
	}
	r->lines += import_split_lines(split);
	if (more && !import_split_end(split))
		more = false;
	if (!more && !r->write.failed)
		fail_run(r, "out of memory");
	r->failed = r->failed || r->write.failed;
}

static void import_file(struct import_run *r, const char *path)
{
	r->name = strcmp(path, "-") == 0 ? "(standard input)" : path;
	struct import_input *in = import_input_open(path);
	if (!in) {
		fail_run(r, strerror(errno));
		return;
	}
	struct import_split *split = import_split_new(take_unit, r);
	import_begin(r->import);
	if (split)
		read_units(r, in, split);
	else
		fail_run(r, strerror(ENOMEM));
	import_split_free(split);
	import_input_close(in);
}

static void print_summary(const struct import_run *r)
{
	printf("%s %llu records from %llu lines; refused %llu, passed over %llu\n",
		r->l->dry ? "would import" : "imported", (unsigned long long)r->write.records,
		(unsigned long long)r->lines, (unsigned long long)r->refused, (unsigned long long)r->passed);
	for (int i = 0; i < FORMATS_MAX && r->seen[i].format; i++)
		printf("  %s: %llu sightings\n", import_format_name(r->seen[i].format),
			(unsigned long long)r->seen[i].records);
}

static int run_import(struct import_run *r)
{
	struct lookback *l = r->l;

	l->db.reader.writes = true;
	for (int i = 0; i < (l->argc ? l->argc : 1) && !r->failed; i++)
		import_file(r, l->argc ? l->argv[i] : "-");
	if (!r->write.failed && import_gather_flush(r->gather))
		import_write_end(&r->write);
	progress_end(&r->progress);
	if (import_gather_forgotten(r->gather) > 0)
		lookback_fail("the counts of %llu records may be too low: import smaller files, each with --add",
			(unsigned long long)import_gather_forgotten(r->gather));
	if (!l->quiet)
		print_summary(r);
	if (r->failed || r->write.failed || r->refused > 0)
		return LOOKBACK_FAILED;
	return r->write.records > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

int lookback_import(struct lookback *l)
{
	struct import_run r = {.l = l, .write = {.l = l}, .progress = {.what = "read"}};
	const struct import_format *only = l->format ? import_format_named(l->format) : NULL;
	char names[256];

	if (l->format && !only)
		return lookback_fail("--format: found '%s', expected %s", l->format,
			import_format_names(names, sizeof(names)));
	r.import = import_new(only, take_record, &r);
	r.gather = import_gather_new(l->add, import_write_owner, &r.write);
	int status = r.import && r.gather ? run_import(&r) : lookback_fail("out of memory");
	import_free(r.import);
	import_gather_free(r.gather);
	return status;
}

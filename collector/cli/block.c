// SPDX-License-Identifier: BSD-3-Clause
// block: lists of block.conf, or of arguments, as text or files.
#include "collector/cli/lookback.h"

#include "collector/block/build.h"
#include "collector/block/conf.h"
#include "collector/context/context.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINES_MAX = 2000000 };

struct lines {
	char **at;
	size_t len, room;
	bool full;
};

struct block_command {
	struct lookback *l;
	struct block_conf conf;
	struct context *context;
	struct lines lines;
	struct block_make make;
};

static bool add_line(void *arg, const char *text)
{
	struct lines *lines = arg;
	size_t room = lines->room ? 2 * lines->room : 256;

	if (lines->len == lines->room) {
		char **more = lines->len < LINES_MAX ? realloc(lines->at, room * sizeof(*more)) : NULL;
		if (!more) {
			lines->full = true;
			return false;
		}
		lines->at = more;
		lines->room = room;
	}
	lines->at[lines->len] = strdup(text);
	lines->full = !lines->at[lines->len];
	return !lines->full && ++lines->len > 0;
}

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->len; i++)
		free(lines->at[i]);
	free(lines->at);
}

// printing ───────────────────────────────────────────────────────────────────────────────────

static void print_report(const struct block_command *c, const struct block_list *list, const struct block_set *set,
	FILE *out)
{
	struct redis_buffer text = {0};

	block_build_report(list, set, c->l->output == OUTPUT_JSON, &text);
	if (text.size > 0)
		fwrite(text.bytes, 1, text.size, out);
	redis_buffer_free(&text);
}

static int print_lists(const struct block_command *c)
{
	for (size_t i = 0; i < c->conf.len && !c->l->quiet; i++) {
		const struct block_list *list = &c->conf.at[i];
		printf("%-20s %zu sources, formats:", list->name, list->sources_len);
		for (int id = 0; id < BLOCK_FORMATS; id++)
			if (list->formats & 1u << id)
				printf(" %s", block_format_name((enum block_format_id)id));
		printf("\n");
		for (size_t k = 0; k < list->files_len; k++)
			printf("%-20s   %s %s\n", "", block_format_name(list->files[k].format), list->files[k].path);
	}
	return c->conf.len > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

static int print_list(struct block_command *c, const struct block_list *list, struct block_set *set,
	const struct block_serial *serial)
{
	const struct block_view view = {.list = list, .set = set, .serial = serial->serial, .changed = serial->changed};
	struct block_output output;
	enum block_format_id id = list->first_format;

	if (c->l->format && !block_format_parse(&id, c->l->format))
		return lookback_fail("--format: found '%s', expected %s", c->l->format, block_format_names());
	const char *wrong = block_format_refuses(id, &list->policy);
	if (wrong)
		return lookback_fail("%s", wrong);
	if (id == BLOCK_MISP && !c->l->report)
		return lookback_fail("--format misp: is a folder; use --set 'file=misp /FOLDER' --write");
	if (block_format_make(id, &view, &output) != 0)
		return lookback_fail("out of memory");
	if (c->l->report)
		print_report(c, list, set, stdout);
	else if (!c->l->quiet && output.at[0].body.size > 0)
		fwrite(output.at[0].body.bytes, 1, output.at[0].body.size, stdout);
	block_output_free(&output);
	if (!c->l->report && !c->l->quiet) {
		fflush(stdout);
		print_report(c, list, set, stderr);
	}
	return set->len > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

static int write_list(struct block_command *c, const struct block_list *list, struct block_set *set,
	const struct block_serial *serial)
{
	char why[1024];
	int changed = block_build_write(list, set, serial, why, sizeof(why));

	if (c->l->report)
		print_report(c, list, set, stdout);
	if (changed < 0)
		return lookback_fail("list %s: %s", list->name, why);
	if (!c->l->quiet && !c->l->report)
		printf("%s: %zu entries, %zu left out, serial %u, %d files changed\n", list->name, set->len,
			set->removed_len, serial->serial, changed);
	return changed > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

// running ────────────────────────────────────────────────────────────────────────────────────

static int run_list(struct block_command *c, const struct block_list *list, bool configured)
{
	struct block_set set;
	struct block_serial serial;
	char why[1024];

	int result = block_build_set(&set, &c->make, list, why, sizeof(why));
	if (result == 0)
		result = block_build_serial(&serial, &c->make, list, &set, configured, why, sizeof(why));
	if (result != 0)
		result = lookback_fail("list %s: %s", list->name, why);
	else
		result = c->l->write ? write_list(c, list, &set, &serial) : print_list(c, list, &set, &serial);
	block_set_free(&set);
	return result;
}

static int worse(int a, int b)
{
	return a == LOOKBACK_FAILED || b == LOOKBACK_FAILED ? LOOKBACK_FAILED : a < b ? a : b;
}

// All lists, or those named by the arguments.
static int run_configured(struct block_command *c)
{
	int result = LOOKBACK_NOTHING;

	if (c->l->sets_len > 0)
		return lookback_fail(
			"--set: found with the name of a list, expected it with indicators; change block.conf");
	for (int i = 0; i < c->l->argc; i++)
		if (!block_conf_find(&c->conf, c->l->argv[i]))
			return lookback_fail("%s: no such list in %s, and no indicator", c->l->argv[i],
				c->l->settings.block_file);
	for (int i = 0; i < c->l->argc; i++)
		result = worse(result, run_list(c, block_conf_find(&c->conf, c->l->argv[i]), true));
	for (size_t i = 0; c->l->argc == 0 && i < c->conf.len; i++)
		result = worse(result, run_list(c, &c->conf.at[i], true));
	return result;
}

static int run_indicators(struct block_command *c)
{
	struct block_list list;
	char why[600], key[40];
	int result = 0;

	block_list_init(&list, "adhoc");
	for (size_t i = 0; result == 0 && i < c->l->sets_len; i++) {
		const char *equals = strchr(c->l->sets[i], '=');
		snprintf(key, sizeof(key), "%.*s", equals ? (int)(equals - c->l->sets[i]) : 39, c->l->sets[i]);
		if (!equals)
			result = lookback_fail("--set: found '%s', expected KEY=VALUE", c->l->sets[i]);
		else if (block_list_set(&list, key, equals + 1, why, sizeof(why)) != 0)
			result = lookback_fail("--set %s: %s", key, why);
	}
	if (result == 0 && block_conf_complete(&list, why, sizeof(why)) != 0)
		result = lookback_fail("%s", why);
	if (result == 0 && c->l->write && list.files_len == 0)
		result = lookback_fail("--write: found no file; use --set 'file=FORMAT /PATH'");
	if (result == 0)
		result = lookback_each(c->l, add_line, &c->lines);
	if (result == 0 && c->lines.full)
		result = lookback_fail("out of memory, or more than %d lines", LINES_MAX);
	if (result == 0) {
		c->make.lines = (const char *const *)c->lines.at;
		c->make.lines_len = c->lines.len;
		result = run_list(c, &list, false);
	}
	block_list_free(&list);
	return result;
}

// True if an argument is an indicator: lists have no dots, colons or slashes in their names.
static bool has_indicator(const struct lookback *l)
{
	for (int i = 0; i < l->argc; i++)
		if (!block_list_is_name(l->argv[i]))
			return true;
	return false;
}

int lookback_block(struct lookback *l)
{
	struct block_command c = {.l = l};
	char why[1024];
	int result;

	if (block_conf_read(&c.conf, l->settings.block_file, why, sizeof(why)) != 0)
		return lookback_fail("%s", why);
	if (context_open(&c.context, &l->settings, l->zones, why, sizeof(why)) != 0) {
		block_conf_free(&c.conf);
		return lookback_fail("%s", why);
	}
	c.make = (struct block_make){.db = &l->db, .zones = l->zones, .context = c.context, .now = time(NULL)};
	if (has_indicator(l) || (l->argc == 0 && l->sets_len > 0))
		result = run_indicators(&c);
	else if (l->argc == 0 && !l->write && !l->report)
		result = print_lists(&c);
	else
		result = run_configured(&c);
	free_lines(&c.lines);
	context_close(c.context);
	block_conf_free(&c.conf);
	return result;
}

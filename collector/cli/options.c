// SPDX-License-Identifier: BSD-3-Clause
#include "collector/cli/lookback.h"

#include "collector/newly/suffixes.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum lookback_option {
	OPT_JSON = 256,
	OPT_CSV,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_OFFSET,
	OPT_CURSOR,
	OPT_RESUME,
	OPT_ADD,
	OPT_DRY,
	OPT_QUOTA,
	OPT_TIMEOUT,
	OPT_DEPTH,
	OPT_TLD,
	OPT_ZONE,
	OPT_SUFFIXES,
	OPT_RULE,
	OPT_HISTORY,
	OPT_PLAIN,
	OPT_FEED,
	OPT_CONTEXT,
	OPT_REDIS,
	OPT_FORMAT,
	OPT_SET,
	OPT_WRITE,
	OPT_REPORT,
	OPT_OWN,
	OPT_HTML,
	OPT_SCORE,
	OPT_SHARED,
	OPT_GRAPHML,
	OPT_DOT,
	OPT_CHECK_CONFIG,
	OPT_PRINT_CONFIG,
	OPT_VERSION,
	OPT_HELP
};

static int parse_number(const char *text, const char *what, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end)
		return lookback_fail("%s: found '%s', expected a number", what, text);
	return 0;
}

static int parse_seconds(const char *text, const char *what, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (!strchr("0123456789.", *text) || !*text || *end || *out > 1e9)
		return lookback_fail("%s: found '%s', expected seconds", what, text);
	return 0;
}

// A record matches if it was seen between the two bounds: its last sighting is after --since, its first before --until.
static int parse_bound(struct lookback *l, bool since, const char *text)
{
	char why[256];
	int64_t *at = since ? &l->filter.last_after : &l->filter.first_before;

	if ((since ? query_parse_time : query_parse_until)(at, text, time(NULL), why, sizeof(why)) != 0)
		return lookback_fail("--%s: %s", since ? "since" : "until", why);
	return 0;
}

// Returns 0, or an exit status.
static int set_filter(struct lookback *l, int c, const char *value)
{
	char why[256];
	int result;

	switch (c) {
	case OPT_SINCE:
	case OPT_UNTIL:
		return parse_bound(l, c == OPT_SINCE, value);
	case 'l':
		l->has_limit = true;
		return parse_number(value, "--limit", &l->filter.limit);
	case OPT_TIMEOUT:
		return parse_seconds(value, "--timeout", &l->filter.time_max_s);
	case OPT_OFFSET:
		return parse_number(value, "--offset", &l->filter.offset);
	case 't':
		result = query_parse_types(&l->filter, value, why, sizeof(why));
		return result == 0 ? 0 : lookback_fail("--type: %s", why);
	default:
		result = query_parse_order(&l->filter, value, why, sizeof(why));
		return result == 0 ? 0 : lookback_fail("--sort: %s", why);
	}
}

// Returns 0, or an exit status.
static int add_suffixes(struct lookback *l, const char *name, const char *value)
{
	char why[500];

	if (!l->suffixes && !(l->suffixes = newly_suffixes_new()))
		return lookback_fail("out of memory");
	bool file = strcmp(name, "suffixes") == 0;
	int result = (file ? newly_suffixes_read : newly_suffixes_add)(l->suffixes, value, why, sizeof(why));
	return result == 0 ? 0 : lookback_fail("--%s: %s", name, why);
}

// Options of new. Returns 0, or an exit status.
static int set_new(struct lookback *l, int c, const char *value)
{
	switch (c) {
	case OPT_DEPTH:
		l->depth = value;
		return 0;
	case OPT_RULE:
		l->rule = value;
		return 0;
	case OPT_HISTORY:
		l->history = true;
		return 0;
	case OPT_PLAIN:
		l->plain = true;
		return 0;
	case OPT_FEED:
		l->feed = value;
		return 0;
	case OPT_SUFFIXES:
		return add_suffixes(l, "suffixes", value);
	default:
		return add_suffixes(l, c == OPT_TLD ? "tld" : "zone", value);
	}
}

// Options of block. Returns 0, or an exit status.
static int set_block(struct lookback *l, int c, const char *value)
{
	switch (c) {
	case OPT_FORMAT:
		l->format = value;
		return 0;
	case OPT_SET:
		if (l->sets_len == LOOKBACK_SETS_MAX)
			return lookback_fail("--set: found more than %d, expected at most that", LOOKBACK_SETS_MAX);
		l->sets[l->sets_len++] = value;
		return 0;
	case OPT_WRITE:
		l->write = true;
		return 0;
	default:
		l->report = true;
		return 0;
	}
}

// Options of pivot. Returns 0.
static int set_pivot(struct lookback *l, int c, const char *value)
{
	if (c == OPT_SCORE)
		l->score = value;
	else if (c == OPT_SHARED)
		l->through_shared = true;
	else
		l->output = c == OPT_DOT ? OUTPUT_DOT : OUTPUT_GRAPHML;
	return 0;
}

// Returns 0, or an exit status.
static int set_option(struct lookback *l, int c, char *value)
{
	switch (c) {
	case 'c':
		l->source.file = value;
		return 0;
	case 'o':
		return settings_add_option(&l->source, value) ? 0 : lookback_fail("-o: found too many");
	case 'j':
		l->output = OUTPUT_JSON;
		return 0;
	case OPT_CSV:
		l->output = OUTPUT_CSV;
		return 0;
	case 'q':
		l->quiet = true;
		return 0;
	case 'f':
		l->follow = true;
		return 0;
	case 'y':
		l->yes = true;
		return 0;
	case 'n':
		l->dry = true;
		return 0;
	case OPT_ADD:
		l->add = true;
		return 0;
	case OPT_CURSOR:
		l->cursor = value;
		return 0;
	case OPT_RESUME:
		l->resume = value;
		return 0;
	case OPT_QUOTA:
		l->limits = value;
		return 0;
	case 'u':
		l->unicode = true;
		return 0;
	case OPT_CONTEXT:
		l->with_context = true;
		return 0;
	case OPT_REDIS:
		l->redis = value;
		return 0;
	case OPT_OWN:
		l->own = value;
		return 0;
	case OPT_HTML:
		l->output = OUTPUT_HTML;
		return 0;
	default:
		return c >= OPT_DEPTH && c <= OPT_FEED	    ? set_new(l, c, value)
		       : c >= OPT_FORMAT && c <= OPT_REPORT ? set_block(l, c, value)
		       : c >= OPT_SCORE && c <= OPT_DOT	    ? set_pivot(l, c, value)
							    : set_filter(l, c, value);
	}
}

int lookback_parse_options(struct lookback *l, int argc, char **argv)
{
	static const struct option names[] = {{"config", required_argument, NULL, 'c'},
		{"option", required_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'},
		{"csv", no_argument, NULL, OPT_CSV}, {"since", required_argument, NULL, OPT_SINCE},
		{"until", required_argument, NULL, OPT_UNTIL}, {"type", required_argument, NULL, 't'},
		{"sort", required_argument, NULL, 's'}, {"limit", required_argument, NULL, 'l'},
		{"offset", required_argument, NULL, OPT_OFFSET}, {"quiet", no_argument, NULL, 'q'},
		{"follow", no_argument, NULL, 'f'}, {"cursor", required_argument, NULL, OPT_CURSOR},
		{"resume", required_argument, NULL, OPT_RESUME}, {"add", no_argument, NULL, OPT_ADD},
		{"dry-run", no_argument, NULL, 'n'}, {"yes", no_argument, NULL, 'y'},
		{"quota", required_argument, NULL, OPT_QUOTA}, {"timeout", required_argument, NULL, OPT_TIMEOUT},
		{"unicode", no_argument, NULL, 'u'}, {"redis", required_argument, NULL, OPT_REDIS},
		{"context", no_argument, NULL, OPT_CONTEXT}, {"depth", required_argument, NULL, OPT_DEPTH},
		{"tld", required_argument, NULL, OPT_TLD}, {"zone", required_argument, NULL, OPT_ZONE},
		{"suffixes", required_argument, NULL, OPT_SUFFIXES}, {"rule", required_argument, NULL, OPT_RULE},
		{"history", no_argument, NULL, OPT_HISTORY}, {"plain", no_argument, NULL, OPT_PLAIN},
		{"feed", required_argument, NULL, OPT_FEED}, {"format", required_argument, NULL, OPT_FORMAT},
		{"set", required_argument, NULL, OPT_SET}, {"write", no_argument, NULL, OPT_WRITE},
		{"report", no_argument, NULL, OPT_REPORT}, {"score", required_argument, NULL, OPT_SCORE},
		{"own", required_argument, NULL, OPT_OWN}, {"html", no_argument, NULL, OPT_HTML},
		{"through-shared", no_argument, NULL, OPT_SHARED}, {"graphml", no_argument, NULL, OPT_GRAPHML},
		{"dot", no_argument, NULL, OPT_DOT}, {"check-config", no_argument, NULL, OPT_CHECK_CONFIG},
		{"print-config", no_argument, NULL, OPT_PRINT_CONFIG}, {"version", no_argument, NULL, OPT_VERSION},
		{"help", no_argument, NULL, OPT_HELP}, {NULL, 0, NULL, 0}};
	int c, result = 0, show = 0;
	bool help = false;

	while (result == 0 && (c = getopt_long(argc, argv, "c:o:jt:s:l:qfnyuh", names, NULL)) != -1) {
		if (c == OPT_VERSION) {
			printf("lookback %s, %s\n", LOOKBACK_VERSION, LOOKBACK_REDIS_LIBRARIES);
			return LOOKBACK_FOUND;
		}
		if (c == OPT_CHECK_CONFIG || c == OPT_PRINT_CONFIG) {
			show = c;
			continue;
		}
		if (c == OPT_HELP || c == 'h') {
			help = true;
			continue;
		}
		if (c == '?')
			return LOOKBACK_FAILED; // getopt has printed the reason
		result = set_option(l, c, optarg);
	}
	l->argc = argc - optind;
	l->argv = argv + optind;
	if (help && result == 0) {
		lookback_help(l->argc > 0 ? l->argv[0] : NULL);
		return LOOKBACK_FOUND;
	}
	if (show && result == 0) {
		l->source.file = conf_file(l->source.file);
		return settings_command(&l->source, show == OPT_PRINT_CONFIG);
	}
	return result != 0 ? result : -1;
}

const struct lookback_command *lookback_find_command(struct lookback *l)
{
	if (l->argc == 0) {
		lookback_fail("no command; see lookback --help");
		return NULL;
	}
	for (const struct lookback_command *c = lookback_commands; c->name; c++) {
		if (strcmp(l->argv[0], c->name) != 0)
			continue;
		l->argc--;
		l->argv++;
		if ((l->output == OUTPUT_GRAPHML || l->output == OUTPUT_DOT) && c->run != lookback_pivot) {
			lookback_fail("%s: found --graphml or --dot, which only pivot has", c->name);
			return NULL;
		}
		if (l->output == OUTPUT_HTML && c->run != lookback_brand) {
			lookback_fail("%s: found --html, which only brand has", c->name);
			return NULL;
		}
		if (l->argc >= c->min && l->argc <= c->max)
			return c;
		lookback_fail("usage: lookback %s %s; see lookback %s --help", c->name, c->arguments, c->name);
		return NULL;
	}
	lookback_fail("unknown command '%s'; see lookback --help", l->argv[0]);
	return NULL;
}

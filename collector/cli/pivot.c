// SPDX-License-Identifier: BSD-3-Clause
// pivot.
#include "collector/cli/lookback.h"

#include "collector/context/context.h"
#include "collector/pivot/pivot.h"

#include <stdlib.h>

enum { VALUE_WIDTH_MIN = 20, VALUE_WIDTH_MAX = 48 };

struct pivot_adding {
	struct pivot *pivot;
	size_t added;
	bool failed;
};

static bool add(void *arg, const char *text)
{
	struct pivot_adding *a = arg;
	char why[300];

	if (a->added == PIVOT_INDICATORS_MAX) {
		lookback_fail("pivot: found more than %d indicators", PIVOT_INDICATORS_MAX);
		a->failed = true;
	} else if (pivot_add(a->pivot, text, why, sizeof(why)) != 0) {
		lookback_fail("%s", why);
		a->failed = true;
	} else {
		a->added++;
	}
	return !a->failed;
}

// --- a table

static void print_reasons(const struct pivot_node *n, struct redis_buffer *text)
{
	redis_buffer_clear(text);
	for (unsigned i = 0; i < PIVOT_REASON_MAX; i++) {
		if (!(n->reasons & 1u << i))
			continue;
		if (text->size > 0)
			query_put_text(text, ", ");
		pivot_put_reason(text, n, i);
	}
	if (n->stop != PIVOT_WALKED) {
		query_put_text(text, text->size > 0 ? "; " : "");
		pivot_put_stop(text, n);
	}
	fwrite(text->bytes, 1, text->size, stdout);
}

static void print_row(const struct pivot *p, uint32_t i, int width, struct redis_buffer *text)
{
	const struct pivot_node *nodes;
	char first[24] = "-", last[24] = "-";

	pivot_nodes(p, &nodes);
	const struct pivot_node *n = &nodes[i];
	if (n->first > 0) {
		query_time_text(n->first, "%Y-%m-%d", first, sizeof(first));
		query_time_text(n->last, "%Y-%m-%d", last, sizeof(last));
	}
	printf("%5.2f  %-7s  %-*s  %-10s  %-10s  ", n->score, pivot_kind(n), width, n->text, first, last);
	print_reasons(n, text);
	if (n->from != PIVOT_NONE) {
		redis_buffer_clear(text);
		pivot_put_path(text, p, i, " ");
		printf("  [%.*s]", (int)text->size, text->bytes);
	}
	putchar('\n');
}

static void print_table(const struct pivot *p)
{
	const struct pivot_node *nodes;
	const uint32_t *results;
	struct redis_buffer text = {0};
	size_t nodes_len = pivot_nodes(p, &nodes), results_len = pivot_results(p, &results), width = VALUE_WIDTH_MIN;
	bool headed = false;

	for (uint32_t i = 0; i < nodes_len; i++)
		if (nodes[i].is_in && nodes[i].len > width)
			width = nodes[i].len < VALUE_WIDTH_MAX ? nodes[i].len : VALUE_WIDTH_MAX;
	printf("%5s  %-7s  %-*s  %-10s  %-10s  %s\n", "SCORE", "KIND", (int)width, "VALUE", "FIRST SEEN", "LAST SEEN",
		"REASONS  [PATH]");
	for (size_t i = 0; i < results_len; i++)
		print_row(p, results[i], (int)width, &text);
	for (uint32_t i = 0; i < nodes_len; i++) {
		if (!nodes[i].is_in || nodes[i].is_result)
			continue;
		if (!headed)
			printf("\nNot walked through, or with a low score:\n");
		headed = true;
		print_row(p, i, (int)width, &text);
	}
	redis_buffer_free(&text);
}

static void print_notes(const struct pivot *p)
{
	if (pivot_spent(p) != PIVOT_WALKED)
		fprintf(stderr, "lookback: pivot: the limit of %s was reached; the result is incomplete\n",
			pivot_stop_word[pivot_spent(p)]);
	if (pivot_left_out(p) > 0)
		fprintf(stderr, "lookback: pivot: there are %zu more results; --limit 0 prints all\n",
			pivot_left_out(p));
	if (pivot_beyond(p) > 0)
		fprintf(stderr,
			"lookback: pivot: %zu more registered domains are beyond the depth; raise --depth to see them\n",
			pivot_beyond(p));
}

static void print(const struct lookback *l, const struct pivot *p)
{
	static void (*const put[])(struct redis_buffer * out, const struct pivot *p) = {[OUTPUT_JSON] = pivot_put_json,
		[OUTPUT_CSV] = pivot_put_csv,
		[OUTPUT_GRAPHML] = pivot_put_graphml,
		[OUTPUT_DOT] = pivot_put_dot};
	struct redis_buffer out = {0};

	if (l->quiet)
		return;
	if (l->output == OUTPUT_TABLE) {
		print_table(p);
	} else {
		put[l->output](&out, p);
		if (out.bad)
			lookback_fail("out of memory");
		else
			fwrite(out.bytes, 1, out.size, stdout);
		redis_buffer_free(&out);
	}
	print_notes(p);
}

// Returns 0, or LOOKBACK_FAILED after a message.
static int read_options(const struct lookback *l, struct pivot_options *o)
{
	char *end;

	if (l->depth) {
		unsigned long depth = strtoul(l->depth, &end, 10);
		if (*l->depth < '0' || *l->depth > '9' || *end || depth > PIVOT_DEPTH_MAX)
			return lookback_fail("--depth: found '%s', expected 0 to %d", l->depth, PIVOT_DEPTH_MAX);
		o->depth = (unsigned)depth;
	}
	if (l->score) {
		o->score = strtod(l->score, &end);
		if (!*l->score || *end || !(o->score >= 0.1 && o->score <= 1))
			return lookback_fail("--score: found '%s', expected a number from 0.1 to 1", l->score);
	}
	return 0;
}

static struct pivot_options options_of(const struct lookback *l, const struct context *context)
{
	struct pivot_options o = pivot_options_make();

	o.since = l->filter.last_after;
	o.until = l->filter.first_before;
	o.through_shared = l->through_shared;
	o.limit = l->filter.limit;
	o.time_s = l->filter.time_max_s;
	o.context = context;
	return o;
}

static int walk(struct lookback *l, struct pivot *p)
{
	struct pivot_adding a = {.pivot = p};
	enum pivot_step step;

	if (lookback_each(l, add, &a) != 0 || a.failed)
		return LOOKBACK_FAILED;
	if (a.added == 0)
		return lookback_fail("pivot: found no indicator, expected a name or an address");
	while ((step = pivot_step(p)) == PIVOT_BUSY)
		;
	if (step == PIVOT_FAILED)
		return lookback_fail("%s", pivot_why(p));
	const struct pivot_node *nodes;
	const uint32_t *results;
	size_t n = pivot_results(p, &results), indicators = 0;
	pivot_nodes(p, &nodes);
	for (size_t i = 0; i < n; i++)
		indicators += nodes[results[i]].is_indicator;
	print(l, p);
	if (pivot_spent(p) != PIVOT_WALKED)
		return LOOKBACK_FAILED;
	return n > indicators ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

int lookback_pivot(struct lookback *l)
{
	struct context *context = NULL;
	char why[512];

	if (context_open(&context, &l->settings, l->zones, why, sizeof(why)) != 0)
		return lookback_fail("%s", why);
	struct pivot_options o = options_of(l, context);
	int result = read_options(l, &o);
	struct pivot *p = result == 0 ? pivot_start(&l->db, &o) : NULL;
	if (result == 0)
		result = p ? walk(l, p) : lookback_fail("out of memory");
	pivot_stop(p);
	context_close(context);
	return result;
}

// SPDX-License-Identifier: BSD-3-Clause
// RFC 4180. A value that a spreadsheet would take for a formula begins with an apostrophe.
#include "collector/pivot/pivot.h"

#include "collector/query/json.h"

#include <stdio.h>

static void put_quoted(struct redis_buffer *out, const char *text, size_t len)
{
	query_put_text(out, len > 0 && strchr("=+-@\t\r", text[0]) ? "\"'" : "\"");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			query_put_text(out, "\"");
		query_put(out, text + i, 1);
	}
	query_put_text(out, "\"");
}

static void put_row(struct redis_buffer *out, struct redis_buffer *text, const struct pivot *p, uint32_t i)
{
	const struct pivot_node *nodes;
	char score[32];

	pivot_nodes(p, &nodes);
	const struct pivot_node *n = &nodes[i];
	put_quoted(out, n->text, n->len);
	snprintf(score, sizeof(score), ",%s,%.3f,%u,", pivot_kind(n), n->score, n->depth);
	query_put_text(out, score);
	query_put_number(out, n->first);
	query_put_text(out, ",");
	query_put_number(out, n->last);
	query_put_text(out, ",");
	redis_buffer_clear(text);
	pivot_put_reasons(text, n);
	put_quoted(out, text->bytes, text->size);
	query_put_text(out, ",");
	redis_buffer_clear(text);
	pivot_put_path(text, p, i, " ");
	put_quoted(out, text->bytes, text->size);
	query_put_text(out, ",");
	redis_buffer_clear(text);
	pivot_put_stop(text, n);
	put_quoted(out, text->bytes, text->size);
	query_put_text(out, n->is_result ? ",result\r\n" : n->is_shared ? ",shared\r\n" : ",weak\r\n");
}

void pivot_put_csv(struct redis_buffer *out, const struct pivot *p)
{
	struct redis_buffer text = {0};
	const struct pivot_node *nodes;
	const uint32_t *results;
	size_t nodes_len = pivot_nodes(p, &nodes), results_len = pivot_results(p, &results);

	query_put_text(out, "value,kind,score,depth,time_first,time_last,reasons,path,not_walked,what\r\n");
	for (size_t i = 0; i < results_len; i++)
		put_row(out, &text, p, results[i]);
	for (uint32_t i = 0; i < nodes_len; i++)
		if (nodes[i].is_in && !nodes[i].is_result)
			put_row(out, &text, p, i);
	out->bad = out->bad || text.bad;
	redis_buffer_free(&text);
}

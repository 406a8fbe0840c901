// SPDX-License-Identifier: BSD-3-Clause
// {"what":"result",…}, {"what":"shared",…}, {"what":"edge",…}, {"what":"end",…}: docs/pivot.md.
#include "collector/pivot/pivot.h"

#include "collector/query/json.h"

#include <stdio.h>

static void put_number(struct redis_buffer *out, const char *member, int64_t number)
{
	query_put_text(out, ",\"");
	query_put_text(out, member);
	query_put_text(out, "\":");
	query_put_number(out, number);
}

static void put_word(struct redis_buffer *out, const char *member, const char *word)
{
	query_put_text(out, ",\"");
	query_put_text(out, member);
	query_put_text(out, "\":");
	query_put_json(out, word, strlen(word));
}

static void put_score(struct redis_buffer *out, double score)
{
	char text[32];

	snprintf(text, sizeof(text), ",\"score\":%.3f", score);
	query_put_text(out, text);
}

static void put_kinds(struct redis_buffer *out, const struct pivot_node *n)
{
	static const char *const words[] = {"name", "address", "domain", "ns", "mx"};
	bool first = true;

	put_word(out, "kind", pivot_kind(n));
	query_put_text(out, ",\"kinds\":[");
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!(n->roles & 1u << i))
			continue;
		query_put_text(out, first ? "" : ",");
		query_put_json(out, words[i], strlen(words[i]));
		first = false;
	}
	query_put_text(out, "]");
}

static void put_reasons(struct redis_buffer *out, const struct pivot_node *n)
{
	struct redis_buffer text = {0};
	bool first = true;

	query_put_text(out, ",\"reasons\":[");
	for (unsigned i = 0; i < PIVOT_REASON_MAX; i++) {
		if (!(n->reasons & 1u << i))
			continue;
		query_put_text(out, first ? "{\"reason\":" : ",{\"reason\":");
		query_put_json(out, pivot_reason_word[i], strlen(pivot_reason_word[i]));
		put_number(out, "number", n->reason[i]);
		redis_buffer_clear(&text);
		pivot_put_reason(&text, n, i);
		query_put_text(out, ",\"text\":");
		query_put_json(out, text.bytes, text.size);
		query_put_text(out, "}");
		first = false;
	}
	query_put_text(out, "]");
	out->bad = out->bad || text.bad;
	redis_buffer_free(&text);
}

// [{"value":…}, {"type":"A","value":…}, …] from an indicator to the node.
static void put_path(struct redis_buffer *out, const struct pivot_node *nodes, const struct pivot_edge *edges,
	uint32_t node)
{
	uint32_t step[4 * (PIVOT_DEPTH_MAX + 2)];
	size_t n = 0;

	for (uint32_t i = node; i != PIVOT_NONE && n < sizeof(step) / sizeof(*step); i = nodes[i].from)
		step[n++] = i;
	query_put_text(out, ",\"path\":[");
	for (size_t k = n; k-- > 0;) {
		const struct pivot_node *at = &nodes[step[k]];
		query_put_text(out, k + 1 < n ? ",{\"value\":" : "{\"value\":");
		query_put_json(out, at->text, at->len);
		if (k + 1 < n && at->via != PIVOT_NONE)
			put_word(out, "type", edges[at->via].type);
		query_put_text(out, "}");
	}
	query_put_text(out, "]");
}

static void put_node(struct redis_buffer *out, const struct pivot_node *nodes, const struct pivot_edge *edges,
	uint32_t i)
{
	const struct pivot_node *n = &nodes[i];

	query_put_text(out, n->is_result   ? "{\"what\":\"result\",\"value\":"
			    : n->is_shared ? "{\"what\":\"shared\",\"value\":"
					   : "{\"what\":\"weak\",\"value\":");
	query_put_json(out, n->text, n->len);
	put_kinds(out, n);
	query_put_text(out, n->is_indicator ? ",\"indicator\":true" : ",\"indicator\":false");
	put_score(out, n->score);
	put_number(out, "depth", n->depth);
	if (n->first > 0) {
		put_number(out, "time_first", n->first);
		put_number(out, "time_last", n->last);
	}
	put_reasons(out, n);
	put_path(out, nodes, edges, i);
	if (n->stop != PIVOT_WALKED) {
		struct redis_buffer text = {0};
		put_word(out, "stop", pivot_stop_word[n->stop]);
		put_number(out, "stop_number", n->stop_number);
		pivot_put_stop(&text, n);
		query_put_text(out, ",\"stop_text\":");
		query_put_json(out, text.bytes, text.size);
		out->bad = out->bad || text.bad;
		redis_buffer_free(&text);
	}
	query_put_text(out, "}\n");
}

static void put_edge(struct redis_buffer *out, const struct pivot_node *nodes, const struct pivot_edge *e)
{
	query_put_text(out, "{\"what\":\"edge\",\"from\":");
	query_put_json(out, nodes[e->from].text, nodes[e->from].len);
	put_word(out, "type", e->type);
	query_put_text(out, ",\"to\":");
	query_put_json(out, nodes[e->to].text, nodes[e->to].len);
	put_word(out, "to_kind", nodes[e->to].roles == PIVOT_ADDRESS ? "address" : "name");
	if (e->first > 0) {
		put_number(out, "time_first", e->first);
		put_number(out, "time_last", e->last);
	}
	query_put_text(out, "}\n");
}

void pivot_put_json(struct redis_buffer *out, const struct pivot *p)
{
	const struct pivot_node *nodes;
	const struct pivot_edge *edges;
	const uint32_t *results;
	size_t nodes_len = pivot_nodes(p, &nodes), edges_len = pivot_edges(p, &edges),
	       results_len = pivot_results(p, &results);

	for (size_t i = 0; i < results_len; i++)
		put_node(out, nodes, edges, results[i]);
	for (uint32_t i = 0; i < nodes_len; i++)
		if (nodes[i].is_in && !nodes[i].is_result)
			put_node(out, nodes, edges, i);
	for (size_t i = 0; i < edges_len; i++)
		if (nodes[edges[i].from].is_in && nodes[edges[i].to].is_in)
			put_edge(out, nodes, &edges[i]);
	query_put_text(out, "{\"what\":\"end\"");
	put_number(out, "results", (int64_t)results_len);
	put_number(out, "left_out", (int64_t)pivot_left_out(p));
	put_number(out, "beyond_depth", (int64_t)pivot_beyond(p));
	put_number(out, "commands", (int64_t)pivot_commands(p));
	put_word(out, "stopped", pivot_stop_word[pivot_spent(p)]);
	query_put_text(out, "}\n");
}

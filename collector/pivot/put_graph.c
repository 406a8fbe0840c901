// SPDX-License-Identifier: BSD-3-Clause
// GraphML (http://graphml.graphdrawing.org/) and Graphviz DOT.
#include "collector/pivot/pivot.h"

#include "collector/query/json.h"

#include <stdio.h>

// Calls `put` for all edges whose ends are shown.
static void each_edge(struct redis_buffer *out, const struct pivot *p,
	void (*put)(struct redis_buffer *out, const struct pivot_node *nodes, const struct pivot_edge *e))
{
	const struct pivot_node *nodes;
	const struct pivot_edge *edges;
	size_t edges_len = pivot_edges(p, &edges);

	pivot_nodes(p, &nodes);
	for (size_t i = 0; i < edges_len; i++)
		if (nodes[edges[i].from].is_in && nodes[edges[i].to].is_in)
			put(out, nodes, &edges[i]);
}

static const char *what_of(const struct pivot_node *n)
{
	if (n->is_indicator)
		return "indicator";
	if (n->is_result)
		return "result";
	return n->is_shared ? "shared" : "weak";
}

// Text in XML 1.0, which has no way to write control characters.
static void put_xml(struct redis_buffer *out, const char *text, size_t len)
{
	char octal[8];

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '&' || c == '<' || c == '>' || c == '"') {
			query_put_text(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&quot;");
		} else if (c < 0x20 || c > 0x7e) {
			snprintf(octal, sizeof(octal), "\\%03u", c);
			query_put_text(out, octal);
		} else {
			query_put(out, text + i, 1);
		}
	}
}

static void put_data(struct redis_buffer *out, const char *key, const char *text, size_t len)
{
	query_put_text(out, "<data key=\"");
	query_put_text(out, key);
	query_put_text(out, "\">");
	put_xml(out, text, len);
	query_put_text(out, "</data>");
}

static void put_data_number(struct redis_buffer *out, const char *key, int64_t number)
{
	char text[24];

	put_data(out, key, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)number));
}

static void put_reasons(struct redis_buffer *out, const struct pivot_node *n)
{
	pivot_put_reasons(out, n);
	if (n->stop == PIVOT_WALKED)
		return;
	query_put_text(out, n->reasons == 0 ? "not walked through: " : "; not walked through: ");
	pivot_put_stop(out, n);
}

static void put_xml_node(struct redis_buffer *out, const struct pivot_node *n, uint32_t i)
{
	struct redis_buffer reasons = {0};
	char text[64];

	snprintf(text, sizeof(text), "  <node id=\"n%u\">", i);
	query_put_text(out, text);
	put_data(out, "label", n->text, n->len);
	put_data(out, "kind", pivot_kind(n), strlen(pivot_kind(n)));
	put_data(out, "what", what_of(n), strlen(what_of(n)));
	put_data(out, "score", text, (size_t)snprintf(text, sizeof(text), "%.3f", n->score));
	put_data_number(out, "depth", n->depth);
	put_reasons(&reasons, n);
	put_data(out, "reasons", reasons.bytes, reasons.size);
	query_put_text(out, "</node>\n");
	out->bad = out->bad || reasons.bad;
	redis_buffer_free(&reasons);
}

static void put_xml_edge(struct redis_buffer *out, const struct pivot_node *nodes, const struct pivot_edge *e)
{
	char text[64];

	(void)nodes;
	snprintf(text, sizeof(text), "  <edge source=\"n%u\" target=\"n%u\">", e->from, e->to);
	query_put_text(out, text);
	put_data(out, "type", e->type, strlen(e->type));
	put_data_number(out, "time_first", e->first);
	put_data_number(out, "time_last", e->last);
	query_put_text(out, "</edge>\n");
}

void pivot_put_graphml(struct redis_buffer *out, const struct pivot *p)
{
	static const char *const keys[][3] = {{"label", "node", "string"}, {"kind", "node", "string"},
		{"what", "node", "string"}, {"score", "node", "double"}, {"depth", "node", "int"},
		{"reasons", "node", "string"}, {"type", "edge", "string"}, {"time_first", "edge", "long"},
		{"time_last", "edge", "long"}};
	const struct pivot_node *nodes;
	size_t nodes_len = pivot_nodes(p, &nodes);
	char text[160];

	query_put_text(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		snprintf(text, sizeof(text), " <key id=\"%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n",
			keys[i][0], keys[i][1], keys[i][0], keys[i][2]);
		query_put_text(out, text);
	}
	query_put_text(out, " <graph id=\"pivot\" edgedefault=\"directed\">\n");
	for (uint32_t i = 0; i < nodes_len; i++)
		if (nodes[i].is_in)
			put_xml_node(out, &nodes[i], i);
	each_edge(out, p, put_xml_edge);
	query_put_text(out, " </graph>\n</graphml>\n");
}

// --- DOT

// A quoted string without escape sequences of labels (\N, \l, …): all backslashes are doubled.
static void put_dot_text(struct redis_buffer *out, const char *text, size_t len)
{
	query_put_text(out, "\"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\')
			query_put_text(out, "\\");
		query_put(out, c < 0x20 || c > 0x7e ? "?" : text + i, 1);
	}
	query_put_text(out, "\"");
}

static void put_dot_node(struct redis_buffer *out, const struct pivot_node *n, uint32_t i)
{
	char text[96];
	const char *shape = n->roles == PIVOT_ADDRESS	       ? "box"
			    : n->roles & (PIVOT_NS | PIVOT_MX) ? "hexagon"
							       : "ellipse";

	snprintf(text, sizeof(text), "  n%u [label=", i);
	query_put_text(out, text);
	put_dot_text(out, n->text, n->len);
	snprintf(text, sizeof(text), ",shape=%s,style=%s,tooltip=\"%s %.3f\"];\n", shape,
		n->is_indicator ? "bold"
		: n->is_result	? "solid"
				: "dashed",
		what_of(n), n->score);
	query_put_text(out, text);
}

static void put_dot_edge(struct redis_buffer *out, const struct pivot_node *nodes, const struct pivot_edge *e)
{
	char text[48];

	(void)nodes;
	snprintf(text, sizeof(text), "  n%u -> n%u [label=", e->from, e->to);
	query_put_text(out, text);
	put_dot_text(out, e->type, strlen(e->type));
	query_put_text(out, "];\n");
}

void pivot_put_dot(struct redis_buffer *out, const struct pivot *p)
{
	const struct pivot_node *nodes;
	size_t nodes_len = pivot_nodes(p, &nodes);

	query_put_text(out, "digraph pivot {\n  graph [rankdir=LR];\n");
	for (uint32_t i = 0; i < nodes_len; i++)
		if (nodes[i].is_in)
			put_dot_node(out, &nodes[i], i);
	each_edge(out, p, put_dot_edge);
	query_put_text(out, "}\n");
}

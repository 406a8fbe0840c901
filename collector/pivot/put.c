// SPDX-License-Identifier: BSD-3-Clause
// What the formats have in common: words for kinds, reasons and stops; the path.
#include "collector/pivot/pivot.h"

#include "collector/query/json.h"

const char *const pivot_stop_word[PIVOT_STOP_MAX] = {"", "depth", "domains", "zones", "hosts", "records", "hosting",
	"cdn", "parking", "sinkhole", "popular", "special", "nodes", "commands", "time"};

const char *const pivot_reason_word[PIVOT_REASON_MAX] = {"indicator", "few", "server", "own", "domain", "several",
	"burst", "together", "overlap", "apart", "network", "mostly", "many", "shared", "record"};

// Before and after the number; no number if `after` is NULL.
struct words {
	const char *before, *after;
};

static const struct words stop_words[PIVOT_STOP_MAX] = {
	[PIVOT_STOP_DEPTH] = {"further away than the depth", NULL},
	[PIVOT_STOP_DOMAINS] = {"shared by ", " other registered domains"},
	[PIVOT_STOP_ZONES] = {"used by ", " other registered domains"},
	[PIVOT_STOP_HOSTS] = {"has ", " names, only the first 100 were read"},
	[PIVOT_STOP_RECORDS] = {"has ", " records, only some were read"},
	[PIVOT_STOP_HOSTING] = {"listed as hosting", NULL},
	[PIVOT_STOP_CDN] = {"listed as CDN", NULL},
	[PIVOT_STOP_PARKING] = {"listed as parking", NULL},
	[PIVOT_STOP_SINKHOLE] = {"listed as sinkhole", NULL},
	[PIVOT_STOP_POPULAR] = {"popular: rank ", ""},
	[PIVOT_STOP_SPECIAL] = {"private or special address", NULL},
	[PIVOT_STOP_NODES] = {"the limit of nodes was reached", NULL},
	[PIVOT_STOP_COMMANDS] = {"the limit of commands was reached", NULL},
	[PIVOT_STOP_TIME] = {"the time was over", NULL},
};

static const struct words reason_words[PIVOT_REASON_MAX] = {
	[PIVOT_REASON_INDICATOR] = {"indicator", NULL},
	[PIVOT_REASON_FEW] = {"address with ", " other domains"},
	[PIVOT_REASON_SERVER] = {"server with ", " other domains"},
	[PIVOT_REASON_OWN] = {"nothing else there before", NULL},
	[PIVOT_REASON_DOMAIN] = {"same registered domain", NULL},
	[PIVOT_REASON_SEVERAL] = {"over ", " networks or operators"},
	[PIVOT_REASON_BURST] = {"appeared with others within ", " h"},
	[PIVOT_REASON_TOGETHER] = {"together in ", " shared networks"},
	[PIVOT_REASON_OVERLAP] = {"at the same time, ", " d"},
	[PIVOT_REASON_APART] = {"", " d apart"},
	[PIVOT_REASON_NETWORK] = {"one of ", " in its network"},
	[PIVOT_REASON_MOSTLY] = {"", " % there are results"},
	[PIVOT_REASON_MANY] = {"one of many addresses", NULL},
	[PIVOT_REASON_SHARED] = {"shared by ", " other domains"},
	[PIVOT_REASON_RECORD] = {"record of a result", NULL},
};

static void put_words(struct redis_buffer *out, const struct words *w, int64_t number)
{
	query_put_text(out, w->before ? w->before : "");
	if (!w->after)
		return;
	query_put_number(out, number);
	query_put_text(out, w->after);
}

void pivot_put_reason(struct redis_buffer *out, const struct pivot_node *n, enum pivot_reason reason)
{
	put_words(out, &reason_words[reason], n->reason[reason]);
}

void pivot_put_reasons(struct redis_buffer *out, const struct pivot_node *n)
{
	bool first = true;

	for (unsigned i = 0; i < PIVOT_REASON_MAX; i++) {
		if (!(n->reasons & 1u << i))
			continue;
		query_put_text(out, first ? "" : "; ");
		pivot_put_reason(out, n, i);
		first = false;
	}
}

void pivot_put_stop(struct redis_buffer *out, const struct pivot_node *n)
{
	put_words(out, &stop_words[n->stop], n->stop_number);
}

const char *pivot_kind(const struct pivot_node *n)
{
	if (n->roles == PIVOT_ADDRESS)
		return "address";
	if (n->roles & PIVOT_NS)
		return "ns";
	if (n->roles & PIVOT_MX)
		return "mx";
	return n->roles & PIVOT_DOMAIN ? "domain" : "name";
}

void pivot_put_path(struct redis_buffer *out, const struct pivot *p, uint32_t node, const char *separator)
{
	const struct pivot_node *nodes;
	const struct pivot_edge *edges;
	uint32_t step[4 * (PIVOT_DEPTH_MAX + 2)];
	size_t n = 0, edges_len = pivot_edges(p, &edges);

	pivot_nodes(p, &nodes);
	for (uint32_t i = node; i != PIVOT_NONE && n < sizeof(step) / sizeof(*step); i = nodes[i].from)
		step[n++] = i;
	for (size_t k = n; k-- > 0;) {
		const struct pivot_node *at = &nodes[step[k]];
		if (k + 1 < n) {
			query_put_text(out, " ");
			query_put_text(out, at->via < edges_len ? edges[at->via].type : "");
			query_put_text(out, separator);
		}
		query_put(out, at->text, at->len);
	}
}

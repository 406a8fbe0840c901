// SPDX-License-Identifier: BSD-3-Clause
// The graph of a walk, the scores that follow from it, and its formats; Redis is not asked. Walks: tests/e2e/test_pivot.sh.
#include "tests/tools/unit.h"

#include "collector/pivot/state.h"

#include <stdio.h>
#include <stdlib.h>

enum { T0 = 1700000000 };

static struct query_db db; // without a list of suffixes each name is an entity

static struct pivot *start(const char *indicator)
{
	struct pivot_options o = pivot_options_make();
	struct pivot *p = pivot_start(&db, &o);
	char why[200];

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL_FATAL(pivot_add(p, indicator, why, sizeof(why)), 0);
	return p;
}

// A name at an address, from one day to another.
static uint32_t live(struct pivot *p, const char *name, const char *address, double from, double to)
{
	uint32_t a = pivot_graph_address(p, address, strlen(address)),
		 n = pivot_graph_name(p, name, strlen(name), PIVOT_NAME);

	CU_ASSERT_FATAL(a != PIVOT_NONE && n != PIVOT_NONE);
	pivot_graph_edge(p, n, a, "A", 1, T0 + (int64_t)(from * PIVOT_DAY), T0 + (int64_t)(to * PIVOT_DAY));
	p->state[a].is_infra = p->state[a].read = true;
	return n;
}

static double score(const struct pivot *p, uint32_t i)
{
	return p->node[i].score;
}

static void nodes_and_edges(void)
{
	struct pivot *p = start("bad.example");
	uint32_t n = live(p, "bad.example", "192.0.2.1", 3, 5);

	CU_ASSERT_EQUAL(p->nodes, 2);
	CU_ASSERT_EQUAL(live(p, "bad.example", "192.0.2.1", 1, 4), n); // once, with the whole period
	CU_ASSERT_EQUAL(p->edges, 1);
	CU_ASSERT_EQUAL(p->edge[0].first, T0 + PIVOT_DAY);
	CU_ASSERT_EQUAL(p->edge[0].last, T0 + 5 * PIVOT_DAY);
	CU_ASSERT_NOT_EQUAL(pivot_graph_name(p, "192.0.2.1", 9, PIVOT_NAME), pivot_graph_address(p, "192.0.2.1", 9));
	for (int i = 0; i < 5000; i++) {
		char name[32];
		snprintf(name, sizeof(name), "n%d.example", i);
		live(p, name, "192.0.2.2", 1, 2);
	}
	CU_ASSERT_EQUAL(p->nodes, 5004); // with the name that looks like an address
	CU_ASSERT_EQUAL(live(p, "n77.example", "192.0.2.2", 1, 2), pivot_graph_name(p, "n77.example", 11, 0));
	CU_ASSERT_EQUAL(p->edges, 5001);
	p->o.nodes = p->nodes;
	CU_ASSERT_EQUAL(pivot_graph_name(p, "one.more", 8, PIVOT_NAME), PIVOT_NONE);
	CU_ASSERT_EQUAL(pivot_spent(p), PIVOT_STOP_NODES);
	pivot_stop(p);
}

static void few_or_many(void)
{
	struct pivot *p = start("bad.example");
	uint32_t near, crowd = 0;

	live(p, "bad.example", "192.0.2.1", 10, 30);
	near = live(p, "near.example", "192.0.2.1", 12, 28);
	live(p, "bad.example", "198.51.100.1", 10, 30);
	for (int i = 0; i < 40; i++) {
		char name[32];
		snprintf(name, sizeof(name), "n%d.example", i);
		crowd = live(p, name, "198.51.100.1", 0.5 * i, 60);
	}
	pivot_judge(p);
	CU_ASSERT(score(p, near) > 0.9);
	CU_ASSERT(p->state[near].accepted && p->node[near].depth == 1);
	CU_ASSERT(p->node[near].reasons & 1u << PIVOT_REASON_FEW);
	CU_ASSERT_EQUAL(p->node[near].reason[PIVOT_REASON_OVERLAP], 16);
	CU_ASSERT(score(p, crowd) < 0.1);
	uint32_t shared = pivot_graph_address(p, "198.51.100.1", 12);
	CU_ASSERT(p->node[shared].is_shared);
	CU_ASSERT_EQUAL(p->node[shared].stop, PIVOT_STOP_DOMAINS);
	CU_ASSERT(p->node[shared].stop_number >= 30);
	pivot_finish(p);
	CU_ASSERT(p->node[near].is_result);
	CU_ASSERT(p->node[shared].is_in && !p->node[shared].is_result);
	pivot_stop(p);
}

static void tenants(void)
{
	struct pivot *p = start("bad.example");

	live(p, "bad.example", "192.0.2.1", 40, 50);
	uint32_t before = live(p, "before.example", "192.0.2.1", 0, 20),
		 after = live(p, "after.example", "192.0.2.1", 80, 90),
		 soon = live(p, "soon.example", "192.0.2.1", 53, 60);
	pivot_judge(p);
	CU_ASSERT(score(p, before) < 0.3);
	CU_ASSERT(score(p, after) < 0.1);
	CU_ASSERT(score(p, soon) > score(p, before)); // three days later
	pivot_stop(p);
}

// Fast flux: one address of many says little, several of them much.
static void flux(void)
{
	struct pivot *p = start("bad.example");
	uint32_t victim = 0, other = 0;

	for (int i = 0; i < 60; i++) {
		char address[32];
		snprintf(address, sizeof(address), "10%d.%d.1.1", i % 5, i);
		live(p, "bad.example", address, 10, 12);
		if (i % 4 == 0)
			other = live(p, "flux.example", address, 10, 12);
	}
	victim = live(p, "victim.example", "100.0.1.1", 0, 60);
	pivot_judge(p);
	CU_ASSERT(score(p, other) > 0.9);
	CU_ASSERT(score(p, victim) < 0.5);
	pivot_stop(p);
}

static void special(void)
{
	static const char *const special[] = {"10.1.2.3", "127.0.0.1", "192.168.1.1", "169.254.0.1", "100.64.0.1",
		"0.0.0.0", "224.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"},
				 *const plain[] = {"192.0.2.1", "172.32.0.1", "100.128.0.1", "2001:db8::1"};
	struct pivot *p = start("bad.example");

	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		CU_ASSERT_EQUAL(p->node[pivot_graph_address(p, special[i], strlen(special[i]))].stop,
			PIVOT_STOP_SPECIAL);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		CU_ASSERT_EQUAL(p->node[pivot_graph_address(p, plain[i], strlen(plain[i]))].stop, PIVOT_WALKED);
	pivot_stop(p);
}

static void formats(void)
{
	struct pivot *p = start("bad.example");
	struct redis_buffer out = {0};

	live(p, "bad.example", "192.0.2.1", 1, 2);
	live(p, "=1+\\\"<&>.example", "192.0.2.1", 1, 2);
	pivot_judge(p);
	pivot_finish(p);
	void (*const put[])(struct redis_buffer *, const struct pivot *) = {pivot_put_json, pivot_put_csv,
		pivot_put_graphml, pivot_put_dot};
	const char *const text[] = {"\"=1+\\\\\\\"<&>.example\"", "\"'=1+\\\"\"<&>.example\",name,",
		">=1+\\&quot;&lt;&amp;&gt;.example<", "label=\"=1+\\\\\\\"<&>.example\""};
	for (size_t i = 0; i < 4; i++) {
		redis_buffer_clear(&out);
		put[i](&out, p);
		CU_ASSERT_FATAL(redis_buffer_room(&out, 1) != NULL);
		out.bytes[out.size] = '\0';
		CU_ASSERT_PTR_NOT_NULL(strstr(out.bytes, text[i]));
	}
	redis_buffer_free(&out);
	pivot_stop(p);
}

static void indicators(void)
{
	struct pivot *p = start("hxxp://www[.]bad[.]example/x");
	char why[200];

	CU_ASSERT_STRING_EQUAL(p->node[0].text, "www.bad.example");
	CU_ASSERT_EQUAL(pivot_add(p, "192.0.2[.]7", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(p->node[1].roles, PIVOT_ADDRESS);
	CU_ASSERT_EQUAL(pivot_add(p, "www.bad.example", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(p->nodes, 2);
	CU_ASSERT_NOT_EQUAL(pivot_add(p, "192.0.2.0/24", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(pivot_add(p, "*.example", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(pivot_add_name(p, "192.0.2.7", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(p->node[2].roles & PIVOT_NAME, PIVOT_NAME);
	CU_ASSERT_NOT_EQUAL(pivot_add_name(p, "a..b", why, sizeof(why)), 0);
	pivot_stop(p);
}

int main(void)
{
	static const struct unit_test tests[] = {{"nodes and edges", nodes_and_edges}, {"few or many", few_or_many},
		{"tenants", tenants}, {"flux", flux}, {"special addresses", special}, {"formats", formats},
		{"indicators", indicators}};

	return unit_run("pivot", tests, sizeof(tests) / sizeof(*tests));
}

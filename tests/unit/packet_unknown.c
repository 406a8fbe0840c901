// SPDX-License-Identifier: BSD-3-Clause
// Headers that are not known: counted by their number, the ones that may hide DNS told, most frequent first.
#include <CUnit/Basic.h>
#include <string.h>

#include "dataplane/packet/unknown.h"
#include "tests/tools/frame.h"
#include "tests/tools/unit.h"

#define INNER "ip4:11 udp:0035:8000 dns"

static void count(struct unknown *u, const char *words, enum link_kind link, unsigned times)
{
	static struct dns_ports ports;
	struct worker_stats stats = {0};
	struct frame f;
	struct pkt pkt;

	dns_ports_add(&ports, 53);
	frame_build(&f, words);
	for (unsigned i = 0; i < times; i++) {
		CU_ASSERT_EQUAL(pkt_decap(&pkt, f.bytes, f.size, link, &ports, &stats), PKT_DROP);
		unknown_count(u, &pkt);
	}
}

static void check(const struct stats_unknown *item, enum stats_unknown_kind kind, uint32_t number, uint64_t packets,
	bool holds_ip)
{
	CU_ASSERT_EQUAL(item->kind, kind);
	CU_ASSERT_EQUAL(item->number, number);
	CU_ASSERT_EQUAL(item->packets, packets);
	CU_ASSERT_EQUAL(item->holds_ip, holds_ip);
}

static void kinds(void)
{
	struct unknown *u[2] = {unknown_new(), unknown_new()};
	struct stats_unknown top[STATS_UNKNOWN_MAX];
	char text[32];

	CU_ASSERT_FATAL(u[0] && u[1]);
	count(u[0], "eth 88b5 00010002 " INNER, LINK_KIND_ETHERNET, 3);
	count(u[1], "eth 8100 0005 88b5 00010002 " INNER, LINK_KIND_ETHERNET, 2);
	count(u[0], "eth 88b6 0102030405060708", LINK_KIND_ETHERNET, 9);
	count(u[0], "eth 0806 0001080006040001", LINK_KIND_ETHERNET, 50); // ARP
	count(u[0], "eth 0800 ip4:fd 0102 " INNER, LINK_KIND_ETHERNET, 4);
	count(u[0], "eth 0800 ip4:32 0000000100000001 dns", LINK_KIND_ETHERNET, 50); // ESP
	count(u[0], "eth 0800 ip4:11 udp:c000:3039 00000000 " INNER, LINK_KIND_ETHERNET, 6);
	count(u[1], "eth 8847 00010140 ip4:11 udp:c000:3039 00000000 " INNER, LINK_KIND_ETHERNET, 1); // the slow way
	count(u[0], "eth 0800 ip4:11 udp:c000:01bb c300000001088394c8f03e515708", LINK_KIND_ETHERNET, 50); // QUIC
	count(u[0], "eth 0800 ip4:06 tcp:01bb:8000 dns", LINK_KIND_ETHERNET, 50);
	unsigned len = unknown_top((const struct unknown *const *)u, 2, top);
	CU_ASSERT_EQUAL_FATAL(len, 4);
	check(&top[0], STATS_UNKNOWN_ETHERTYPE, 0x88b6, 9, false);
	check(&top[1], STATS_UNKNOWN_ETHERTYPE, 0x88b5, 5, true);
	check(&top[2], STATS_UNKNOWN_PROTOCOL, 253, 4, true);
	check(&top[3], STATS_UNKNOWN_UDP_PORT, 12345, 7, true);
	unknown_text(&top[1], text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "EtherType 0x88b5");
	unknown_free(u[0]);
	unknown_free(u[1]);
}

// However many numbers there are, the most frequent ones are told.
static void bounded(void)
{
	struct unknown *u = unknown_new();
	struct stats_unknown top[STATS_UNKNOWN_MAX];
	char words[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	for (unsigned type = 0xa000; type < 0xa040; type++) {
		snprintf(words, sizeof(words), "eth %04x 0102030405060708", type);
		count(u, words, LINK_KIND_ETHERNET, 1 + type % 64);
	}
	const struct unknown *one = u;
	unsigned len = unknown_top(&one, 1, top);
	CU_ASSERT_EQUAL_FATAL(len, STATS_UNKNOWN_MAX / STATS_UNKNOWN_KINDS);
	for (unsigned i = 0; i < len; i++)
		check(&top[i], STATS_UNKNOWN_ETHERTYPE, 0xa03f - i, 64 - i, false);
	unknown_free(u);
}

int main(void)
{
	static const struct unit_test tests[] = {{"kinds", kinds}, {"bounded", bounded}};

	return unit_run("unknown", tests, sizeof(tests) / sizeof(tests[0]));
}

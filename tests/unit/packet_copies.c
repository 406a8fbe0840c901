// SPDX-License-Identifier: BSD-3-Clause
// Packets that come twice: what makes a copy, for how long, how many are remembered.
#include <string.h>

#include "dataplane/packet/copies.h"
#include "tests/tools/frame.h"
#include "tests/tools/unit.h"

enum { DEDUP_US = 10000 };

static const struct hash_key key = {{3, 5, 7, 11, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 23}};
static struct worker_stats stats;
static struct dns_ports ports;
static uint64_t now_us;

static void begin(void)
{
	memset(&stats, 0, sizeof(stats));
	now_us = 1700000000000000;
}

// The frame of these words, its innermost datagram changed at one octet.
static bool look_changed(struct copies *c, const char *words, long at, uint8_t change)
{
	static struct worker_stats unused;
	struct frame f;
	struct pkt pkt;

	frame_build(&f, words);
	enum pkt_verdict verdict = pkt_decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, &ports, &unused);
	CU_ASSERT_FATAL(verdict != PKT_DROP);
	f.bytes[pkt.ip - f.bytes + at] ^= change;
	return copies_look(c, &pkt, now_us);
}

static bool look(struct copies *c, const char *words)
{
	return look_changed(c, words, 0, 0);
}

static const char udp[] = "eth 0800 ip4:11 udp:0035:8000 dns";
static const char udp6[] = "eth 86dd ip6:11 udp:0035:8000 dns";

// Whatever is before the innermost IP header; TTL, hop limit and checksum of the header may differ, nothing
// else.
static void test_what_is_one(void)
{
	struct frame f;

	begin();
	struct copies *c = copies_new(DEDUP_US, &key, &stats);
	CU_ASSERT_FATAL(c != NULL);
	CU_ASSERT(!look(c, udp) && look(c, udp));
	CU_ASSERT(look(c, "eth 8100 0007 0800 ip4:11 udp:0035:8000 dns"));
	CU_ASSERT(look(c, "eth 0800 ip4:2f 00000800 ip4:11 udp:0035:8000 dns"));
	CU_ASSERT(look_changed(c, udp, 8, 0xff) && look_changed(c, udp, 10, 0xff) && look_changed(c, udp, 11, 0xff));
	CU_ASSERT(!look(c, udp6) && look(c, udp6) && look_changed(c, udp6, 7, 0xff));
	frame_build(&f, udp);
	for (long at = 0; at < (long)f.size - 14; at++)
		if (at != 8 && at != 10 && at != 11)
			CU_ASSERT(!look_changed(c, udp, at, 0x10));
	// the same but shorter by its last octet
	CU_ASSERT(!look(c, "eth 0800 ip4:11:003e udp:0035:8000:002a dns"));
	CU_ASSERT(!look(c, "eth 0800 ip4:06 tcp:0035:8000 dns") && look(c, "eth 0800 ip4:06 tcp:0035:8000 dns"));
	const char *fragment = "eth 0800 4500004d000120004011000001020304c0000202 udp:0035:8000 dns";
	CU_ASSERT(!look(c, fragment) && look(c, fragment));
	copies_free(c);
}

static void test_window(void)
{
	begin();
	struct copies *c = copies_new(DEDUP_US, &key, &stats);
	CU_ASSERT(!look(c, udp));
	now_us += DEDUP_US;
	CU_ASSERT(look(c, udp)); // which does not make the window longer
	now_us += 1;
	CU_ASSERT(!look(c, udp));
	now_us -= DEDUP_US; // out of order
	CU_ASSERT(look(c, udp));
	now_us -= DEDUP_US + 2;
	CU_ASSERT(!look(c, udp));
	CU_ASSERT(stats.copies_compared == 5 && stats.copies_found == 2 && stats.copies_forgotten == 0);
	copies_free(c);
}

// To notice copies leaves nothing out, and looks at fewer after a while.
static void test_notice(void)
{
	begin();
	struct copies *c = copies_new(0, &key, &stats);
	struct frame f;
	struct pkt pkt;
	static struct worker_stats unused;

	CU_ASSERT(!look(c, udp) && !look(c, udp) && stats.copies_found == 1);
	now_us += COPIES_WINDOW_US + 1;
	CU_ASSERT(!look(c, udp) && stats.copies_found == 1);
	CU_ASSERT(copies_mask(c) == 0);
	for (int i = 0; i < COPIES_ALL_FIRST; i++)
		look(c, udp);
	CU_ASSERT(copies_mask(c) == COPIES_ONE_OF - 1);
	frame_build(&f, udp6);
	CU_ASSERT_FATAL(pkt_decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, &ports, &unused) == PKT_UDP);
	CU_ASSERT(!copies_wants(c, &pkt, PKT_UDP) && copies_wants(c, &pkt, PKT_FRAGMENT));
	f.bytes[pkt.payload + 1 - f.bytes] = 0;
	CU_ASSERT(copies_wants(c, &pkt, PKT_UDP) && !copies_wants(c, &pkt, PKT_DROP));
	pkt.payload_size = 0;
	CU_ASSERT(copies_wants(c, &pkt, PKT_UDP) && !copies_wants(c, &pkt, PKT_TCP));
	copies_free(c);
}

// More than can be remembered: the oldest goes first, and it is counted.
static void test_bound(void)
{
	static struct worker_stats unused;
	struct frame f;
	struct pkt pkt;
	unsigned found = 0;

	begin();
	struct copies *c = copies_new(DEDUP_US, &key, &stats);
	frame_build(&f, udp);
	CU_ASSERT_FATAL(pkt_decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, &ports, &unused) == PKT_UDP);
	for (uint32_t i = 0; i < 600000; i++) {
		memcpy(f.bytes + 60, &i, sizeof(i));
		now_us += i % 100 == 0;
		CU_ASSERT_FATAL(!copies_look(c, &pkt, now_us));
	}
	CU_ASSERT(stats.copies_forgotten > 300000 && stats.copies_forgotten < 500000);
	for (uint32_t i = 600000 - 1000; i < 600000; i++) {
		memcpy(f.bytes + 60, &i, sizeof(i));
		found += copies_look(c, &pkt, now_us);
	}
	CU_ASSERT(found == 1000);
	copies_free(c);
}

int main(void)
{
	dns_ports_add(&ports, 53);
	static const struct unit_test tests[] = {{"what is a copy", test_what_is_one}, {"window", test_window},
		{"notice", test_notice}, {"bound", test_bound}};
	return unit_run("copies", tests, sizeof(tests) / sizeof(tests[0]));
}

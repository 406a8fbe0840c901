// SPDX-License-Identifier: BSD-3-Clause
// Packets cut at every length, of each transport: one outcome, that of the reason if something is missing.
// And the headers of null/loopback captures.
#include <string.h>

#include "dataplane/packet/cut.h"
#include "tests/tools/frame.h"
#include "tests/tools/unit.h"

static struct dns_ports ports;
static struct worker_stats stats;

static enum pkt_verdict cut_at(const struct frame *f, size_t size, enum link_kind link, bool *is_cut)
{
	struct pkt pkt;

	memset(&stats, 0, sizeof(stats));
	enum pkt_verdict verdict = pkt_decap(&pkt, f->bytes, size, link, &ports, &stats);
	*is_cut = pkt_cut_recount(&pkt, verdict, 0, &stats.pkt_snapped, &stats);
	return verdict;
}

static void test_every_size(void)
{
	static const char *const frames[] = {"eth 0800 ip4:11 udp:0035:8000 dns", "eth 86dd ip6:11 udp:0035:8000 dns",
		"eth 0800 ip4:06 tcp:0035:8000 dns", "eth 86dd ip6:06 tcp:0035:8000 dns",
		"eth 8100 0001 0800 ip4:2f 00000800 ip4:11 udp:0035:8000 dns"};
	struct frame f;
	bool is_cut;

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		frame_build(&f, frames[i]);
		for (size_t size = 0; size <= f.size + 4; size++) { // and octets behind the datagram
			enum pkt_verdict verdict = cut_at(&f, size, LINK_KIND_ETHERNET, &is_cut);
			bool whole = size >= f.size;
			CU_ASSERT_EQUAL(stats.pkt_snapped, !whole);
			CU_ASSERT_EQUAL(stats.pkt_udp + stats.pkt_tcp, whole);
			CU_ASSERT_EQUAL(stats.pkt_short, 0);
			CU_ASSERT_EQUAL(is_cut, !whole && verdict != PKT_DROP);
		}
	}
}

// What is not of DNS stays what it is, cut or not; a segment without a length may be cut.
static void test_others(void)
{
	struct frame f;
	bool is_cut;

	frame_build(&f, "eth 0800 ip4:06 tcp:01bb:8000 dns");
	CU_ASSERT(cut_at(&f, f.size - 5, LINK_KIND_ETHERNET, &is_cut) == PKT_DROP && !is_cut && stats.pkt_not_dns == 1);
	frame_build(&f, "eth 0806 0001080006040001");
	CU_ASSERT(cut_at(&f, f.size - 1, LINK_KIND_ETHERNET, &is_cut) == PKT_DROP && stats.pkt_not_ip == 1);
	frame_build(&f, "eth 0800 ip4:06:0000 tcp:0035:8000 dns");
	CU_ASSERT(cut_at(&f, f.size - 5, LINK_KIND_ETHERNET, &is_cut) == PKT_TCP && is_cut && stats.pkt_snapped == 1);
	// a fragment of which something is missing is of no use
	frame_build(&f, "eth 0800 4500004d000120004011000001020304c0000202 udp:0035:8000 dns");
	CU_ASSERT(cut_at(&f, f.size - 5, LINK_KIND_ETHERNET, &is_cut) == PKT_DROP && !is_cut && stats.pkt_snapped == 1);
}

// As tshark reads them: families of 32 bits or of 16 in either half, in either order; EtherTypes; PPP.
static void test_null(void)
{
	static const char *const heads[] = {"02000000", "00000002", "00020000", "00000200", "0f000200", "00000800",
		"0f000800", "c61c0800", "00080000", "ff030021", "08000000"};
	static const char *const heads6[] = {"1e000000", "0000001e", "001e0000", "00001e00", "18000000", "0000001c",
		"0a000000", "0000000a", "17000000", "1a000000", "000086dd", "0f0086dd", "dd860000", "86dd0000",
		"ff030057", "02000000"};
	static const char *const others[] = {"10000000", "00000010", "00000000", "ffffffff", "00000806", "ff038021",
		"00010000"};
	char words[200];
	struct frame f;
	bool is_cut;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		snprintf(words, sizeof(words), "%s ip4:11 udp:0035:8000 dns", heads[i]);
		frame_build(&f, words);
		CU_ASSERT_EQUAL(cut_at(&f, f.size, LINK_KIND_NULL, &is_cut), PKT_UDP);
	}
	for (size_t i = 0; i < sizeof(heads6) / sizeof(heads6[0]); i++) {
		snprintf(words, sizeof(words), "%s ip6:11 udp:0035:8000 dns", heads6[i]);
		frame_build(&f, words);
		CU_ASSERT_EQUAL(cut_at(&f, f.size, LINK_KIND_NULL, &is_cut), PKT_UDP);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(words, sizeof(words), "%s ip4:11 udp:0035:8000 dns", others[i]);
		frame_build(&f, words);
		CU_ASSERT(cut_at(&f, f.size, LINK_KIND_NULL, &is_cut) == PKT_DROP && stats.pkt_not_ip == 1);
	}
	frame_build(&f, "00008100 0001 0800 ip4:11 udp:0035:8000 dns");
	CU_ASSERT_EQUAL(cut_at(&f, f.size, LINK_KIND_NULL, &is_cut), PKT_UDP);
}

int main(void)
{
	dns_ports_add(&ports, 53);
	static const struct unit_test tests[] = {{"every size", test_every_size}, {"others", test_others},
		{"null", test_null}};
	return unit_run("pkt_cut", tests, sizeof(tests) / sizeof(tests[0]));
}

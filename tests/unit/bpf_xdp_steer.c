// SPDX-License-Identifier: BSD-3-Clause
// The XDP program, run by the kernel on one packet after another (BPF_PROG_TEST_RUN): description,
// packet, settings, expected verdict. Every prefix of each packet goes through it too.
#include <CUnit/Basic.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "bpf/shared.h"
#include "dataplane/base/prefix.h"
#include "dataplane/privileged/xdp.h"
#include "tests/tools/frame.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" // in what bpftool writes
#include "xdp_steer.skel.h"
#pragma GCC diagnostic pop

#define ANSWER "udp:0035:8000 dns"
#define QUERY "udp:8000:0035 dns"
#define TEN_TAGS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 8100 0006 8100 0007 8100 0008 8100 0009 8100 000a"
#define OPTIONS "3c00010400000000 "
#define INITIAL "c300000001088394c8f03e515708"

enum { SKIPPED = 77 };

struct row {
	const char *what;
	const char *words;  // tests/tools/frame.h
	const char *config; // words: queries, all, gre, vxlan, …, src, dst, doh, sample, off
	enum xdp_steer_verdict verdict;
};

static const struct row rows[] = {
	{"answer over UDP", "eth 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"answer over TCP", "eth 0800 ip4:06 tcp:0035:8000 dns", "", XDP_STEER_DNS},
	{"answer over UDP, IPv6", "eth 86dd ip6:11 " ANSWER, "", XDP_STEER_DNS},
	{"answer from the second port", "eth 0800 ip4:11 udp:14e9:8000 dns", "", XDP_STEER_DNS},
	{"query, queries not wanted", "eth 0800 ip4:11 " QUERY, "", XDP_LEAVE_OTHER},
	{"query, queries wanted", "eth 0800 ip4:11 " QUERY, "queries", XDP_STEER_DNS},
	{"query over TCP, IPv6", "eth 86dd ip6:06 tcp:8000:0035 dns", "queries", XDP_STEER_DNS},
	{"HTTPS", "eth 0800 ip4:06 tcp:01bb:8000 dns", "queries", XDP_LEAVE_OTHER},
	{"SSH to the host", "eth 0800 ip4:06 tcp:8000:0016 dns", "queries", XDP_LEAVE_OTHER},
	{"ICMP", "eth 0800 ip4:01 0800000000010001", "queries", XDP_LEAVE_OTHER},
	{"ICMPv6", "eth 86dd ip6:3a 8700000000000000", "queries", XDP_LEAVE_OTHER},
	{"ARP", "eth 0806 0001080006040001", "queries", XDP_LEAVE_OTHER},
	{"IP version 5", "eth 0800 55000040000100004011000001020304c0000202 " ANSWER, "", XDP_LEAVE_OTHER},
	{"header length 4", "eth 0800 44000040000100004011000001020304c0000202 " ANSWER, "", XDP_LEAVE_OTHER},
	{"IPv4 options", "eth 0800 47000055000100004011000001020304c0000202 0101010101010100 " ANSWER, "",
		XDP_STEER_DNS},
	{"IPv6 destination options", "eth 86dd ip6:3c 1100010400000000 " ANSWER, "", XDP_STEER_DNS},
	{"IPv6 hop by hop, routing", "eth 86dd ip6:00 2b00010400000000 1100000000000000 " ANSWER, "", XDP_STEER_DNS},
	{"UDP header cut off", "eth 0800 ip4:11 00358000", "", XDP_LEAVE_OTHER},
	{"everything", "eth 0806 0001080006040001", "all", XDP_STEER_ALL},
	{"before it is ready", "eth 0800 ip4:11 " ANSWER, "off", XDP_STEER_VERDICT_MAX},
	// tags
	{"VLAN", "eth 8100 0001 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"QinQ", "eth 88a8 0001 8100 0002 86dd ip6:11 " ANSWER, "", XDP_STEER_DNS},
	{"QinQ, old number", "eth 9100 0001 8100 0002 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"VLAN, something else", "eth 8100 0001 0800 ip4:06 tcp:01bb:8000 dns", "", XDP_LEAVE_OTHER},
	{"four tags", "eth 88a8 0001 8100 0002 9200 0003 9300 0004 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"ten tags", "eth " TEN_TAGS " 0800 ip4:11 " ANSWER, "", XDP_LEAVE_OTHER},
	{"ten tags from a mirror", "eth " TEN_TAGS " 0800 ip4:11 " ANSWER, "mirror", XDP_STEER_BEYOND},
	{"VN-Tag", "eth 8100 0005 8926 80010002 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"E-Tag", "eth 893f 000000010000 8100 0005 86dd ip6:11 " ANSWER, "", XDP_STEER_DNS},
	{"TTAG", "eth 8988 000000000000 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"TTAG, something else", "eth 8988 000000000000 0800 ip4:06 tcp:01bb:8000 dns", "mirror", XDP_LEAVE_OTHER},
	{"Cisco metadata", "eth 8909 010100010002 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"HSR", "eth 892f 10590001 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"R-TAG", "eth f1c1 00000001 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"PBB", "eth 88a8 0002 88e7 00001234 eth 8100 0005 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"FabricPath", "eth 8903 0420 eth 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"TRILL, options", "eth 22f3 00bf 0001 0002 0000000000000000 eth 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"MACsec in clear, with sender", "eth 88e5 2000 00000001 0200000000010001 0800 ip4:11 " ANSWER, "",
		XDP_STEER_DNS},
	{"MACsec in clear", "eth 88e5 0000 00000001 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"MACsec, encrypted", "eth 88e5 2c00 00000001 0200000000010001 0800 ip4:11 " ANSWER, "", XDP_LEAVE_OTHER},
	{"NSH, IPv4", "eth 894f 0fc6 0101 00000aff 00000000000000000000000000000000 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"NSH, Ethernet", "eth 894f 0fc2 0203 00000aff eth 8100 0005 86dd ip6:11 " ANSWER, "", XDP_STEER_DNS},
	{"NSH, MPLS", "eth 894f 0fc2 0205 00000aff 00030140 ip4:11 " ANSWER, "mpls", XDP_STEER_TUNNEL},
	{"SNAP", "eth 0059 aaaa03 000000 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"SNAP, 802.1H, VLAN behind it", "eth 0059 aaaa03 0000f8 8100 0005 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"SNAP, bridged", "eth 0059 aaaa03 0080c2 0007 eth 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"LLC without SNAP", "eth 0058 060603 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"LLC, longer than 1500", "eth 8870 aaaa03 000000 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"Ethernet in Ethernet", "eth 6558 eth 0800 ip4:11 " ANSWER, "", XDP_STEER_DNS},
	{"spanning tree from a mirror", "eth 0026 424203 0000000000", "mirror", XDP_LEAVE_OTHER},
	{"ARP from a mirror", "eth 0806 0001080006040001", "mirror", XDP_LEAVE_OTHER},
	{"a type that we do not know", "eth 88b5 0001 0800 ip4:11 " ANSWER, "", XDP_LEAVE_OTHER},
	{"a type that we do not know, from a mirror", "eth 88b5 0001 0800 ip4:11 " ANSWER, "mirror", XDP_STEER_BEYOND},
	{"AH", "eth 0800 ip4:33 1104000000000001000000010000000000000000 00000000 " ANSWER, "", XDP_STEER_DNS},
	{"AH behind IPv6 options",
		"eth 86dd ip6:00 3300010400000000 11040000000000010000000100000000 0000000000000000 " ANSWER, "",
		XDP_STEER_DNS},
	{"AH in IPv4, SSH", "eth 0800 ip4:33 0604000000000001000000010000000000000000 00000000 tcp:8000:0016 dns",
		"mirror", XDP_LEAVE_OTHER},
	{"routing behind IPv4 is none", "eth 0800 ip4:2b 1100000000000000 " ANSWER, "mirror", XDP_LEAVE_OTHER},
	{"eight options",
		"eth 86dd ip6:00 " OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS "1100010400000000 " ANSWER,
		"", XDP_STEER_DNS},
	{"twelve options from a mirror",
		"eth 86dd ip6:00 " OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS OPTIONS
			OPTIONS "1100010400000000 " ANSWER,
		"mirror", XDP_STEER_BEYOND},
	// tunnels
	{"EtherIP", "eth 0800 ip4:61 3000 eth 0800 ip4:11 " ANSWER, "etherip", XDP_STEER_TUNNEL},
	{"EtherIP, switched off", "eth 0800 ip4:61 3000 eth 0800 ip4:11 " ANSWER, "gre", XDP_LEAVE_OTHER},
	{"Ethernet in IPv6", "eth 86dd ip6:8f eth 0800 ip4:11 " ANSWER, "etherip", XDP_STEER_TUNNEL},
	{"L2TP", "eth 0800 ip4:11 udp:06a5:06a5 0002 00010001 ff03 0021 ip4:11 " ANSWER, "l2tp", XDP_STEER_TUNNEL},
	{"L2TPv3 over IP", "eth 0800 ip4:73 00000007 eth 0800 ip4:11 " ANSWER, "l2tp", XDP_STEER_TUNNEL},
	{"TZSP", "eth 0800 ip4:11 udp:9c40:9090 01000001 01 eth 0800 ip4:11 " ANSWER, "tzsp", XDP_STEER_TUNNEL},
	{"ERM", "eth 0800 ip4:11 udp:9c40:1efc 000000000000000000000000 eth 0800 ip4:11 " ANSWER, "erm",
		XDP_STEER_TUNNEL},
	{"GUE", "eth 0800 ip4:11 udp:c000:17c0 ip4:11 " ANSWER, "gue", XDP_STEER_TUNNEL},
	{"LISP", "eth 0800 ip4:11 udp:c000:10f5 8012345600000001 ip4:11 " ANSWER, "lisp", XDP_STEER_TUNNEL},
	{"CAPWAP", "eth 0800 ip4:11 udp:c000:147f 0010020000000000 eth 0800 ip4:11 " ANSWER, "capwap",
		XDP_STEER_TUNNEL},
	{"AYIYA", "eth 0800 ip4:11 udp:c000:13d0 41521129 5f5e1000", "ayiya", XDP_STEER_TUNNEL},
	{"NSH over IP", "eth 0800 ip4:91 0fc2 0201 00000aff ip4:11 " ANSWER, "nsh", XDP_STEER_TUNNEL},
	{"GRE, switched off", "eth 0800 ip4:2f 00000800 ip4:11 " ANSWER, "", XDP_LEAVE_OTHER},
	{"GRE, switched on", "eth 0800 ip4:2f 00000800 ip4:11 " ANSWER, "gre", XDP_STEER_TUNNEL},
	{"IPIP", "eth 0800 ip4:04 ip4:11 " ANSWER, "ipip", XDP_STEER_TUNNEL},
	{"6in4", "eth 0800 ip4:29 ip6:11 " ANSWER, "ipip", XDP_STEER_TUNNEL},
	{"VXLAN", "eth 0800 ip4:11 udp:8000:12b5 0800000000000100 eth 0800 ip4:11 " ANSWER, "vxlan", XDP_STEER_TUNNEL},
	{"VXLAN, GRE switched on", "eth 0800 ip4:11 udp:8000:12b5 0800000000000100", "gre", XDP_LEAVE_OTHER},
	{"Geneve", "eth 0800 ip4:11 udp:8000:17c1 0000655800000100", "geneve", XDP_STEER_TUNNEL},
	{"GTP-U", "eth 0800 ip4:11 udp:8000:0868 30ff000000000001", "gtpu", XDP_STEER_TUNNEL},
	{"Teredo", "eth 0800 ip4:11 udp:8000:0dd8 6000000000000000", "teredo", XDP_STEER_TUNNEL},
	{"MPLS", "eth 8847 00001140 ip4:11 " ANSWER, "mpls", XDP_STEER_TUNNEL},
	{"MPLS, switched off", "eth 8847 00001140 ip4:11 " ANSWER, "", XDP_LEAVE_OTHER},
	{"PPPoE", "eth 8864 110000010055 0021 ip4:11 " ANSWER, "pppoe", XDP_STEER_TUNNEL},
	// prefixes: src 192.0.2.0/24 and 2001:db8::/32 taken; dst 192.0.2.2 left
	{"source taken", "eth 0800 ip4:11 " ANSWER, "src", XDP_STEER_DNS},
	{"source taken, IPv6", "eth 86dd ip6:11 " ANSWER, "src", XDP_STEER_DNS},
	{"source not among them", "eth 0800 450000550001000040110000c6336401c0000202 " ANSWER, "src", XDP_LEAVE_PREFIX},
	{"destination left", "eth 0800 ip4:11 " ANSWER, "dst", XDP_LEAVE_PREFIX},
	{"destination not left", "eth 0800 450000550001000040110000c0000201c6336401 " ANSWER, "dst", XDP_STEER_DNS},
	// … of answers; a query is judged as its answer will be
	{"query to a source taken", "eth 0800 450000550001000040110000c6336401c0000202 " QUERY, "src queries",
		XDP_STEER_DNS},
	{"query to a source not among them", "eth 0800 450000550001000040110000c0000201c6336401 " QUERY, "src queries",
		XDP_LEAVE_PREFIX},
	{"query from a destination left", "eth 0800 450000550001000040110000c0000202c6336401 " QUERY, "dst queries",
		XDP_LEAVE_PREFIX},
	{"query to a destination left", "eth 0800 450000550001000040110000c6336401c0000202 " QUERY, "dst queries",
		XDP_STEER_DNS},
	{"both ports are DNS", "eth 0800 450000550001000040110000c6336401c0000202 udp:0035:0035 dns", "src queries",
		XDP_STEER_DNS},
	{"not in the sample", "eth 0800 ip4:11 " ANSWER, "sample", XDP_LEAVE_SAMPLE},
	{"one of one", "eth 0800 ip4:11 " ANSWER, "everyone", XDP_STEER_DNS},
	// fragments, in this order
	{"later fragment before the first", "eth 0800 450000550777200540110000c0000201c0000202 dns", "",
		XDP_LEAVE_OTHER},
	{"first fragment of DNS", "eth 0800 450000554242200040110000c0000201c0000202 " ANSWER, "", XDP_STEER_FRAGMENT},
	{"later fragment of it", "eth 0800 450000554242200540110000c0000201c0000202 dns", "", XDP_STEER_FRAGMENT},
	{"last fragment of it", "eth 0800 450000554242001040110000c0000201c0000202 dns", "", XDP_STEER_FRAGMENT},
	{"first fragment of a query", "eth 0800 450000554343200040110000c6336401c0000202 " QUERY, "src queries",
		XDP_STEER_FRAGMENT},
	{"later fragment of that", "eth 0800 450000554343200540110000c6336401c0000202 dns", "src queries",
		XDP_STEER_FRAGMENT},
	{"same number, other source", "eth 0800 450000554242001040110000c0000203c0000202 dns", "", XDP_LEAVE_OTHER},
	{"same number, other protocol", "eth 0800 450000554242001040060000c0000201c0000202 dns", "", XDP_LEAVE_OTHER},
	{"first fragment of something else", "eth 0800 450000555555200040110000c0000201c0000202 udp:01bb:8000 dns", "",
		XDP_LEAVE_OTHER},
	{"later fragment of that", "eth 0800 450000555555000540110000c0000201c0000202 dns", "", XDP_LEAVE_OTHER},
	{"first fragment, IPv6", "eth 86dd ip6:2c 11000001 00004242 " ANSWER, "", XDP_STEER_FRAGMENT},
	{"later fragment, IPv6", "eth 86dd ip6:2c 11000028 00004242 dns", "", XDP_STEER_FRAGMENT},
	{"first fragment, options behind its header", "eth 86dd ip6:2c 3c000001 00004244 1100010400000000 " ANSWER, "",
		XDP_STEER_FRAGMENT},
	{"later fragment of that, IPv6", "eth 86dd ip6:2c 3c000028 00004244 dns", "", XDP_STEER_FRAGMENT},
	{"whole datagram with fragment header", "eth 86dd ip6:2c 11000000 00004243 " ANSWER, "", XDP_STEER_DNS},
};

// Connections that begin: what is counted besides the verdict.
static const struct {
	const char *what, *words, *config;
	int counted; // enum xdp_steer_encrypted, or -1
} encrypted_rows[] = {
	{"DoT SYN", "eth 0800 ip4:06 8000035500000001000000005002ffff00000000", "", XDP_ENCRYPTED_DOT},
	{"DoT SYN-ACK", "eth 0800 ip4:06 0355800000000001000000005012ffff00000000", "", -1},
	{"DoT data", "eth 0800 ip4:06 8000035500000001000000005010ffff00000000", "", -1},
	{"DoQ Initial", "eth 86dd ip6:11 udp:8000:0355 " INITIAL, "", XDP_ENCRYPTED_DOQ},
	{"DoQ short header", "eth 86dd ip6:11 udp:8000:0355 4300000001088394c8f03e515708", "", -1},
	{"DoH SYN to a known address", "eth 0800 ip4:06 800001bb00000001000000005002ffff00000000", "doh",
		XDP_ENCRYPTED_DOH},
	{"DoH over QUIC", "eth 0800 ip4:11 udp:8000:01bb " INITIAL, "doh", XDP_ENCRYPTED_DOH},
	{"HTTPS to another address",
		"eth 0800 450000280001000040060000c0000201c6336401 "
		"800001bb00000001000000005002ffff00000000",
		"doh", -1},
	{"HTTPS, no list", "eth 0800 ip4:06 800001bb00000001000000005002ffff00000000", "", -1},
};

static struct xdp_steer_bpf *program;

static bool has(const char *config, const char *word)
{
	const char *at = strstr(config, word);

	return at && (at == config || at[-1] == ' ') && (at[strlen(word)] == '\0' || at[strlen(word)] == ' ');
}

static void add_prefix(struct bpf_map *map, const char *text, uint32_t action)
{
	struct prefix prefix;
	struct xdp_steer_prefix key;
	char why[200];

	CU_ASSERT_EQUAL_FATAL(prefix_parse(&prefix, text, why, sizeof(why)), 0);
	key.bits = prefix.bits;
	memcpy(key.address, prefix.address, sizeof(key.address));
	CU_ASSERT_EQUAL_FATAL(bpf_map_update_elem(bpf_map__fd(map), &key, &action, BPF_ANY), 0);
}

static void configure(const char *words)
{
	static const struct {
		const char *word;
		uint32_t bit;
	} tunnels[] = {
#define TUNNEL(name, word) {word, XDP_TUNNEL_##name},
		ENCAP_TUNNELS(TUNNEL)
#undef TUNNEL
	};
	uint32_t zero = 0;
	struct xdp_steer_config config = {.ready = !has(words, "off"),
		.all = has(words, "all"),
		.queries = has(words, "queries"),
		.sample = has(words, "sample") ? 1000000007 : has(words, "everyone"),
		.src_default = has(words, "src") ? XDP_PREFIX_LEAVE : 0,
		.dst_default = has(words, "dst") ? XDP_PREFIX_TAKE : 0,
		.doh = has(words, "doh"),
		.mirror = has(words, "mirror")};

	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++)
		config.tunnels |= has(words, tunnels[i].word) ? tunnels[i].bit : 0;
	CU_ASSERT_EQUAL_FATAL(bpf_map_update_elem(bpf_map__fd(program->maps.steer_config), &zero, &config, BPF_ANY), 0);
}

static void counters(uint64_t sums[static XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX])
{
	uint64_t values[1024];

	for (uint32_t i = 0; i < XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX; i++) {
		sums[i] = 0;
		bpf_map_lookup_elem(bpf_map__fd(program->maps.steer_counts), &i, values);
		for (int cpu = 0; cpu < libbpf_num_possible_cpus() && cpu < 1024; cpu++)
			sums[i] += values[cpu];
	}
}

static uint32_t run(const uint8_t *bytes, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes, .data_size_in = (uint32_t)size, .repeat = 1);

	CU_ASSERT_EQUAL_FATAL(bpf_prog_test_run_opts(bpf_program__fd(program->progs.lookback_steer), &options), 0);
	return options.retval;
}

// Index of the counter that went up by one between the two, or -1 (none) or -2 (several).
static int risen(const uint64_t *before, const uint64_t *after, int from, int to)
{
	int found = -1;

	for (int i = from; i < to; i++)
		if (after[i] != before[i])
			found = found == -1 && after[i] == before[i] + 1 ? i : -2;
	return found;
}

static void test_verdicts(void)
{
	uint64_t before[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX], after[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame frame;
		frame_build(&frame, rows[i].words);
		configure(rows[i].config);
		counters(before);
		uint32_t action = run(frame.bytes, frame.size);
		counters(after);
		int verdict = risen(before, after, 0, XDP_STEER_VERDICT_MAX);
		int expected = rows[i].verdict == XDP_STEER_VERDICT_MAX ? -1 : (int)rows[i].verdict;
		uint32_t expected_action = expected >= 0 && expected <= XDP_STEER_ALL ? XDP_REDIRECT : XDP_PASS;
		if (verdict != expected || action != expected_action)
			printf("\n  %s: found verdict %d, action %u; expected %d, %u\n", rows[i].what, verdict, action,
				expected, expected_action);
		CU_ASSERT_EQUAL(verdict, expected);
		CU_ASSERT_EQUAL(action, expected_action);
	}
}

static void test_encrypted(void)
{
	uint64_t before[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX], after[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX];

	for (size_t i = 0; i < sizeof(encrypted_rows) / sizeof(encrypted_rows[0]); i++) {
		struct frame frame;
		frame_build(&frame, encrypted_rows[i].words);
		configure(encrypted_rows[i].config);
		counters(before);
		CU_ASSERT_EQUAL(run(frame.bytes, frame.size), XDP_PASS);
		counters(after);
		int counted = risen(before, after, XDP_STEER_VERDICT_MAX, XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX);
		int expected = encrypted_rows[i].counted;
		if (expected >= 0)
			expected += XDP_STEER_VERDICT_MAX;
		if (counted != expected)
			printf("\n  %s: found %d, expected %d\n", encrypted_rows[i].what, counted, expected);
		CU_ASSERT_EQUAL(counted, expected);
	}
}

// Cut off anywhere, a packet is passed or steered, and counted once.
static void test_prefixes(void)
{
	uint64_t before[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX], after[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame frame;
		frame_build(&frame, rows[i].words);
		configure(i % 2 ? "queries gre vxlan src mirror" : "queries gre vxlan src");
		for (size_t size = 14; size < frame.size; size++) { // the kernel takes no less
			counters(before);
			run(frame.bytes, size);
			counters(after);
			CU_ASSERT(risen(before, after, 0, XDP_STEER_VERDICT_MAX) >= 0);
		}
	}
}

// With the tunnels of the setting `text` steered, and those of `without` not: the verdict on the packet.
static int verdict_of(const char *words, const char *text, uint32_t without)
{
	uint64_t before[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX], after[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX];
	struct xdp_steer_config config = {.ready = 1};
	struct frame frame;
	uint32_t zero = 0;
	char why[400];

	CU_ASSERT_EQUAL_FATAL(xdp_set_tunnels(&config.tunnels, text, why, sizeof(why)), 0);
	config.tunnels &= ~without;
	CU_ASSERT_EQUAL_FATAL(bpf_map_update_elem(bpf_map__fd(program->maps.steer_config), &zero, &config, BPF_ANY), 0);
	frame_build(&frame, words);
	counters(before);
	run(frame.bytes, frame.size);
	counters(after);
	return risen(before, after, 0, XDP_STEER_VERDICT_MAX);
}

// Each number of each kind of tunnel: steered by the word of its kind, and by "all" because of that kind only.
static void test_every_tunnel(void)
{
	static const struct {
		const char *form; // of the packet, with the number
		unsigned number;
		uint32_t kind;
	} numbers[] = {
#define ETHERTYPE(number, layer, kind) {"eth %04x 00001140 ip4:11 " ANSWER, number, XDP_TUNNEL_##kind},
		ENCAP_ETHERTYPES(ETHERTYPE)
#undef ETHERTYPE
#define PROTOCOL(number, layer, kind) {"eth 0800 ip4:%02x ip4:11 " ANSWER, number, XDP_TUNNEL_##kind},
			ENCAP_PROTOCOLS(PROTOCOL)
#undef PROTOCOL
#define PORT(number, layer, kind) {"eth 0800 ip4:11 udp:8000:%04x 0000000000000000", number, XDP_TUNNEL_##kind},
				ENCAP_UDP_PORTS(PORT)
#undef PORT
	};
	static const struct {
		uint32_t kind;
		const char *word;
	} kinds[] = {
#define KIND(name, text) {XDP_TUNNEL_##name, text},
		ENCAP_TUNNELS(KIND)
#undef KIND
	};
	uint32_t seen = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char words[200];
		const char *word = NULL;
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (kinds[k].kind == numbers[i].kind)
				word = kinds[k].word;
		CU_ASSERT_PTR_NOT_NULL_FATAL(word);
		snprintf(words, sizeof(words), numbers[i].form, numbers[i].number);
		CU_ASSERT_EQUAL(verdict_of(words, word, 0), XDP_STEER_TUNNEL);
		CU_ASSERT_EQUAL(verdict_of(words, "all", 0), XDP_STEER_TUNNEL);
		CU_ASSERT_EQUAL(verdict_of(words, "all", numbers[i].kind), XDP_LEAVE_OTHER);
		CU_ASSERT_EQUAL(verdict_of(words, "none", 0), XDP_LEAVE_OTHER);
		seen |= numbers[i].kind;
	}
	CU_ASSERT_EQUAL(seen, XDP_TUNNEL_ALL);
	CU_ASSERT_EQUAL(XDP_TUNNEL_ALL & XDP_TUNNEL_AUTO, 0);
}

// Without a socket the host keeps its traffic: what an interface is left with after a kill -9.
static void test_no_socket(void)
{
	uint64_t before[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX], after[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX];
	struct frame frame;
	uint32_t zero = 0;

	frame_build(&frame, "eth 0800 ip4:11 " ANSWER);
	configure("");
	bpf_map_delete_elem(bpf_map__fd(program->maps.xsks_map), &zero);
	counters(before);
	CU_ASSERT_EQUAL(run(frame.bytes, frame.size), XDP_PASS);
	counters(after);
	CU_ASSERT_EQUAL(risen(before, after, 0, XDP_STEER_VERDICT_MAX), XDP_LEAVE_NO_SOCKET);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

// Loads the program with one socket on queue 0; false where this machine does not let us.
static bool load(void)
{
	uint32_t zero = 0;
	int fd = socket(AF_XDP, SOCK_RAW, 0);
	struct xdp_steer_ports ports = {0};

	libbpf_set_print(quiet);
	program = fd < 0 ? NULL : xdp_steer_bpf__open_and_load();
	if (!program)
		return false;
	ports.bit[53 / 64] |= 1ull << (53 % 64);
	ports.bit[5353 / 64] |= 1ull << (5353 % 64);
	bpf_map_update_elem(bpf_map__fd(program->maps.steer_ports), &zero, &ports, BPF_ANY);
	return bpf_map_update_elem(bpf_map__fd(program->maps.xsks_map), &zero, &fd, BPF_ANY) == 0;
}

static void fill_prefixes(void)
{
	add_prefix(program->maps.steer_src, "192.0.2.0/24", XDP_PREFIX_TAKE);
	add_prefix(program->maps.steer_src, "2001:db8::/32", XDP_PREFIX_TAKE);
	add_prefix(program->maps.steer_dst, "192.0.2.2", XDP_PREFIX_LEAVE);
	add_prefix(program->maps.steer_doh, "192.0.2.2", XDP_PREFIX_TAKE);
}

int main(void)
{
	if (!load()) {
		printf("skipped: this machine does not let XDP programs be loaded: %s\n", strerror(errno));
		return SKIPPED;
	}
	CU_initialize_registry();
	CU_pSuite suite = CU_add_suite("xdp_steer", NULL, NULL);
	CU_add_test(suite, "prefix maps", fill_prefixes);
	CU_add_test(suite, "verdicts", test_verdicts);
	CU_add_test(suite, "encrypted DNS", test_encrypted);
	CU_add_test(suite, "every prefix of each packet", test_prefixes);
	CU_add_test(suite, "every kind of tunnel", test_every_tunnel);
	CU_add_test(suite, "no socket", test_no_socket);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	unsigned failed = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
	CU_cleanup_registry();
	xdp_steer_bpf__destroy(program);
	return failed != 0;
}

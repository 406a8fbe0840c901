// SPDX-License-Identifier: BSD-3-Clause
// pcapng: sections of both byte orders, interfaces of several kinds and clocks, each kind of packet; what is
// damaged.
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "dataplane/capture/capture.h"
#include "tests/tools/pcapng.h"
#include "tests/tools/unit.h"

enum { ETHERNET = 1, WLAN = 105, RAW = 101, SLL = 113, SLL2 = 276 };

static char path[] = "/tmp/lookback-capture-ng.XXXXXX";

static void write_file(size_t size)
{
	FILE *out = fopen(path, "wb");

	CU_ASSERT_FATAL(out != NULL && fwrite(file, 1, size, out) == size);
	fclose(out);
}

// what is read of it ──────────────────────────────────────────────────────────────────────────

struct expected {
	enum link_kind link;
	uint32_t size;
	uint64_t us;
};

static struct capture capture;
static char why[512];

static int check(size_t size)
{
	write_file(size);
	why[0] = '\0';
	return capture_check(&capture, path, why, sizeof(why));
}

static void expect(const struct expected *expected, uint64_t len)
{
	struct capture_packet p;

	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	CU_ASSERT_FATAL(reader != NULL);
	CU_ASSERT_EQUAL(capture.packets, len);
	for (uint64_t i = 0; i < len; i++) {
		CU_ASSERT_FATAL(capture_next(reader, &p) == 1);
		CU_ASSERT(p.link == expected[i].link && p.size == expected[i].size);
		CU_ASSERT_EQUAL(p.us, expected[i].us);
		for (uint32_t k = 0; k < p.size; k++)
			CU_ASSERT_FATAL(p.bytes[k] == (uint8_t)(k + expected[i].size));
	}
	CU_ASSERT(capture_next(reader, &p) == 0);
	capture_close(reader);
}

// A file of nearly everything, and its packets. `ends[i]` is where packet i ends.
static const struct expected all[] = {{LINK_KIND_ETHERNET, 60, 5}, {LINK_KIND_RAW_IP, 41, 1000001},
	{LINK_KIND_ETHERNET, 33, 6}, {LINK_KIND_ETHERNET, 50, 6}, {LINK_KIND_SLL2, 0, 1700000000123456},
	{LINK_KIND_SLL, 70, 2}, {LINK_KIND_NULL, 3, 3}};
enum { ALL = sizeof(all) / sizeof(all[0]) };
static size_t ends[ALL];

static void make_all(void)
{
	file_size = 0;
	section(false);
	interface(ETHERNET, 50);
	interface(RAW, 65535);
	interface(WLAN, 0); // which no packet came from
	packet(0, 5, 60);   // longer than the snapshot length
	ends[0] = file_size;
	packet_of(2, 1, 1000001, 41, 41);
	ends[1] = file_size;
	unknown_block(5, 30);
	packet(0, 6, 33);
	ends[2] = file_size;
	simple_packet(90, 50);
	ends[3] = file_size;
	unknown_block(0x80000bad, 0);
	size_t at = begin_interface(SLL2, 0); // a late one
	option(2, 0x61626364, 3);
	option(9, 9, 1);
	option(13, 4, 1);
	option(0, 0, 0);
	end(at);
	packet(3, 1700000000123456789, 0);
	ends[4] = file_size;
	section(true);
	interface(SLL, 100);
	packet_of(2, 0, 2, 70, 70);
	ends[5] = file_size;
	interface(0, 262144);
	packet(1, 3, 3);
	ends[6] = file_size;
}

static void test_all(void)
{
	make_all();
	CU_ASSERT(check(file_size) == 0 && capture.is_ng && capture.is_mixed && !capture.packed);
	CU_ASSERT(capture.link == LINK_KIND_ETHERNET && capture.bytes == 257);
	expect(all, ALL);
	gzFile out = gzopen(path, "wb");
	CU_ASSERT(gzwrite(out, file, (unsigned)file_size) > 0);
	gzclose(out);
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.is_ng && capture.packed);
	expect(all, ALL);
}

// Cut at each octet: what is whole is there, and a file that ends between two blocks is whole.
static void test_cut(void)
{
	make_all();
	for (size_t size = file_size; size >= 4; size--) {
		uint64_t packets = 0;
		while (packets < ALL && ends[packets] <= size)
			packets++;
		int result = check(size);
		CU_ASSERT_FATAL(result == 0 || result == 1);
		CU_ASSERT_EQUAL_FATAL(capture.packets, packets);
		CU_ASSERT(strncmp(why, result ? path : "", result ? strlen(path) : 1) == 0);
		CU_ASSERT(result == 0 ||
			  (capture.is_damaged && strstr(why, ": at offset ") && strstr(why, "is cut off: found ")));
		if (packets > 0)
			expect(all, packets);
	}
	CU_ASSERT(check(ends[2] - 1) == 1 && strstr(why, "damaged after 2 packets: at offset ") != NULL);
}

// Any octet changed: an answer, of whatever kind, and the same when it is read.
static void test_changed_octets(void)
{
	make_all();
	for (size_t at = 0; at < file_size; at++)
		for (unsigned mask = 1; mask < 256; mask = mask * 16 + 15) {
			struct capture_packet p;
			uint64_t packets = 0;
			file[at] ^= (uint8_t)mask;
			int result = check(file_size);
			file[at] ^= (uint8_t)mask;
			CU_ASSERT((result == 0) == (why[0] == '\0'));
			struct capture_reader *reader = result >= 0 ? capture_open(&capture, why, sizeof(why)) : NULL;
			if (!reader)
				continue;
			while (capture_next(reader, &p) == 1)
				packets++;
			CU_ASSERT_EQUAL(packets, capture.packets);
			capture_close(reader);
		}
}

// One kind of interface in one section: libpcap gives the same.
static void test_same_as_libpcap(void)
{
	char error[PCAP_ERRBUF_SIZE];
	struct capture_packet p;
	struct pcap_pkthdr *head;
	const u_char *bytes;

	for (int order = 0; order < 2; order++) {
		file_size = 0;
		section(order);
		interface(ETHERNET, 3000);
		size_t at = begin_interface(ETHERNET, 3000);
		option(9, 9, 1);
		option(14, 5, 8);
		end(at);
		for (uint32_t i = 0; i < 600; i++)
			packet_of(i % 5 == 0 ? 2 : 6, i & 1, 1700000000000000 * (i & 1 ? 1000 : 1) + i * 7919,
				i * 7919 % 3000, i * 7919 % 3000);
		CU_ASSERT_FATAL(check(file_size) == 0 && capture.is_ng && !capture.is_mixed && capture.packets == 600);
		struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
		pcap_t *pcap = pcap_open_offline(path, error);
		CU_ASSERT_FATAL(reader != NULL && pcap != NULL);
		while (pcap_next_ex(pcap, &head, &bytes) == 1) {
			CU_ASSERT_FATAL(capture_next(reader, &p) == 1);
			CU_ASSERT_FATAL(p.size == head->caplen && memcmp(p.bytes, bytes, p.size) == 0);
			CU_ASSERT(p.us == (uint64_t)head->ts.tv_sec * 1000000 + (uint64_t)head->ts.tv_usec);
		}
		CU_ASSERT(capture_next(reader, &p) == 0);
		capture_close(reader);
		pcap_close(pcap);
	}
}

// A packet of `ticks`, as told by an interface's options.
static uint64_t time_of(uint64_t resolution, int64_t offset, uint64_t ticks)
{
	struct capture_packet p = {0};

	file_size = 0;
	section(ticks & 1);
	size_t at = begin_interface(ETHERNET, 0);
	option(9, resolution, 1);
	option(14, (uint64_t)offset, 8);
	end(at);
	packet(0, ticks, 1);
	CU_ASSERT_FATAL(check(file_size) == 0);
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	CU_ASSERT_FATAL(reader != NULL && capture_next(reader, &p) == 1);
	capture_close(reader);
	return p.us;
}

static void test_time(void)
{
	const uint64_t last = (uint64_t)UINT32_MAX * 1000000, now = 1700000000;

	CU_ASSERT_EQUAL(time_of(6, 0, now * 1000000 + 1), now * 1000000 + 1);
	CU_ASSERT_EQUAL(time_of(9, 0, now * 1000000000 + 1999), now * 1000000 + 1);
	CU_ASSERT_EQUAL(time_of(0, 0, now), now * 1000000);
	CU_ASSERT_EQUAL(time_of(3, 0, now * 1000 + 7), now * 1000000 + 7000);
	CU_ASSERT_EQUAL(time_of(19, 0, UINT64_MAX), 1844674);
	CU_ASSERT_EQUAL(time_of(25, 0, UINT64_MAX), 1);
	CU_ASSERT_EQUAL(time_of(26, 0, UINT64_MAX), 1); // as good as none
	CU_ASSERT_EQUAL(time_of(127, 0, UINT64_MAX - 1), 0);
	CU_ASSERT_EQUAL(time_of(0x80, 0, now), now * 1000000);
	CU_ASSERT_EQUAL(time_of(0x80 | 30, 0, (now << 30) + (1 << 29)), now * 1000000 + 500000);
	CU_ASSERT_EQUAL(time_of(0x80 | 64, 0, UINT64_MAX), 999999);
	CU_ASSERT_EQUAL(time_of(0x80 | 127, 0, UINT64_MAX), 0);
	CU_ASSERT_EQUAL(time_of(6, 1000000000, 700000000000001), now * 1000000 + 1);
	CU_ASSERT_EQUAL(time_of(6, -1000000000, 2700000000000001), now * 1000000 + 1);
	// before 1970 and after 2106 there is none
	CU_ASSERT_EQUAL(time_of(0, 0, last / 1000000), last);
	CU_ASSERT_EQUAL(time_of(6, 0, last + 999999), last + 999999);
	CU_ASSERT_EQUAL(time_of(6, 0, last + 1000000), CAPTURE_NO_TIME);
	CU_ASSERT_EQUAL(time_of(0, 0, UINT64_MAX), CAPTURE_NO_TIME);
	CU_ASSERT_EQUAL(time_of(6, INT64_MAX, UINT64_MAX), CAPTURE_NO_TIME);
	CU_ASSERT_EQUAL(time_of(6, INT64_MIN, UINT64_MAX), CAPTURE_NO_TIME);
	CU_ASSERT_EQUAL(time_of(6, -1, 999999), CAPTURE_NO_TIME);
	CU_ASSERT_EQUAL(time_of(6, -1, 1000000), 0);
	for (unsigned i = 0; i < 256; i++) {
		uint64_t us = time_of(i, 0, UINT64_MAX);
		CU_ASSERT(us <= last + 999999 || us == CAPTURE_NO_TIME);
	}
}

// Of simple packets: as much as the block holds, of the time of the last packet that had one.
static void test_simple(void)
{
	static const struct expected expected[] = {{LINK_KIND_ETHERNET, 9, 5000000},
		{LINK_KIND_ETHERNET, 9, CAPTURE_NO_TIME}, {LINK_KIND_ETHERNET, 50, 5000000},
		{LINK_KIND_ETHERNET, 90, 5000000}, {LINK_KIND_ETHERNET, 68, 5000000}};

	for (int order = 0; order < 2; order++) {
		file_size = 0;
		section(order);
		interface(ETHERNET, 50);
		packet(0, 5000000, 9);
		packet(0, UINT64_MAX, 9);
		simple_packet(90, 50); // as it should be
		simple_packet(90, 90); // whole, although longer than the snapshot length
		simple_packet(90, 68); // something in between
		CU_ASSERT_FATAL(check(file_size) == 0);
		CU_ASSERT(capture.snapped == 4 && capture.no_time == 1 && capture.longest == 90 &&
			  capture.first_us == 5000000);
		expect(expected, 5);
	}
}

static void begin_file(void)
{
	file_size = 0;
	section(false);
	interface(ETHERNET, 0);
	packet(0, 1, 9);
}

static void damaged(const char *expected)
{
	CU_ASSERT(check(file_size) == 1);
	CU_ASSERT(capture.is_damaged && capture.packets == 1);
	CU_ASSERT(strncmp(why, path, strlen(path)) == 0 && strstr(why, "damaged after 1 packets: at offset ") != NULL);
	CU_ASSERT(strstr(why, expected) != NULL);
	if (!strstr(why, expected))
		fprintf(stderr, "%s\n", why);
}

// The last block, of `size` octets that claims to be `claimed`, and `again` at its end.
static void block_of(uint32_t claimed, uint32_t size, uint32_t again)
{
	begin_file();
	size_t at = file_size;
	put(77, 4);
	put(claimed, 4);
	file_size = at + size - 4;
	put(again, 4);
}

static void test_damaged(void)
{
	block_of(8, 12, 8);
	damaged("found a block of 8 octets, expected a multiple of 4 from 12");
	block_of(0, 12, 0);
	damaged("found a block of 0 octets");
	block_of(18, 20, 18);
	damaged("found a block of 18 octets, expected a multiple of 4");
	block_of(0xfffffffc, 12, 0xfffffffc);
	damaged("found a block of 4294967292 octets");
	block_of((16 << 20) + 4, 12, 12);
	damaged("found a block of 16777220 octets");
	block_of(16 << 20, 12, 12);
	damaged("is cut off: found 12 of its 16777216 octets");
	block_of(20, 20, 24);
	damaged("found a block of 20 octets that ends as one of 24");
	begin_file();
	packet(1, 1, 9);
	damaged("found a packet of interface 1, expected one of the 1 before it");
	begin_file();
	packet_of(6, 0, 1, 13, 9);
	damaged("found a packet of 13 octets in a block too short for it");
	begin_file();
	packet_of(6, 0, 1, UINT32_MAX, 9);
	damaged("found a packet of 4294967295 octets in");
	begin_file();
	packet(0, 1, 300000);
	damaged("found a packet of 300000 octets, expected at most 262144");
	begin_file();
	simple_packet(90, 50); // without a snapshot length it should be all there
	damaged("found a packet of 90 octets in");
	begin_file();
	unknown_block(6, 0);
	damaged("found a packet of 0 octets in a block too short for it");
	begin_file();
	unknown_block(1, 4);
	damaged("found an interface that is too short");
	begin_file();
	size_t at = begin_interface(ETHERNET, 0);
	option(9, 6, 2);
	end(at);
	damaged("found an option 9 of 2 octets, expected 1");
	begin_file();
	at = begin_interface(ETHERNET, 0);
	put(14, 2);
	put(8, 2);
	end(at);
	damaged("found an option that is longer than its interface");
	begin_file();
	section(true); // whose interfaces are others
	packet(0, 1, 9);
	damaged("found a packet of interface 0, expected one of the 0 before it");
}

// Nothing is wrong with the file, but it cannot be read.
static void test_refused(void)
{
	begin_file();
	interface(WLAN, 0);
	CU_ASSERT(check(file_size) == 0 && capture.packets == 1);
	packet(1, 1, 9);
	CU_ASSERT(check(file_size) == -1);
	CU_ASSERT(strstr(why, ": interface 1: found link type IEEE802_11 (105), expected Ethernet, raw IP") != NULL);
	file_size = 0;
	section_of(false, 2);
	CU_ASSERT(check(file_size) == -1 && strstr(why, "at offset 0: found pcapng version 2.0, expected 1") != NULL);
	file_size = 0;
	section(false);
	file[8] ^= 1;
	CU_ASSERT(check(file_size) == -1 && strstr(why, "found no capture in it") != NULL);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	static const struct unit_test tests[] = {{"all", test_all}, {"cut", test_cut},
		{"changed octets", test_changed_octets}, {"same as libpcap", test_same_as_libpcap}, {"time", test_time},
		{"simple packets", test_simple}, {"damaged", test_damaged}, {"refused", test_refused}};
	int result = unit_run("capture_ng", tests, sizeof(tests) / sizeof(tests[0]));
	unlink(path);
	return result;
}

// SPDX-License-Identifier: BSD-3-Clause
// pkt_tcp: a stream comes out the same however it is cut, ordered and repeated; what is not DNS costs
// nothing; what never ends has limits.
#include <CUnit/Basic.h>

#include "tests/tools/tcp_stream.h"

enum { FLOWS = 32, HELD = 32 << 10, HELD_LARGE = 1 << 20, FIRST = 40, SECOND = 29, TWO = FIRST + SECOND + 4 };

static uint8_t two[TWO]; // two messages with their prefixes

static int make_two(void)
{
	size_t n = stream_message(two, 0x1234, FIRST);

	stream_message(two + n, 0x4321, SECOND);
	return 0;
}

// Every way to cut it in three, the empty pieces included.
static void test_splits(void)
{
	for (size_t a = 0; a <= TWO; a++) {
		for (size_t b = a; b <= TWO; b++) {
			stream_reset(FLOWS, HELD);
			stream_syn(99);
			stream_send(100, 0, two, a);
			stream_send(100 + (uint32_t)a, 0, two + a, b - a);
			stream_send(100 + (uint32_t)b, 0, two + b, TWO - b);
			CU_ASSERT(stream_came_out(two, TWO, 2));
			CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
		}
	}
}

// Without SYN, a stream is picked up where a segment begins with a message, or with its prefix alone.
static void test_midway(void)
{
	for (size_t a = 1; a < TWO; a++) {
		stream_reset(FLOWS, HELD);
		stream_send(100, 0, two, a);
		stream_send(100 + (uint32_t)a, 0, two + a, TWO - a);
		bool whole = a == 2 || a >= 14;
		CU_ASSERT(stream_came_out(two, whole ? TWO : 0, whole ? 2 : 0));
		CU_ASSERT_EQUAL(stream_stats.tcp_unsynced, !whole);
		stream_send(100 + TWO, 0, two, TWO);
		CU_ASSERT_EQUAL(stream_out.messages, whole ? 4 : 2);
		if (a == FIRST) // two octets could be a prefix
			continue;
		stream_reset(FLOWS, HELD); // the end of a message, then whole ones
		stream_send(100, 0, two + a, FIRST + 2 > a ? FIRST + 2 - a : 1);
		stream_send(200, 0, two, TWO);
		CU_ASSERT(stream_came_out(two, TWO, 2));
	}
}

static void permute(size_t *order, size_t n, size_t len, void (*try_it)(const size_t *order, size_t len))
{
	if (n == len) {
		try_it(order, len);
		return;
	}
	for (size_t i = n; i < len; i++) {
		size_t kept = order[n];
		order[n] = order[i], order[i] = kept;
		permute(order, n + 1, len, try_it);
		kept = order[n];
		order[n] = order[i], order[i] = kept;
	}
}

static const size_t cut[] = {0, 1, 15, 42, 60, TWO};

static void try_order(const size_t *order, size_t len)
{
	static const uint32_t isns[] = {0, 0x7fffffd0, 0xffffffd0, 0xffffffff};

	for (size_t i = 0; i < sizeof(isns) / sizeof(isns[0]); i++) {
		for (int copies = 1; copies <= 2; copies++) {
			stream_reset(FLOWS, HELD);
			stream_syn(isns[i]);
			for (size_t k = 0; k < len * (size_t)copies; k++) {
				size_t s = order[k % len];
				stream_send(isns[i] + 1 + (uint32_t)cut[s], s == len - 1 ? PKT_TCP_FIN : 0,
					two + cut[s], cut[s + 1] - cut[s]);
			}
			CU_ASSERT(stream_came_out(two, TWO, 2));
			CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
			CU_ASSERT_EQUAL(stream_stats.tcp_gap + stream_stats.tcp_unsynced + stream_stats.tcp_cut, 0);
		}
	}
}

static void test_orders(void)
{
	size_t order[] = {0, 1, 2, 3, 4};

	permute(order, 0, 5, try_order);
}

// Where copies differ, the first one stays, whichever way they overlap.
static void test_overlaps(void)
{
	uint8_t other[TWO];

	memset(other, 0xee, sizeof(other));
	for (size_t a = 1; a < TWO; a++) {
		for (size_t b = a; b < TWO; b++) {
			stream_reset(FLOWS, HELD);
			stream_syn(99);
			stream_send(100 + (uint32_t)a, 0, two + a, TWO - a);
			stream_send(100 + (uint32_t)b, 0, other, TWO - b);
			memcpy(other, two, a);
			stream_send(100, 0, other, b);
			memset(other, 0xee, sizeof(other));
			stream_send(100, 0, other, TWO);
			CU_ASSERT(stream_came_out(two, TWO, 2));
		}
	}
}

static void test_connections(void)
{
	stream_reset(FLOWS, HELD);
	stream_syn(99);
	stream_syn(99); // repeated
	stream_send(100, PKT_TCP_FIN, two, TWO);
	stream_send(100, PKT_TCP_FIN, two, TWO); // the last acknowledgement was lost
	stream_send(100 + FIRST + 2, 0, two + FIRST + 2, SECOND + 2);
	CU_ASSERT(stream_came_out(two, TWO, 2));
	stream_syn(5000000); // the same ports again
	stream_send(5000001, 0, two, TWO);
	stream_syn(5000000); // late copy
	stream_send(5000001, 0, two, TWO);
	CU_ASSERT_EQUAL(stream_out.messages, 4);
	stream_send(5000001 + TWO, PKT_TCP_RST, NULL, 0);
	stream_send(5000001, 0, two, TWO);
	CU_ASSERT_EQUAL(stream_out.messages, 4);
	stream_syn(5000000 - 70000);
	stream_send(5000001 - 70000, 0, two, 10);
	stream_syn(4000000);
	CU_ASSERT_EQUAL(stream_stats.tcp_cut, 1);
	stream_send(4000001, 0, two, 20);
	stream_send(4000001 + 9, PKT_TCP_RST, NULL, 0); // not what comes next: ignored
	stream_send(4000021, 0, two + 20, TWO - 20);
	CU_ASSERT_EQUAL(stream_out.messages, 6);
	CU_ASSERT_EQUAL(stream_stats.tcp_flows, 1);
	CU_ASSERT_EQUAL(stream_stats.tcp_opened, 4);
}

// Data with the SYN (RFC 7413), keep-alives, segments without octets.
static void test_habits(void)
{
	stream_reset(FLOWS, HELD);
	stream_send(99, PKT_TCP_SYN, two, 30);
	stream_send(100, 0, NULL, 0);
	stream_send(129, 0, (const uint8_t *)"x", 1);
	stream_send(130, 0, two + 30, TWO - 30);
	stream_send(100 + TWO - 1, 0, (const uint8_t *)"x", 1);
	stream_send(100 + TWO, 0, two, TWO);
	CU_ASSERT_EQUAL(stream_out.messages, 4);
	CU_ASSERT_EQUAL(memcmp(stream_out.bytes + TWO, two, TWO), 0);
	stream_reset(FLOWS, HELD);
	stream_send(99, 0, (const uint8_t *)"x", 1);
	stream_send(100, 0, two, TWO);
	CU_ASSERT(stream_came_out(two, TWO, 2));
}

static void test_odd_messages(void)
{
	static const uint8_t empty[] = {0, 0}, three[] = {0, 3, 1, 2, 3};

	stream_reset(FLOWS, HELD);
	stream_syn(99);
	stream_send(100, 0, empty, 2);
	stream_send(102, 0, three, 5);
	stream_send(107, 0, two, TWO);
	stream_send(107 + TWO, 0, three, 5);
	stream_send(112 + TWO, 0, two, TWO);
	CU_ASSERT_EQUAL(stream_out.messages, 7);
	CU_ASSERT_EQUAL(stream_stats.tcp_unsynced, 0);
}

// Messages of no octets, and others too short for a header, before, between and after whole ones, cut anywhere.
static void test_tiny_messages(void)
{
	static const uint8_t sizes[] = {0, 1, 2, 11};
	uint8_t bytes[400];

	for (size_t k = 0; k < sizeof(sizes); k++) {
		size_t size = 0, tiny = 2 + (size_t)sizes[k];
		for (int n = 0; n < 3; n++) {
			memset(bytes + size, 0, tiny * 2);
			bytes[size + 1] = bytes[size + tiny + 1] = sizes[k];
			memcpy(bytes + size + 2 * tiny, two, TWO);
			size += 2 * tiny + TWO;
		}
		for (size_t half = 0; half <= size; half++) {
			stream_reset(FLOWS, HELD);
			stream_syn(99);
			stream_send(100, 0, bytes, half);
			stream_send(100 + (uint32_t)half, 0, bytes + half, size - half);
			CU_ASSERT(stream_came_out(bytes, size, 12));
			CU_ASSERT_EQUAL(stream_stats.tcp_unsynced + stream_stats.tcp_held_bytes, 0);
		}
		stream_reset(FLOWS, HELD_LARGE);
		stream_syn(99);
		for (size_t i = 0; i < size; i++) { // octet by octet, backwards within each ten
			size_t at = i / 10 * 10 + 9 - i % 10;
			if (at < size)
				stream_send(100 + (uint32_t)at, 0, bytes + at, 1);
		}
		for (size_t at = size / 10 * 10; at < size; at++)
			stream_send(100 + (uint32_t)at, 0, bytes + at, 1);
		CU_ASSERT(stream_came_out(bytes, size, 12));
	}
	// without SYN: an empty one before just one message
	uint8_t empty_first[2 + FIRST + 2] = {0};
	memcpy(empty_first + 2, two, FIRST + 2);
	stream_reset(FLOWS, HELD);
	stream_send(100, 0, empty_first, sizeof(empty_first));
	CU_ASSERT(stream_came_out(empty_first, sizeof(empty_first), 2));
}

// Zeros are no stream of empty messages.
static void test_zeros(void)
{
	static const uint8_t zeros[1400];

	for (int syn = 0; syn < 2; syn++) {
		stream_reset(FLOWS, HELD);
		if (syn)
			stream_syn(99);
		for (uint32_t i = 0; i < 20; i++)
			stream_send(100 + i * 1400, 0, zeros, sizeof(zeros));
		CU_ASSERT_EQUAL(stream_out.messages, 0);
		CU_ASSERT_EQUAL(stream_stats.tcp_unsynced, 1);
		CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
	}
}

static void test_largest(void)
{
	static uint8_t big[2 + 65535];
	size_t size = stream_message(big, 7, 65535);

	for (int backwards = 0; backwards < 2; backwards++) {
		for (size_t mss = 512; mss <= 1460; mss += 948) {
			size_t len = (size + mss - 1) / mss;
			stream_reset(FLOWS, HELD_LARGE);
			stream_syn(99);
			for (size_t i = 0; i < len; i++) {
				size_t at = (backwards ? len - 1 - i : i) * mss;
				stream_send(100 + (uint32_t)at, 0, big + at, size - at < mss ? size - at : mss);
			}
			CU_ASSERT(stream_came_out(big, size, 1));
			CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
		}
	}
}

// TLS and HTTP on a port of DNS: one count, no memory.
static void test_not_dns(void)
{
	static const char *const hello[] = {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x9a\xbc\xde\xf0\x12",
		"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1 Debian-2"};

	for (size_t i = 0; i < 3; i++) {
		for (int syn = 0; syn < 2; syn++) {
			stream_reset(FLOWS, HELD);
			if (syn)
				stream_syn(99);
			for (uint32_t n = 0; n < 100; n++)
				stream_send(100 + n * 16, 0, (const uint8_t *)hello[i], 16);
			CU_ASSERT_EQUAL(stream_out.messages, 0);
			CU_ASSERT_EQUAL(stream_stats.tcp_unsynced, 1);
			CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
		}
	}
}

// The tap lost a segment. Messages behind it come out when the receiver acknowledges them, or after
// a while.
static void test_gaps(void)
{
	for (int way = 0; way < 3; way++) {
		stream_reset(FLOWS, HELD);
		stream_syn(99);
		stream_send(100, 0, two, FIRST + 2 + 5);
		for (uint32_t i = 0; i < 3; i++)
			stream_send(100 + TWO + i * TWO, 0, two, TWO);
		CU_ASSERT_EQUAL(stream_out.messages, 1);
		stream_send_from(STREAM_FROM_CLIENT, 1, 100 + FIRST + 2, PKT_TCP_ACK, NULL, 0); // before the gap
		stream_send_from(STREAM_FROM_CLIENT, 1, 100 + FIRST + 2, PKT_TCP_ACK, NULL, 0);
		CU_ASSERT_EQUAL(stream_out.messages, 1);
		for (int i = 0; way == 0 && i < 2; i++)
			stream_send_from(STREAM_FROM_CLIENT, 1, 100 + TWO * 4, PKT_TCP_ACK, NULL, 0);
		if (way == 1) { // long after
			stream_now += 60;
			stream_send(100 + TWO * 4, 0, two, 1);
		}
		if (way == 2) // far away
			stream_send(100 + 300000, 0, two, TWO);
		CU_ASSERT_EQUAL(stream_out.messages, way == 2 ? 9 : 7);
		CU_ASSERT(stream_stats.tcp_gap > 0);
		CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, way == 1);
	}
}

// The tap lost more than is waited for, and what comes then begins with no message: that is a loss, counted once.
static void test_wide_gap(void)
{
	uint8_t middle[500];

	memset(middle, 'x', sizeof(middle));
	stream_reset(FLOWS, HELD);
	stream_syn(99);
	stream_send(100, 0, two, TWO);
	CU_ASSERT_EQUAL(stream_stats.tcp_gap, 0);
	for (uint32_t i = 0; i < 3; i++)
		stream_send(100 + 300000 + i * sizeof(middle), 0, middle, sizeof(middle));
	CU_ASSERT_EQUAL(stream_stats.tcp_gap, 1);
	stream_send(100 + 300000 + 3 * sizeof(middle), 0, two, TWO); // goes on
	CU_ASSERT_EQUAL(stream_stats.tcp_gap, 1);
	CU_ASSERT_EQUAL(stream_out.messages, 4);
	stream_send(100 + 900000, 0, middle, sizeof(middle));
	CU_ASSERT_EQUAL(stream_stats.tcp_gap, 2);
	stream_send(100 + 300000 + 3 * sizeof(middle) + TWO, 0, two, TWO);
	stream_send(100 + 900000, 0, middle, sizeof(middle));
	CU_ASSERT_EQUAL(stream_stats.tcp_gap, 3);
	CU_ASSERT_EQUAL(stream_out.messages, 6);
}

static void test_expiry(void)
{
	stream_reset(FLOWS, HELD);
	for (stream_client = 1; stream_client <= 20; stream_client++) {
		stream_syn(99);
		stream_send(100, 0, two, 9);
	}
	CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 20 * 9);
	stream_now += 60;
	pkt_tcp_expire(stream_tcp, stream_now, stream_collect, &stream_out);
	CU_ASSERT_EQUAL(stream_stats.tcp_flows, 20);
	stream_now++;
	for (int i = 0; i < 3; i++)
		pkt_tcp_expire(stream_tcp, stream_now, stream_collect, &stream_out);
	CU_ASSERT_EQUAL(stream_stats.tcp_flows, 0);
	CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
	CU_ASSERT_EQUAL(stream_stats.tcp_expired, 20);
	CU_ASSERT_EQUAL(stream_stats.tcp_cut, 20);
	// the clock is set back by an hour: a flow of before does not wait an hour longer
	stream_now += 100000;
	for (stream_client = 1; stream_client <= 2; stream_client++, stream_now -= 3600) {
		stream_syn(99);
		stream_send(100, 0, two, 9);
	}
	stream_now += 3600 + 61;
	pkt_tcp_expire(stream_tcp, stream_now, stream_collect, &stream_out);
	CU_ASSERT_EQUAL(stream_stats.tcp_flows, 0);
	stream_now -= 100000 - 3600;
	stream_client = 1;
}

// What stands behind a gap is not lost when the flow goes or the traffic ends.
static void test_end_with_a_gap(void)
{
	for (int way = 0; way < 2; way++) {
		stream_reset(FLOWS, HELD);
		stream_syn(99);
		stream_send(100 + 1000, 0, two, sizeof(two));
		CU_ASSERT_EQUAL(stream_out.messages, 0);
		if (way == 0)
			pkt_tcp_drain(stream_tcp, stream_collect, &stream_out);
		else
			pkt_tcp_expire(stream_tcp, stream_now + 61, stream_collect, &stream_out);
		CU_ASSERT_EQUAL(stream_out.messages, 2);
		CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
		CU_ASSERT_EQUAL(stream_stats.tcp_gap, 1);
		CU_ASSERT_EQUAL(stream_stats.tcp_cut, 0);
	}
}

// A message of which the end never came is told, whatever its stream ends by.
static void test_end_within_a_message(void)
{
	stream_reset(FLOWS, HELD);
	stream_syn(99);
	stream_send(100, 0, two, TWO - 1);
	pkt_tcp_drain(stream_tcp, stream_collect, &stream_out);
	CU_ASSERT_EQUAL(stream_out.messages, 1);
	CU_ASSERT_EQUAL(stream_stats.tcp_cut, 1);
	CU_ASSERT_EQUAL(stream_stats.tcp_held_bytes, 0);
	stream_reset(1, HELD);
	stream_syn(99);
	stream_send(100, 0, two, TWO - 1);
	stream_client = 2;
	stream_syn(99);
	CU_ASSERT_EQUAL(stream_stats.tcp_evicted, 1);
	CU_ASSERT_EQUAL(stream_stats.tcp_cut, 1);
	stream_client = 1;
}

int main(void)
{
	CU_initialize_registry();
	CU_pSuite suite = CU_add_suite("pkt_tcp", make_two, NULL);
	CU_add_test(suite, "two messages, every split", test_splits);
	CU_add_test(suite, "picked up midway", test_midway);
	CU_add_test(suite, "every order, sequence numbers that wrap", test_orders);
	CU_add_test(suite, "overlaps", test_overlaps);
	CU_add_test(suite, "connections", test_connections);
	CU_add_test(suite, "habits", test_habits);
	CU_add_test(suite, "end with a gap", test_end_with_a_gap);
	CU_add_test(suite, "the end within a message", test_end_within_a_message);
	CU_add_test(suite, "odd messages", test_odd_messages);
	CU_add_test(suite, "tiny messages", test_tiny_messages);
	CU_add_test(suite, "zeros", test_zeros);
	CU_add_test(suite, "the largest message", test_largest);
	CU_add_test(suite, "not DNS", test_not_dns);
	CU_add_test(suite, "gaps", test_gaps);
	CU_add_test(suite, "wide gap", test_wide_gap);
	CU_add_test(suite, "expiry", test_expiry);
	CU_basic_run_tests();
	unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	pkt_tcp_free(stream_tcp);
	return failures > 0 || CU_get_error() != CUE_SUCCESS;
}

// SPDX-License-Identifier: BSD-3-Clause
// pkt_tcp under stress: random segmentation against the stream itself, and floods of connections that
// never finish, among which real messages still arrive and memory stays as it is.
#include <CUnit/Basic.h>
#include <malloc.h>

#include "tests/tools/tcp_stream.h"

static uint64_t random_state = 88172645463325252ull;

static uint32_t random_below(uint32_t n) // xorshift64
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

enum { STREAM_SIZE = 40000, SEGMENTS_MAX = 4096 };

struct segment {
	uint32_t at;
	uint32_t size;
};

// Cuts the stream; some segments come twice, some reach back over what was sent before.
static size_t cut_stream(struct segment *segments, uint32_t size, uint32_t mss)
{
	size_t len = 0;

	for (uint32_t at = 0; at < size;) {
		uint32_t n = 1 + random_below(mss);
		n = n < size - at ? n : size - at;
		uint32_t back = random_below(8) == 0 ? random_below(at < 100 ? at + 1 : 100) : 0;
		segments[len++] = (struct segment){.at = at - back, .size = n + back};
		if (random_below(8) == 0)
			segments[len++] = (struct segment){.at = at, .size = n};
		at += n;
	}
	return len;
}

static void shuffle_near(struct segment *segments, size_t len, uint32_t reach)
{
	for (size_t i = 0; i + 1 < len; i++) {
		size_t j = i + random_below(reach);
		j = j < len ? j : len - 1;
		struct segment kept = segments[i];
		segments[i] = segments[j], segments[j] = kept;
	}
}

static void test_random(void)
{
	static uint8_t stream[STREAM_SIZE + 70000];
	static struct segment segments[SEGMENTS_MAX * 16];
	uint32_t wrong = 0;

	for (int round = 0; round < 400; round++) {
		uint32_t size = 0, messages = 0,
			 isn = random_below(2) ? random_below(UINT32_MAX) : 0u - random_below(STREAM_SIZE);
		while (size < STREAM_SIZE)
			size += (uint32_t)stream_message(stream + size, (uint16_t)messages++,
				12 + random_below(random_below(20) == 0 ? 20000 : 400));
		size_t len = cut_stream(segments, size, round % 2 ? 1460 : 400);
		shuffle_near(segments, len, 1 + (uint32_t)round % 8);
		stream_reset(8, 512 << 10);
		stream_syn(isn);
		for (size_t i = 0; i < len; i++)
			stream_send(isn + 1 + segments[i].at, 0, stream + segments[i].at, segments[i].size);
		wrong += !stream_came_out(stream, size, messages) || stream_stats.tcp_held_bytes != 0;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

// Many connections at once, each with a few messages, in a table and an arena with room for them.
static void test_interleaved(void)
{
	enum { CONNECTIONS = 200, ROUNDS = 50 };
	uint8_t message[2 + 300];

	stream_reset(CONNECTIONS, 1 << 20);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (int half = 0; half < 2; half++) {
			for (stream_client = 1; stream_client <= CONNECTIONS; stream_client++) {
				size_t size =
					stream_message(message, (uint16_t)(round * CONNECTIONS + stream_client), 300);
				uint32_t seq = stream_client * 77777777 + round * (uint32_t)size;
				size_t first = 1 + (stream_client + round) % (size - 1);
				if (round == 0 && half == 0)
					stream_syn(seq - 1);
				if (half == 0)
					stream_send(seq, 0, message, first);
				else
					stream_send(seq + (uint32_t)first, 0, message + first, size - first);
			}
		}
	}
	CU_ASSERT_EQUAL(stream_out.messages, CONNECTIONS * ROUNDS);
	CU_ASSERT_EQUAL(stream_stats.tcp_evicted + stream_stats.tcp_no_memory + stream_stats.tcp_gap, 0);
	stream_client = 1;
}

enum { FLOOD = 1000000, TABLE = 4096, ARENA = 1 << 20 };

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

// A real answer in two segments, with `between` packets of the flood after the first one.
static void flood(void (*one)(void), uint32_t between)
{
	uint8_t message[2 + 500];
	size_t before, expected = 0, size = stream_message(message, 1, 500);

	stream_reset(TABLE, ARENA);
	before = in_use();
	for (uint32_t i = 0; i < FLOOD; i++) {
		if (i % 1000 == 0) {
			uint32_t attacker = stream_client;
			stream_client = 0x80000000 + i;
			stream_syn(1000);
			stream_send(1001, 0, message, 200);
			stream_client = attacker;
		}
		stream_client++;
		one();
		if (i % 1000 == between) {
			uint32_t attacker = stream_client;
			stream_client = 0x80000000 + i - between;
			stream_send(1201, 0, message + 200, size - 200);
			stream_client = attacker;
			expected++;
		}
	}
	CU_ASSERT_EQUAL(stream_out.messages, expected);
	CU_ASSERT_EQUAL(in_use(), before);
	CU_ASSERT(stream_stats.tcp_flows <= TABLE);
	CU_ASSERT(stream_stats.tcp_held_bytes <= ARENA);
	CU_ASSERT(stream_stats.tcp_evicted > FLOOD / 2);
	stream_client = 1;
}

static void half_open(void)
{
	stream_syn(stream_client * 2654435761u);
}

static void half_message(void)
{
	uint8_t message[2 + 200];

	stream_message(message, (uint16_t)stream_client, 200);
	stream_send(stream_client * 2654435761u, 0, message, 100);
}

static void beyond_a_gap(void)
{
	uint8_t message[2 + 200];

	stream_message(message, (uint16_t)stream_client, 200);
	stream_syn(7);
	stream_send(1000, 0, message, 100);
}

static void test_floods(void)
{
	flood(half_open, 900);
	flood(half_message, 900);
	flood(beyond_a_gap, 900);
	CU_ASSERT(stream_stats.tcp_no_memory > 0);
}

// One connection that holds all that it can.
static void test_greedy(void)
{
	uint8_t octet = 0;

	stream_reset(TABLE, ARENA);
	stream_syn(0);
	for (uint32_t i = 0; i < 100000; i++)
		stream_send(2 + i * 2, 0, &octet, 1);
	CU_ASSERT(stream_stats.tcp_held_bytes <= 192 * 1024);
	CU_ASSERT(stream_stats.tcp_gap > 0);
	stream_reset(TABLE, 4096); // less than one message needs
	stream_syn(0);
	for (uint32_t i = 0; i < 1000; i++)
		stream_send(1 + i * 2, 0, (const uint8_t *)"\xff\xff", 2);
	CU_ASSERT(stream_stats.tcp_held_bytes <= 4096);
	CU_ASSERT_EQUAL(stream_out.messages, 0);
}

int main(void)
{
	CU_initialize_registry();
	CU_pSuite suite = CU_add_suite("pkt_tcp_limits", NULL, NULL);
	CU_add_test(suite, "random segments, near order", test_random);
	CU_add_test(suite, "connections side by side", test_interleaved);
	CU_add_test(suite, "a million connections that never finish", test_floods);
	CU_add_test(suite, "a greedy connection", test_greedy);
	CU_basic_run_tests();
	unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	pkt_tcp_free(stream_tcp);
	return failures > 0 || CU_get_error() != CUE_SUCCESS;
}

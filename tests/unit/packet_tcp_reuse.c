// SPDX-License-Identifier: BSD-3-Clause
// pkt_tcp: where one connection ends and the next one on the same ports begins, whatever its sequence numbers; and what
// looks like that and is none.
#include <CUnit/Basic.h>

#include "tests/tools/tcp_stream.h"

enum { SIZE = 60, CLIENT_ISN = 5000, SERVER_ISN = 1000 };

static uint8_t first[2 + SIZE], second[2 + SIZE];

static int make_messages(void)
{
	stream_message(first, 0x1111, SIZE);
	stream_message(second, 0x2222, SIZE);
	return 0;
}

static void client(uint32_t seq, uint32_t ack, uint8_t flags, const uint8_t *p, size_t size)
{
	stream_send_from(STREAM_FROM_CLIENT, seq, ack, flags, p, size);
}

static void server(uint32_t seq, uint32_t ack, uint8_t flags, const uint8_t *p, size_t size)
{
	stream_send_from(STREAM_FROM_SERVER, seq, ack, flags | PKT_TCP_ACK, p, size);
}

// SYN, SYN and ACK, one answer.
static void connection(uint32_t client_isn, uint32_t server_isn, const uint8_t *answer)
{
	client(client_isn, 0, PKT_TCP_SYN, NULL, 0);
	server(server_isn, client_isn + 1, PKT_TCP_SYN, NULL, 0);
	client(client_isn + 1, server_isn + 1, PKT_TCP_ACK, NULL, 0);
	server(server_isn + 1, client_isn + 1, 0, answer, 2 + SIZE);
}

static bool both_came_out(void)
{
	return stream_out.messages == 2 && memcmp(stream_out.bytes, first, sizeof(first)) == 0 &&
	       memcmp(stream_out.bytes + sizeof(first), second, sizeof(second)) == 0;
}

// The next connection's numbers lie anywhere: the same, lower, within what was read, higher.
static void test_numbers(void)
{
	static const int32_t offsets[] = {0, 1, -1, 10, -10, 62, -62, 1000, -1000, 60000, -60000, 1 << 19, -(1 << 19),
		1 << 30};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		stream_reset(32, 32 << 10);
		connection(CLIENT_ISN, SERVER_ISN, first);
		connection(CLIENT_ISN + 4000, SERVER_ISN + (uint32_t)offsets[i], second);
		CU_ASSERT(both_came_out());
		stream_reset(32, 32 << 10); // the client's are seen to differ in what the server acknowledges alone
		for (int n = 0; n < 2; n++) {
			uint32_t isn = SERVER_ISN + (n ? (uint32_t)offsets[i] : 0);
			server(isn, CLIENT_ISN + 1 + 4000 * (uint32_t)n, PKT_TCP_SYN, NULL, 0);
			server(isn + 1, CLIENT_ISN + 1 + 4000 * (uint32_t)n, 0, n ? second : first, sizeof(first));
		}
		CU_ASSERT(both_came_out());
	}
}

// The second connection is only known by the client's SYN: what acknowledges it is new, what does not is late.
static void test_without_server_syn(void)
{
	stream_reset(32, 32 << 10);
	connection(CLIENT_ISN, SERVER_ISN, first);
	client(CLIENT_ISN + 4000, 0, PKT_TCP_SYN, NULL, 0);
	server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, first, sizeof(first)); // late
	server(SERVER_ISN + 1, CLIENT_ISN + 4001, 0, second, sizeof(second));
	server(SERVER_ISN + 1, CLIENT_ISN + 4001, 0, second, sizeof(second)); // repeated
	CU_ASSERT(both_came_out());
}

// Both ends begin with the numbers of before: the end of the first connection tells, or the time.
static void test_same_numbers(void)
{
	static const struct {
		uint8_t flags;
		bool of_client, after_a_while;
	} ways[] = {{PKT_TCP_FIN, false, false}, {PKT_TCP_RST, false, false}, {PKT_TCP_RST, true, false},
		{0, false, true}};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		stream_reset(32, 32 << 10);
		connection(CLIENT_ISN, SERVER_ISN, first);
		if (ways[i].of_client)
			client(CLIENT_ISN + 1, SERVER_ISN + 1 + sizeof(first), ways[i].flags, NULL, 0);
		else if (ways[i].flags)
			server(SERVER_ISN + 1 + sizeof(first), CLIENT_ISN + 1, ways[i].flags, NULL, 0);
		stream_now += ways[i].after_a_while ? 5 : 0;
		connection(CLIENT_ISN, SERVER_ISN, second);
		CU_ASSERT(both_came_out());
	}
}

// Nothing for longer than tcp.timeout: no SYN is needed.
static void test_time_out(void)
{
	for (int syn = 0; syn < 2; syn++) {
		stream_reset(32, 32 << 10);
		connection(CLIENT_ISN, SERVER_ISN, first);
		stream_now += 61;
		if (syn)
			connection(CLIENT_ISN, SERVER_ISN, second);
		else
			server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, second, sizeof(second));
		CU_ASSERT(both_came_out());
		CU_ASSERT(stream_stats.tcp_expired > 0);
	}
}

// Octets with the SYN, which the server takes or not (RFC 7413).
static void test_fast_open(void)
{
	for (uint32_t taken = 0; taken < 2; taken++) {
		uint32_t asked = CLIENT_ISN + 1, server_isn = SERVER_ISN;
		stream_reset(32, 32 << 10);
		for (int n = 0; n < 2; n++, server_isn -= 20, asked += 30) {
			const uint8_t *query = n ? second : first;
			client(asked - 1, 0, PKT_TCP_SYN, query, sizeof(first));
			server(server_isn, asked + taken * sizeof(first), PKT_TCP_SYN, NULL, 0);
			if (!taken)
				client(asked, server_isn + 1, PKT_TCP_ACK, query, sizeof(first));
			server(server_isn + 1, asked + sizeof(first), 0, query, sizeof(first));
		}
		CU_ASSERT_EQUAL(stream_out.messages, 4);
		CU_ASSERT_EQUAL(stream_stats.tcp_cut + stream_stats.tcp_gap + stream_stats.tcp_unsynced, 0);
	}
}

// Copies by the tap, repetitions by the sender, changed places: one connection.
static void test_copies(void)
{
	stream_reset(32, 32 << 10);
	for (int n = 0; n < 2; n++)
		client(CLIENT_ISN, 0, PKT_TCP_SYN, NULL, 0);
	stream_now += 7; // nobody answered
	for (int n = 0; n < 2; n++)
		client(CLIENT_ISN, 0, PKT_TCP_SYN, NULL, 0);
	for (int n = 0; n < 2; n++)
		server(SERVER_ISN, CLIENT_ISN + 1, PKT_TCP_SYN, NULL, 0);
	server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, first, sizeof(first));
	server(SERVER_ISN, CLIENT_ISN + 1, PKT_TCP_SYN, NULL, 0); // late
	client(CLIENT_ISN, 0, PKT_TCP_SYN, NULL, 0);
	server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, first, sizeof(first));
	server(SERVER_ISN + 1 + sizeof(first), CLIENT_ISN + 1, 0, second, sizeof(second));
	CU_ASSERT(both_came_out());
	stream_reset(32, 32 << 10); // the SYN comes after the first octets
	server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, first, sizeof(first));
	server(SERVER_ISN, CLIENT_ISN + 1, PKT_TCP_SYN, NULL, 0);
	client(CLIENT_ISN, 0, PKT_TCP_SYN, NULL, 0);
	server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, first, sizeof(first));
	server(SERVER_ISN + 1 + sizeof(first), CLIENT_ISN + 1, 0, second, sizeof(second));
	CU_ASSERT(both_came_out());
}

// What comes again after the end was counted.
static void test_late_after_the_end(void)
{
	for (int way = 0; way < 3; way++) {
		stream_reset(32, 32 << 10);
		connection(CLIENT_ISN, SERVER_ISN, first);
		server(SERVER_ISN + 1 + sizeof(first), CLIENT_ISN + 1, way == 0 ? PKT_TCP_FIN : 0, second,
			sizeof(second));
		uint32_t after = SERVER_ISN + 1 + 2 * sizeof(first);
		if (way == 1)
			server(after, CLIENT_ISN + 1, PKT_TCP_RST, NULL, 0);
		if (way == 2)
			client(CLIENT_ISN + 1, after, PKT_TCP_RST, NULL, 0);
		server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, first, sizeof(first));
		server(SERVER_ISN + 1 + sizeof(first), CLIENT_ISN + 1, PKT_TCP_FIN, second, sizeof(second));
		server(SERVER_ISN + 1 + 30, CLIENT_ISN + 1, 0, first + 30, sizeof(first) - 30);
		CU_ASSERT(both_came_out());
		CU_ASSERT_EQUAL(stream_stats.tcp_cut, 0);
	}
}

// RST and FIN of someone who guesses numbers end nothing, in whatever state the stream is.
static void test_forged(void)
{
	static const int32_t off[] = {1, -1, 5, 1000, -1000, 30000, 1 << 18, 1 << 19, -(1 << 20), 1 << 30};

	for (int picked_up = 0; picked_up < 2; picked_up++) {
		stream_reset(32, 32 << 10);
		if (!picked_up)
			connection(CLIENT_ISN, SERVER_ISN, first);
		else
			server(SERVER_ISN + 1, CLIENT_ISN + 1, 0, (const uint8_t *)"x", 1);
		uint32_t next = SERVER_ISN + 1 + (picked_up ? 1 : sizeof(first));
		for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
			server(next + (uint32_t)off[i], CLIENT_ISN + 1, PKT_TCP_RST, NULL, 0);
			if (off[i] < 0 || off[i] >= 1 << 18)
				server(next + (uint32_t)off[i], CLIENT_ISN + 1, PKT_TCP_FIN, NULL, 0);
			client(CLIENT_ISN + 1 + (uint32_t)off[i], 0, PKT_TCP_RST, NULL, 0);
		}
		server(next, CLIENT_ISN + 1, 0, second, 20);
		server(next + 20, CLIENT_ISN + 1, 0, second + 20, sizeof(second) - 20);
		CU_ASSERT_EQUAL(stream_out.messages, picked_up ? 1 : 2);
		CU_ASSERT_EQUAL(memcmp(stream_out.bytes + (picked_up ? 0 : sizeof(first)), second, sizeof(second)), 0);
	}
}

// What waited behind a gap comes out when the next connection begins, with the time of its own.
static uint32_t last_time_s;

static void note_time(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s)
{
	stream_collect(context, pkt, wire, size, time_s);
	last_time_s = time_s;
}

static void test_gap_before(void)
{
	const uint8_t source[4] = {192, 0, 2, 53}, target[4] = {10, 0, 0, 1};
	struct pkt pkt = {.ip_version = 4,
		.src = source,
		.dst = target,
		.src_port = 53,
		.dst_port = 2000,
		.tcp_flags = PKT_TCP_ACK,
		.tcp_ack = 1};

	stream_reset(32, 32 << 10);
	pkt.tcp_seq = SERVER_ISN;
	pkt.tcp_flags = PKT_TCP_ACK | PKT_TCP_SYN;
	pkt_tcp_segment(stream_tcp, &pkt, 100, 100, note_time, &stream_out);
	pkt.tcp_seq = SERVER_ISN + 1 + 40;
	pkt.tcp_flags = PKT_TCP_ACK;
	pkt.payload = first;
	pkt.payload_size = sizeof(first);
	pkt_tcp_segment(stream_tcp, &pkt, 101, 101, note_time, &stream_out);
	CU_ASSERT_EQUAL(stream_out.messages, 0);
	pkt.tcp_seq = SERVER_ISN + 7;
	pkt.tcp_flags = PKT_TCP_ACK | PKT_TCP_SYN;
	pkt.payload_size = 0;
	pkt_tcp_segment(stream_tcp, &pkt, 105, 105, note_time, &stream_out);
	CU_ASSERT_EQUAL(stream_out.messages, 1);
	CU_ASSERT_EQUAL(last_time_s, 101);
}

int main(void)
{
	CU_initialize_registry();
	CU_pSuite suite = CU_add_suite("pkt_tcp_reuse", make_messages, NULL);
	CU_add_test(suite, "sequence numbers anywhere", test_numbers);
	CU_add_test(suite, "without the server's SYN", test_without_server_syn);
	CU_add_test(suite, "the same numbers", test_same_numbers);
	CU_add_test(suite, "time-out", test_time_out);
	CU_add_test(suite, "fast open", test_fast_open);
	CU_add_test(suite, "copies", test_copies);
	CU_add_test(suite, "late after the end", test_late_after_the_end);
	CU_add_test(suite, "forged ends", test_forged);
	CU_add_test(suite, "a gap before", test_gap_before);
	CU_basic_run_tests();
	unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	pkt_tcp_free(stream_tcp);
	return failures > 0 || CU_get_error() != CUE_SUCCESS;
}

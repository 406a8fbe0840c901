// SPDX-License-Identifier: BSD-3-Clause
// dnstap: which frames become packets, with which address and time; what is damaged; the handshake of a connection.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/capture/capture.h"
#include "dataplane/capture/dnstap_control.h"
#include "dataplane/capture/dnstap_handshake.h"
#include "dataplane/capture/dnstap_message.h"
#include "tests/tools/unit.h"

enum { RESPONSE_SIZE = 40, TYPES = 1 << DNSTAP_RESOLVER_RESPONSE | 1 << DNSTAP_FORWARDER_RESPONSE, ANY = 60 };

static char path[] = "/tmp/lookback-capture-dnstap.XXXXXX";
static uint8_t file[1 << 20];
static size_t file_size;

// writing ────────────────────────────────────────────────────────────────────────────────────

static uint8_t *varint(uint8_t *at, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (uint8_t)(value | 0x80);
	*at++ = (uint8_t)value;
	return at;
}

static uint8_t *number(uint8_t *at, unsigned field, uint64_t value)
{
	return varint(varint(at, field << 3), value);
}

static uint8_t *octets(uint8_t *at, unsigned field, const void *from, size_t size)
{
	at = varint(varint(at, field << 3 | 2), size);
	memcpy(at, from, size);
	return at + size;
}

struct sent {
	unsigned type;
	const void *address;
	size_t address_size, response_size; // response_size 0: none
	uint64_t query_s, response_s;	    // 0: none
};

// A Dnstap message as a resolver sends it, with the address of a client.
static size_t encode(uint8_t *to, const struct sent *m)
{
	static uint8_t message[1 << 18], response[1 << 17];
	const uint32_t ns = 250000999;
	uint8_t *at = number(message, 1, m->type);

	memset(response, 0x5a, sizeof(response));
	at = number(number(at, 2, 1), 3, 1); // INET, UDP
	at = octets(at, 4, "\x7f\x00\x00\x63", 4);
	if (m->address_size > 0)
		at = octets(at, 5, m->address, m->address_size);
	if (m->query_s > 0)
		at = number(at, 8, m->query_s);
	if (m->response_s > 0) {
		at = number(at, 12, m->response_s);
		*at++ = 13 << 3 | 5;
		memcpy(at, &ns, sizeof(ns));
		at += sizeof(ns);
	}
	if (m->response_size > 0)
		at = octets(at, 14, response, m->response_size);
	uint8_t *end = octets(octets(to, 1, "resolver", 8), 14, message, (size_t)(at - message));
	return (size_t)(number(end, 15, 1) - to);
}

static const struct sent usual = {DNSTAP_RESOLVER_RESPONSE, "\xc0\x00\x02\x01", 4, RESPONSE_SIZE, 1700000000,
	1700000001};

static void begin(void)
{
	file_size = dnstap_control_write(file, DNSTAP_CONTROL_START, true);
}

static void add(const struct sent *m)
{
	size_t size = encode(file + file_size + 4, m);

	dnstap_store32(file + file_size, (uint32_t)size);
	file_size += 4 + size;
}

static void stop(void)
{
	file_size += dnstap_control_write(file + file_size, DNSTAP_CONTROL_STOP, false);
}

static struct capture capture;
static char why[512];

static int check(void)
{
	FILE *out = fopen(path, "wb");

	CU_ASSERT_FATAL(out != NULL && fwrite(file, 1, file_size, out) == file_size);
	fclose(out);
	why[0] = '\0';
	return capture_check(&capture, path, why, sizeof(why));
}

// one message ────────────────────────────────────────────────────────────────────────────────

static enum dnstap_verdict read_one(struct dnstap_packet *p, const struct sent *m, uint32_t types)
{
	static uint8_t data[1 << 18];

	return dnstap_message_read(p, data, encode(data, m), types);
}

static void test_packet(void)
{
	struct dnstap_packet p;
	struct sent m = usual;

	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_TAKEN);
	CU_ASSERT(p.headers_size == 28 && p.headers[0] == 0x45 && memcmp(p.headers + 12, "\xc0\x00\x02\x01", 4) == 0);
	CU_ASSERT(memcmp(p.headers + 16, "\0\0\0\0", 4) == 0); // the client's address is left out
	CU_ASSERT(p.headers[20] == 0 && p.headers[21] == 53 && p.message_size == RESPONSE_SIZE);
	CU_ASSERT(p.us == 1700000001250000);
	m.response_s = 0;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_TAKEN && p.us == 1700000000000000);
	m.query_s = 0;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_TAKEN && p.us == UINT64_MAX);
	m.query_s = UINT64_MAX;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_TAKEN && p.us == UINT64_MAX);
	m.address = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01";
	m.address_size = 16;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_TAKEN && p.headers_size == 48 && p.headers[0] == 0x60);
	CU_ASSERT(memcmp(p.headers + 8, m.address, 16) == 0);
	m.address_size = 0;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_TAKEN && p.headers_size == 28);
	m.address_size = 5;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_MALFORMED);
}

static void test_types(void)
{
	struct dnstap_packet p;
	struct sent m = usual;
	uint32_t types = 0;

	for (m.type = 0; m.type < ANY; m.type++)
		CU_ASSERT((read_one(&p, &m, TYPES) == DNSTAP_TAKEN) == (m.type == 4 || m.type == 8));
	m = usual;
	m.response_size = 0;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_PASSED);
	CU_ASSERT(dnstap_types_read(&types, "Client-Response,auth-response", why, sizeof(why)) == 0);
	CU_ASSERT(types == (1u << DNSTAP_CLIENT_RESPONSE | 1u << DNSTAP_AUTH_RESPONSE));
	CU_ASSERT(dnstap_types_read(&types, "client-query", why, sizeof(why)) != 0);
}

static void test_long(void)
{
	struct dnstap_packet p;
	struct sent m = usual;

	m.response_size = 65535 - 28; // a datagram can hold no more
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_TAKEN && p.message_size == m.response_size);
	m.response_size++;
	CU_ASSERT(read_one(&p, &m, TYPES) == DNSTAP_MALFORMED);
}

// Each beginning of a message: nothing is read after its end, and none is taken as a whole one.
static void test_short(void)
{
	static uint8_t data[512];
	size_t size = encode(data, &usual);
	struct dnstap_packet p;

	for (size_t i = 0; i < size; i++) {
		uint8_t *exact = malloc(i + 1);
		CU_ASSERT_FATAL(exact != NULL);
		memcpy(exact, data, i);
		CU_ASSERT(dnstap_message_read(&p, exact, i, TYPES) != DNSTAP_TAKEN);
		free(exact);
	}
}

// files ──────────────────────────────────────────────────────────────────────────────────────

static void test_file(void)
{
	struct sent other = usual;
	struct capture_packet p;

	other.type = DNSTAP_CLIENT_RESPONSE;
	begin();
	for (int i = 0; i < 3000; i++) {
		add(&usual);
		if (i % 10 == 0)
			add(&other);
	}
	dnstap_store32(file + file_size, 3); // a frame that is not of the schema
	memcpy(file + file_size + 4, "\xff\xff\xff", 3);
	file_size += 7;
	stop();
	CU_ASSERT_FATAL(check() == 0);
	CU_ASSERT(capture.packets == 3000 && capture.passed == 300 && capture.malformed == 1);
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	CU_ASSERT_FATAL(reader != NULL);
	for (int i = 0; i < 3000; i++) {
		CU_ASSERT_FATAL(capture_next(reader, &p) == 1);
		CU_ASSERT(p.link == LINK_KIND_MATCHED_IP && p.size == 28 + RESPONSE_SIZE && p.us == 1700000001250000);
	}
	CU_ASSERT(capture_next(reader, &p) == 0);
	capture_close(reader);
}

static void test_joined(void)
{
	size_t size;

	begin();
	add(&usual);
	stop();
	size = file_size;
	memcpy(file + size, file, size);
	file_size *= 2;
	CU_ASSERT(check() == 0);
	CU_ASSERT(capture.packets == 2);
}

static void test_damaged(void)
{
	begin();
	add(&usual);
	add(&usual);
	CU_ASSERT(check() == 1); // without STOP
	CU_ASSERT(capture.packets == 2 && capture.is_damaged && strstr(why, "expected STOP") != NULL);
	file_size -= 5;
	CU_ASSERT(check() == 1);
	CU_ASSERT(capture.packets == 1);
	begin();
	add(&usual);
	dnstap_store32(file + file_size, 1 << 30);
	file_size += 4;
	CU_ASSERT(check() == 1);
	CU_ASSERT(strstr(why, "1073741824") != NULL);
	begin();
	memcpy(file + 20, "protobuf:another.Thing", 22);
	CU_ASSERT(check() == -1);
	CU_ASSERT(strstr(why, "protobuf:another.Thing") != NULL);
}

// connections ────────────────────────────────────────────────────────────────────────────────

// The handshake of a receiver with a sender that says `size` octets and goes. `answer`: what it is answered.
static bool shake(const uint8_t *says, size_t size, uint8_t *answer, ssize_t *answer_size)
{
	const atomic_bool never = false;
	int pair[2];

	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CU_ASSERT_FATAL(write(pair[0], says, size) == (ssize_t)size);
	shutdown(pair[0], SHUT_WR);
	bool result = dnstap_handshake(pair[1], &never, 50, why, sizeof(why));
	*answer_size = recv(pair[0], answer, 128, MSG_DONTWAIT);
	close(pair[0]);
	close(pair[1]);
	return result;
}

static void test_handshake(void)
{
	uint8_t says[256], answer[128], accept[64];
	ssize_t got;
	size_t size = dnstap_control_write(says, DNSTAP_CONTROL_READY, true);

	CU_ASSERT(!shake(says, size, answer, &got)); // no START
	CU_ASSERT(got == (ssize_t)dnstap_control_write(accept, DNSTAP_CONTROL_ACCEPT, true));
	CU_ASSERT(memcmp(answer, accept, (size_t)got) == 0);
	size += dnstap_control_write(says + size, DNSTAP_CONTROL_START, true);
	CU_ASSERT(shake(says, size, answer, &got) && got > 0);
	size = dnstap_control_write(says, DNSTAP_CONTROL_START, true);
	CU_ASSERT(shake(says, size, answer, &got) && got <= 0); // in one direction
	size = dnstap_control_write(says, DNSTAP_CONTROL_FINISH, true);
	CU_ASSERT(!shake(says, size, answer, &got) && got <= 0);
	size = dnstap_control_write(says, DNSTAP_CONTROL_READY, true);
	memcpy(says + 20, "protobuf:another.Thing", 22);
	CU_ASSERT(!shake(says, size, answer, &got) && got <= 0 && strstr(why, "protobuf:another.Thing") != NULL);
	CU_ASSERT(!shake((const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18, answer, &got) && got <= 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a message becomes a packet", test_packet},
		{"types", test_types},
		{"long messages", test_long},
		{"short messages", test_short},
		{"a file", test_file},
		{"joined files", test_joined},
		{"damaged files", test_damaged},
		{"handshake", test_handshake},
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	int result = unit_run("capture_dnstap", tests, sizeof(tests) / sizeof(tests[0]));
	unlink(path);
	return result;
}

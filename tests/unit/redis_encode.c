// SPDX-License-Identifier: BSD-3-Clause
// RESP in bulk, endpoints, error replies.
#include <errno.h>

#include "collector/base/endpoint.h"
#include "collector/redis/encode.h"
#include "collector/redis/error.h"
#include "tests/tools/unit.h"

static void commands(void)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 4);
	redis_encode_literal(&b, "ZADD");
	redis_encode_bulk2(&b, "pdns:", 5, "a\0b\r\n", 5);
	redis_encode_uint(&b, 0);
	redis_encode_uint(&b, UINT64_MAX);
	static const char expected[] =
		"*4\r\n$4\r\nZADD\r\n$10\r\npdns:a\0b\r\n\r\n$1\r\n0\r\n$20\r\n18446744073709551615\r\n";
	CU_ASSERT_EQUAL(b.size, sizeof(expected) - 1);
	CU_ASSERT_EQUAL(memcmp(b.bytes, expected, sizeof(expected) - 1), 0);
	CU_ASSERT_EQUAL(b.arrays, 1);
	redis_buffer_clear(&b);
	CU_ASSERT(b.size == 0 && b.arrays == 0 && b.capacity > 0);
	redis_buffer_free(&b);
}

// Lengths at which the number of digits changes and the buffer grows.
static void lengths(void)
{
	static char octets[200000];
	char head[32];
	struct redis_buffer b = {0};

	for (size_t len = 0; len < sizeof(octets); len = len * 10 + 9) {
		for (size_t n = len; n <= len + 1; n++) {
			redis_buffer_clear(&b);
			redis_encode_bulk(&b, octets, n);
			int head_len = snprintf(head, sizeof(head), "$%zu\r\n", n);
			CU_ASSERT_EQUAL(b.size, (size_t)head_len + n + 2);
			CU_ASSERT_EQUAL(memcmp(b.bytes, head, (size_t)head_len), 0);
		}
	}
	redis_buffer_free(&b);
}

// Numbers of every length against printf, short literals, keys, and commands read back.
static void numbers_and_keys(void)
{
	struct redis_buffer b = {0};
	char expected[64];
	const char *key = NULL;
	size_t key_len = 0;

	for (uint64_t n = 1; n < UINT64_MAX / 10; n *= 10) {
		for (int i = -1; i <= 1; i++) {
			uint64_t value = n + (uint64_t)i;
			char digits[24];
			int len = snprintf(digits, sizeof(digits), "%lu", (unsigned long)value);
			int size = snprintf(expected, sizeof(expected), "$%d\r\n%s\r\n", len, digits);
			redis_buffer_clear(&b);
			redis_encode_uint(&b, value);
			CU_ASSERT_EQUAL(b.size, (size_t)size);
			CU_ASSERT_EQUAL(memcmp(b.bytes, expected, (size_t)size), 0);
		}
	}
	redis_buffer_clear(&b);
	redis_encode_array(&b, 3);
	redis_encode_literal(&b, "ZREMRANGEBYSCORE");
	redis_encode_key(&b, "pdns:", "name:", "a\r\n$3", 5);
	redis_encode_uint(&b, 7);
	size_t second = b.size;
	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "EXEC");
	static const char whole[] =
		"*3\r\n$16\r\nZREMRANGEBYSCORE\r\n$15\r\npdns:name:a\r\n$3\r\n$1\r\n7\r\n*1\r\n$4\r\nEXEC\r\n";
	CU_ASSERT_EQUAL_FATAL(b.size, sizeof(whole) - 1);
	CU_ASSERT_EQUAL(memcmp(b.bytes, whole, sizeof(whole) - 1), 0);
	CU_ASSERT_PTR_EQUAL(redis_encode_read(b.bytes, &key, &key_len), b.bytes + second);
	CU_ASSERT_EQUAL(key_len, 15);
	CU_ASSERT_EQUAL(memcmp(key, "pdns:name:a\r\n$3", 15), 0);
	CU_ASSERT_PTR_EQUAL(redis_encode_read(b.bytes + second, &key, &key_len), b.bytes + b.size);
	redis_buffer_free(&b);
}

static void endpoints(void)
{
	static const char *const bad[] = {"", "host", "host:", ":6379", "host:0", "host:65536", "host:1x", "::1:6379",
		"[::1]6379", "[]:1", "unix:", "unix:relative", "host name:1", "none"};
	struct endpoint e;
	char why[128];

	CU_ASSERT(endpoint_set_redis(&e, "unix:/run/r.sock", why, sizeof(why)) == 0 && e.kind == ENDPOINT_UNIX);
	CU_ASSERT_STRING_EQUAL(e.path, "/run/r.sock");
	CU_ASSERT(endpoint_set_redis(&e, "redis.example:6380", why, sizeof(why)) == 0 && e.port == 6380);
	CU_ASSERT_STRING_EQUAL(e.host, "redis.example");
	CU_ASSERT(endpoint_set_redis(&e, "[2001:db8::1]:6379", why, sizeof(why)) == 0 && e.kind == ENDPOINT_TCP);
	CU_ASSERT_STRING_EQUAL(e.host, "2001:db8::1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		CU_ASSERT_EQUAL(endpoint_set_redis(&e, bad[i], why, sizeof(why)), -EINVAL);
		CU_ASSERT_NOT_EQUAL(why[0], '\0');
	}
	CU_ASSERT_STRING_EQUAL(e.host, "2001:db8::1"); // a refused value changes nothing
	CU_ASSERT(endpoint_set_listen(&e, "127.0.0.1:0", why, sizeof(why)) == 0 && e.port == 0);
	CU_ASSERT(endpoint_set_listen(&e, "none", why, sizeof(why)) == 0 && e.kind == ENDPOINT_NONE);
	CU_ASSERT_EQUAL(endpoint_set_listen(&e, "unix:/x", why, sizeof(why)), -EINVAL);
}

static enum redis_trouble trouble(const char *text)
{
	return redis_trouble_of(text, strlen(text));
}

static void troubles(void)
{
	CU_ASSERT_EQUAL(trouble("OOM command not allowed when used memory > 'maxmemory'."), REDIS_TROUBLE_OOM);
	CU_ASSERT_EQUAL(trouble("EXECABORT Transaction discarded because of: OOM x"), REDIS_TROUBLE_OOM);
	CU_ASSERT_EQUAL(trouble("WRONGPASS invalid username-password pair"), REDIS_TROUBLE_PASSWORD);
	CU_ASSERT_EQUAL(trouble("ERR DB index is out of range"), REDIS_TROUBLE_DATABASE);
	CU_ASSERT_EQUAL(trouble("WRONGTYPE Operation"), REDIS_TROUBLE_WRONGTYPE);
	CU_ASSERT_EQUAL(trouble("EXECABORT Transaction discarded because of previous errors."), REDIS_TROUBLE_ERROR);
	CU_ASSERT_EQUAL(trouble(""), REDIS_TROUBLE_ERROR);
}

int main(void)
{
	static const struct unit_test tests[] = {{"commands", commands}, {"lengths", lengths},
		{"numbers_and_keys", numbers_and_keys}, {"endpoints", endpoints}, {"troubles", troubles}};

	return unit_run("collector_encode", tests, sizeof(tests) / sizeof(tests[0]));
}

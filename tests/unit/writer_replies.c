// SPDX-License-Identifier: BSD-3-Clause
// Replies that come in pieces, and what follows batches put together.
#include "collector/redis/transaction.h"
#include "collector/writer/batch.h"
#include "tests/tools/unit.h"

#include <sys/socket.h>
#include <unistd.h>

// A connection to ourselves: what is written to the returned descriptor are Redis's replies.
static int open_pair(struct redis_conn *c)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return -1;
	*c = (struct redis_conn){.context = redisConnectFd(fds[0])};
	return fds[1];
}

static void say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void queued(void)
{
	struct redis_conn c;
	struct redis_results r = {.capacity = 0};
	int fd = open_pair(&c);

	CU_ASSERT_EQUAL_FATAL(fd < 0, false);
	CU_ASSERT_EQUAL(redis_conn_skip_queued(&c, 5), 0); // nothing has come
	say(fd, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n-OOM no\r\n+QUEUED\r\n+QUEU");
	CU_ASSERT_EQUAL(redis_conn_skip_queued(&c, 5), 0); // not read yet
	CU_ASSERT(redis_conn_read(&c, &r) == 0 && r.top.type == REDIS_REPLY_STATUS);
	CU_ASSERT_EQUAL(redis_conn_skip_queued(&c, 2), 2); // no more than asked for
	CU_ASSERT_EQUAL(redis_conn_skip_queued(&c, 9), 1); // not the error
	CU_ASSERT(redis_conn_read(&c, &r) == 0 && r.top.trouble == REDIS_TROUBLE_OOM);
	CU_ASSERT_EQUAL(redis_conn_skip_queued(&c, 9), 1); // not the half one
	say(fd, "ED\r\n+QUEUED\r\n:7\r\n");
	CU_ASSERT(redis_conn_read(&c, &r) == 0 && r.top.type == REDIS_REPLY_STATUS);
	CU_ASSERT_EQUAL(redis_conn_skip_queued(&c, 9), 1);
	CU_ASSERT(redis_conn_read(&c, &r) == 0 && r.top.integer == 7);
	redis_conn_close(&c);
	close(fd);
}

// A transaction's replies in two pieces: all are read, the array is EXEC's.
static void transaction(void)
{
	enum { LEN = 300 };
	static struct redis_result at[LEN];
	struct redis_conn c;
	struct redis_results r = {.at = at, .capacity = LEN};
	int fd = open_pair(&c);

	CU_ASSERT_EQUAL_FATAL(fd < 0, false);
	static char text[LEN * 20], *end = text;
	for (int i = 0; i < LEN; i++)
		end = stpcpy(end, "+QUEUED\r\n");
	end = stpcpy(end, "*300\r\n");
	for (int i = 0; i < LEN; i++)
		end = stpcpy(end, i == LEN - 1 ? "-WRONGTYPE x\r\n" : ":1\r\n");
	char kept = text[1003];
	text[1003] = '\0'; // in the middle of a QUEUED
	say(fd, text);
	text[1003] = kept;
	say(fd, text + 1003);
	CU_ASSERT_EQUAL(redis_transaction_read(&c, &r, 0, LEN), 0);
	CU_ASSERT(r.len == LEN && at[0].integer == 1 && at[298].integer == 1);
	CU_ASSERT(at[299].type == REDIS_REPLY_ERROR && at[299].trouble == REDIS_TROUBLE_WRONGTYPE);
	redis_texts_free(&r.texts);
	redis_conn_close(&c);
	close(fd);
}

static void add(struct follow *f, const char *key)
{
	follow_note(f, FOLLOW_RETAIN);
	redis_encode_array(&f->commands, 2);
	redis_encode_literal(&f->commands, "ZCARD");
	redis_encode_text(&f->commands, key);
}

static void key_is(const struct follow *f, size_t index, const char *expected)
{
	const char *key = NULL;
	size_t len = 0;

	follow_key(f, index, &key, &len);
	CU_ASSERT(len == strlen(expected) && memcmp(key, expected, len) == 0);
}

// What rode with a batch that was not applied goes before what has followed since.
static void given_back(void)
{
	static struct batch b;
	struct follow f = {.len = 0};

	batch_give_back(&b, &f);
	CU_ASSERT_EQUAL(f.len, 0);
	add(&b.riders, "one");
	add(&b.riders, "two");
	batch_give_back(&b, &f);
	CU_ASSERT(f.len == 2 && b.riders.len == 0 && b.riders.commands.size == 0);
	add(&b.riders, "zero");
	for (int i = 0; i < 1000; i++)
		add(&f, "more");
	batch_give_back(&b, &f);
	CU_ASSERT(f.len == 1003 && f.commands.arrays == 1003 && b.riders.len == 0);
	key_is(&f, 0, "zero");
	key_is(&f, 1, "one");
	key_is(&f, 2, "two");
	key_is(&f, 1002, "more");
	batch_give_back(&b, &f); // nothing rode along: it stays
	CU_ASSERT_EQUAL(f.len, 1003);
	follow_drop(&f, 0);
	follow_drop(&f, 2);
	CU_ASSERT(f.len == 1001 && f.commands.arrays == 1001);
	key_is(&f, 0, "two");
	key_is(&f, 1000, "more");
	follow_drop(&f, 5000);
	CU_ASSERT(f.len == 0 && f.commands.size == 0 && f.commands.arrays == 0);
	follow_drop(&f, 1);
	batch_free(&b);
	follow_free(&f);
}

int main(void)
{
	static const struct unit_test tests[] = {{"queued", queued}, {"transaction", transaction},
		{"given_back", given_back}};

	return unit_run("collector_replies", tests, sizeof(tests) / sizeof(tests[0]));
}

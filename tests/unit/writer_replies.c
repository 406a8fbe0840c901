// SPDX-License-Identifier: BSD-3-Clause
// Replies that come in pieces, riders that are given back, and the states of a batch.
#include "collector/redis/transaction.h"
#include "collector/writer/batch.h"
#include "dataplane/common/monotonic.h"
#include "tests/tools/unit.h"

#include <sys/socket.h>
#include <unistd.h>

// A connection to ourselves: what is written to the returned descriptor are Redis's replies.
static int open_pair(struct redis_conn *c)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return -1;
	*c = (struct redis_conn){.link = redis_link_of(fds[0], 5000)};
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

// The riders of a batch that was not applied go before those that were added since.
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
	batch_give_back(&b, &f); // no riders: nothing changes
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

// What was written to the connection since the last look.
static const char *written(int fd)
{
	static char text[10000];
	ssize_t len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

// The states of two batches that take turns. EXEC is sent only after the number was read and is as expected; it takes WATCH and
// MULTI of the next batch along.
static void states(void)
{
	static const char *const begun = "+OK\r\n$1\r\n6\r\n$1\r\n9\r\n+OK\r\n"; // WATCH, the number, the owner, MULTI
	static struct batch now = {.in.number = 7}, next = {.in.number = 8};
	static struct redis_settings s;
	static struct batch_announced announced;
	struct batch_claim claim = {.uuid = "u", .number = 6, .lease = {.nonce = 9, .renewed_ms = monotonic_ms()}};
	struct follow follow = {.len = 0};
	struct redis_conn c;
	int fd = open_pair(&c);

	CU_ASSERT_EQUAL_FATAL(fd < 0, false);
	CU_ASSERT(batch_send(&now, &c, &claim, &announced, &s, NULL) == 0 && now.state == BATCH_SENT);
	const char *text = written(fd);
	CU_ASSERT(strstr(text, "WATCH") && strstr(text, "MULTI") && !strstr(text, "EXEC"));
	say(fd, begun);
	CU_ASSERT_EQUAL(batch_execute(&now, &c, &follow, &next, &claim, &s), 0);
	CU_ASSERT(now.state == BATCH_EXECUTING && next.state == BATCH_OPEN);
	text = written(fd);
	CU_ASSERT(strstr(text, "EXEC") && strstr(text, "WATCH") && strstr(text, "EXEC") < strstr(text, "WATCH"));
	CU_ASSERT(batch_send(&next, &c, &claim, &announced, &s, NULL) == 0 && next.state == BATCH_SENT);
	CU_ASSERT_PTR_NULL(strstr(written(fd), "WATCH"));
	say(fd, begun);
	claim.number = 7;
	CU_ASSERT_EQUAL(batch_execute(&next, &c, &follow, NULL, &claim, &s), -1);
	CU_ASSERT(c.trouble == REDIS_TROUBLE_FENCED && next.state == BATCH_SENT && !strstr(written(fd), "EXEC"));
	close(fd);
	fd = open_pair(&c);
	CU_ASSERT_EQUAL_FATAL(fd < 0, false);
	next.state = BATCH_OPEN;
	say(fd, begun);
	say(fd, "+OK\r\n"); // DISCARD
	CU_ASSERT(batch_discard(&next, &c) == 0 && next.state == BATCH_IDLE && strstr(written(fd), "DISCARD"));
	CU_ASSERT(batch_discard(&next, &c) == 0 && written(fd)[0] == '\0');
	redis_conn_close(&c);
	close(fd);
	batch_free(&now);
	batch_free(&next);
	follow_free(&follow);
}

int main(void)
{
	static const struct unit_test tests[] = {{"queued", queued}, {"transaction", transaction},
		{"given_back", given_back}, {"states", states}};

	return unit_run("writer_replies", tests, sizeof(tests) / sizeof(tests[0]));
}

// SPDX-License-Identifier: BSD-3-Clause
// Records → commands, word by word as docs/schema.md has them; replies → what became of each.
#include <stdlib.h>

#include "collector/writer/follow.h"
#include "collector/writer/retain.h"
#include "tests/tools/unit.h"

static struct schema_frame f;
static struct redis_buffer out;
static struct follow follow;
static struct zone_list *zones;
static struct redis_settings settings = {.prefix = "pdns:", .new_max = 1000};
static uint8_t bytes[FRAME_SIZE_MAX];
static struct frame frame;

static void add(const char *owner, uint16_t type, const char *rdata, size_t size, uint32_t count, uint8_t flags)
{
	const struct record_view view = {.head = {.first_s = 100,
						 .last_s = 200,
						 .count = count,
						 .type = type,
						 .rdata_size = (uint16_t)size,
						 .owner_size = (uint8_t)(strlen(owner) + 1),
						 .flags = flags},
		.owner = (const uint8_t *)owner,
		.rdata = (const uint8_t *)rdata};
	CU_ASSERT(frame_add(&frame, &view));
}

// The commands in `b` as lines of words.
static char *as_lines(const struct redis_buffer *b)
{
	static char lines[1 << 20];
	char *to = lines, *at = b->bytes, *end = b->bytes + b->size;

	while (at < end) {
		long words = strtol(at + 1, &at, 10);
		for (at += 2; words > 0; words--) {
			long len = strtol(at + 1, &at, 10);
			memcpy(to, at + 2, (size_t)len);
			to += len;
			*to++ = words == 1 ? '\n' : ' ';
			at += len + 4;
		}
	}
	*to = '\0';
	return lines;
}

static char *commands(void)
{
	CU_ASSERT_FATAL(schema_read(&f, bytes + sizeof(struct frame_header), frame.size - sizeof(struct frame_header)));
	redis_buffer_clear(&out);
	schema_write(&f, &settings, zones, &out);
	CU_ASSERT(!out.bad && out.arrays == f.commands_len);
	return as_lines(&out);
}

static void new_records(void)
{
	frame_begin(&frame, bytes);
	add("\3www\7example\2co\2uk", 1, "\313\0q\7", 4, 3, RECORD_NEW);
	add("\7example\3net", 15, "\0\12\4mail\7example\3org", 20, 1, RECORD_NEW);
	add("\3www\7example\2co\2uk", 28, "\x20\1\r\xb8\0\1\0\0\0\0\0\0\0\0\0\1", 16, 2, 0);
	CU_ASSERT_STRING_EQUAL(commands(),
		"ZADD pdns:name:www.example.co.uk GT 200 A 203.0.113.7 200 AAAA 2001:db8:1::1\n"
		"ZADD pdns:first:www.example.co.uk LT 100 A 203.0.113.7\n"
		"ZADD pdns:zone:example.co.uk LT 100 www.example.co.uk\n"
		"ZINCRBY pdns:count:www.example.co.uk 3 A 203.0.113.7\n"
		"ZADD pdns:ip:203.0.113.7 GT 200 www.example.co.uk\n"
		"ZADD pdns:net:203.0.113.0/24 LT 100 203.0.113.7\n"
		"ZINCRBY pdns:count:www.example.co.uk 2 AAAA 2001:db8:1::1\n"
		"ZADD pdns:ip:2001:db8:1::1 GT 200 www.example.co.uk\n"
		"ZADD pdns:name:example.net GT 200 MX 10 mail.example.org\n"
		"ZADD pdns:first:example.net LT 100 MX 10 mail.example.org\n"
		"ZADD pdns:zone:example.net LT 100 example.net\n"
		"ZINCRBY pdns:count:example.net 1 MX 10 mail.example.org\n"
		"ZADD pdns:rdata:mail.example.org GT 200 MX example.net\n");
	CU_ASSERT_EQUAL(f.sightings, 6);
}

static void steady_state(void)
{
	frame_begin(&frame, bytes);
	for (int i = 0; i < FRAME_RECORDS_MAX; i++) {
		char owner[] = "\4aaaa\4test", address[4] = {10, 0, (char)(i >> 8), (char)i};
		for (int k = 0; k < 4; k++)
			owner[1 + k] = (char)('a' + (i >> (3 * k)) % 8);
		add(owner, 1, address, 4, 1, 0);
	}
	commands();
	CU_ASSERT_EQUAL(f.records_len, FRAME_RECORDS_MAX);
	CU_ASSERT_EQUAL(f.owners_len, FRAME_RECORDS_MAX);
	CU_ASSERT_EQUAL(f.commands_len, 3 * FRAME_RECORDS_MAX);
	frame_begin(&frame, bytes);
	for (int i = 0; i < 128; i++)
		add("\3www\4test", 1, (char[]){10, 0, 0, (char)i}, 4, 1, RECORD_NEW);
	commands();
	CU_ASSERT_EQUAL(f.owners_len, 1);
	CU_ASSERT_EQUAL(f.commands_len, 3 + 128 * 3);
}

static void zones_of(void)
{
	static const struct {
		const char *owner;
		size_t size, at;
	} cases[] = {{"\3www\7example\3com", 17, 4}, {"\7example\3com", 13, 0}, {"\3com", 5, 0}, {"", 1, 0},
		{"\1a\3www\7example\2co\2uk", 21, 6}, {"\2co\2uk", 7, 0}, {"\3a.b\7example\3com", 17, 4},
		{"\3www\7unknown\10nowhere1", 22, 4}, {"\1*\7example\3com", 15, 2}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(zone_find(zones, (const uint8_t *)cases[i].owner, cases[i].size), cases[i].at);
}

static void answer(enum schema_kind kind, uint16_t index, int type, long long integer)
{
	const struct redis_result result = {.type = type,
		.integer = integer,
		.trouble = type == REDIS_REPLY_ERROR ? REDIS_TROUBLE_WRONGTYPE : REDIS_TROUBLE_NONE};

	for (uint32_t i = 0; i < f.commands_len; i++)
		if (f.commands[i].kind == kind && f.commands[i].index == index)
			schema_reply(&f, i, &result);
}

static void replies(void)
{
	char key[SCHEMA_KEY_SIZE];

	frame_begin(&frame, bytes);
	add("\3www\4test", 1, "\12\0\0\1", 4, 3, RECORD_NEW);
	add("\3www\4test", 1, "\12\0\0\2", 4, 1, RECORD_NEW);
	add("\3ftp\4test", 1, "\12\0\0\3", 4, 1, RECORD_NEW);
	commands();
	answer(SCHEMA_NAME, 0, REDIS_REPLY_INTEGER, 1); // one of the two is new: the counts tell which
	answer(SCHEMA_COUNT, 0, REDIS_REPLY_STRING, 10);
	answer(SCHEMA_COUNT, 1, REDIS_REPLY_STRING, 1);
	answer(SCHEMA_NAME, 1, REDIS_REPLY_INTEGER, 0);
	answer(SCHEMA_COUNT, 2, REDIS_REPLY_STRING, 1); // and a name that was there is not new
	answer(SCHEMA_IP, 2, REDIS_REPLY_ERROR, 0);
	CU_ASSERT_EQUAL(schema_settle(&f), 1);
	CU_ASSERT(!f.records[0].fresh && f.records[1].fresh && !f.records[2].fresh);
	CU_ASSERT(f.records[0].refused == REDIS_TROUBLE_NONE && f.records[2].refused == REDIS_TROUBLE_WRONGTYPE);
	follow_clear(&follow);
	follow_feed(&follow, &f, &settings, "site");
	CU_ASSERT_STRING_EQUAL(as_lines(&follow.commands),
		"XADD pdns:new MAXLEN ~ 1000 * name www.test type A rdata 10.0.0.2 "
		"first 100 sensor site\n");
	CU_ASSERT_EQUAL(schema_key(&f, f.commands_len - 2, &settings, zones, key), strlen("pdns:ip:10.0.0.3"));
	CU_ASSERT_STRING_EQUAL(key, "pdns:ip:10.0.0.3");
	answer(SCHEMA_NAME, 0, REDIS_REPLY_ERROR, 0);
	CU_ASSERT(f.records[0].refused == REDIS_TROUBLE_WRONGTYPE && f.records[1].refused == REDIS_TROUBLE_WRONGTYPE);
}

// What retention does once the replies are there: nothing to a key that is not known to be a sorted set.
static void retention(void)
{
	settings.retention_days = 1;
	frame_begin(&frame, bytes);
	add("\3www\6retain\4test", 1, "\12\0\0\1", 4, 3, 0);
	CU_ASSERT_STRING_EQUAL(commands(), "ZADD pdns:name:www.retain.test GT 200 A 10.0.0.1\n"
					   "ZINCRBY pdns:count:www.retain.test 3 A 10.0.0.1\n"
					   "ZADD pdns:ip:10.0.0.1 GT 200 www.retain.test\n"
					   "ZCARD pdns:net:10.0.0.0/24\n"
					   "ZCARD pdns:first:www.retain.test\n"
					   "ZCARD pdns:zone:retain.test\n");
	answer(SCHEMA_NAME, 0, REDIS_REPLY_INTEGER, 0);
	answer(SCHEMA_COUNT, 0, REDIS_REPLY_STRING, 5);
	answer(SCHEMA_FIRST, 0, REDIS_REPLY_ERROR, 0);
	answer(SCHEMA_ZONE, 0, REDIS_REPLY_INTEGER, 9);
	answer(SCHEMA_IP, 0, REDIS_REPLY_ERROR, 0);
	answer(SCHEMA_NET, 0, REDIS_REPLY_INTEGER, 9);
	CU_ASSERT(f.records[0].refused == REDIS_TROUBLE_WRONGTYPE && f.records[0].answered);
	follow_clear(&follow);
	retain_due(&follow, &f, &settings, zones);
	CU_ASSERT_STRING_EQUAL(as_lines(&follow.commands),
		"ZREMRANGEBYSCORE pdns:name:www.retain.test -inf 0\n"
		"EXPIRE pdns:name:www.retain.test 172800\n"
		"ZINTERSTORE pdns:count:www.retain.test 2 pdns:count:www.retain.test pdns:name:www.retain.test WEIGHTS 1 0\n"
		"EXPIRE pdns:count:www.retain.test 172800\n"
		"EXPIRE pdns:zone:retain.test 172800\n"
		"EXPIRE pdns:net:10.0.0.0/24 172800\n");
	commands();
	CU_ASSERT_EQUAL(f.commands_len, 3); // not due again
	frame_begin(&frame, bytes);
	add("\6victim\3com", 0, "", 0, 7, RECORD_FLOOD);
	add("\7victim2\3com", 0, "", 0, 9, RECORD_FLOOD);
	commands();
	for (int i = 0; i < 4; i++)
		schema_reply(&f, (uint32_t)i, &(struct redis_result){.type = REDIS_REPLY_INTEGER, .integer = 1});
	follow_clear(&follow);
	retain_due(&follow, &f, &settings, zones);
	CU_ASSERT_STRING_EQUAL(as_lines(&follow.commands), // once, for both
		"ZREMRANGEBYSCORE pdns:flood -inf 0\n"
		"EXPIRE pdns:flood 172800\n"
		"ZINTERSTORE pdns:flood:names 2 pdns:flood:names pdns:flood WEIGHTS 1 0\n"
		"EXPIRE pdns:flood:names 172800\n");
	follow_clear(&follow);
	retain_again(&follow, &f, &settings, zones);
	CU_ASSERT_STRING_EQUAL(as_lines(&follow.commands),
		"ZCARD pdns:flood\nZCARD pdns:flood:names\nZCARD pdns:flood\nZCARD pdns:flood:names\n");
	settings.retention_days = 0;
}

// Commands that were passed over, for their slots have the batch: whether these keys got their expiry is not known.
static void retention_of_passed_over(void)
{
	settings.retention_days = 1;
	settings.cluster = true;
	frame_begin(&frame, bytes);
	add("\3www\6passed\4test", 1, "\12\1\0\1", 4, 3, RECORD_NEW);
	add("\6passed\4test", 15, "\0\12\4mail\6passed\4test", 20, 1, RECORD_NEW);
	commands();
	answer(SCHEMA_NAME, 0, REDIS_REPLY_INTEGER, 0);
	answer(SCHEMA_COUNT, 0, REDIS_REPLY_ERROR, 0);
	answer(SCHEMA_IP, 0, REDIS_REPLY_INTEGER, 0);
	follow_clear(&follow);
	retain_due(&follow, &f, &settings, zones);
	CU_ASSERT_STRING_EQUAL(as_lines(&follow.commands), "ZRANGEBYSCORE pdns:name:www.passed.test -inf 0\n"
							   "ZREMRANGEBYSCORE pdns:name:www.passed.test -inf 0\n"
							   "EXPIRE pdns:name:www.passed.test 172800\n"
							   "ZCARD pdns:first:www.passed.test\n"
							   "ZCARD pdns:zone:passed.test\n"
							   "ZCARD pdns:name:passed.test\n"
							   "ZCARD pdns:first:passed.test\n"
							   "ZCARD pdns:count:passed.test\n"
							   "ZCARD pdns:zone:passed.test\n"
							   "ZREMRANGEBYSCORE pdns:ip:10.1.0.1 -inf 0\n"
							   "EXPIRE pdns:ip:10.1.0.1 172800\n"
							   "ZCARD pdns:net:10.1.0.0/24\n"
							   "ZCARD pdns:rdata:mail.passed.test\n");
	settings.cluster = false;
	settings.retention_days = 0;
}

// A report about a flooded zone is no record; one about a zone that has records stands beside them.
static void flooded_zones(void)
{
	frame_begin(&frame, bytes);
	add("\6victim\3com", 0, "", 0, 1234, RECORD_FLOOD);
	add("\1*\6victim\3com", 1, "\12\0\0\1", 4, 5000, 0);
	add("\6victim\3com", 1, "\12\0\0\2", 4, 1, 0);
	CU_ASSERT_STRING_EQUAL(commands(), "ZADD pdns:flood GT 200 victim.com\n"
					   "ZINCRBY pdns:flood:names 1234 victim.com\n"
					   "ZADD pdns:name:victim.com GT 200 A 10.0.0.2\n"
					   "ZINCRBY pdns:count:victim.com 1 A 10.0.0.2\n"
					   "ZADD pdns:ip:10.0.0.2 GT 200 victim.com\n"
					   "ZADD pdns:name:*.victim.com GT 200 A 10.0.0.1\n"
					   "ZINCRBY pdns:count:*.victim.com 5000 A 10.0.0.1\n"
					   "ZADD pdns:ip:10.0.0.1 GT 200 *.victim.com\n");
	CU_ASSERT_EQUAL(f.sightings, 5001);
	char key[SCHEMA_KEY_SIZE];
	CU_ASSERT_EQUAL(schema_key(&f, 1, &settings, zones, key), strlen("pdns:flood:names"));
	CU_ASSERT_STRING_EQUAL(key, "pdns:flood:names");
	answer(SCHEMA_FLOOD_NAMES, 0, REDIS_REPLY_ERROR, 0);
	CU_ASSERT(f.records[0].refused == REDIS_TROUBLE_WRONGTYPE && f.records[2].refused == REDIS_TROUBLE_NONE);
	frame_begin(&frame, bytes);
	add("\6victim\3com", 0, "", 0, 1, RECORD_FLOOD);
	commands();
	CU_ASSERT_EQUAL(f.commands_len, 2);
}

int main(void)
{
	static const struct unit_test tests[] = {{"new_records", new_records}, {"steady_state", steady_state},
		{"flooded_zones", flooded_zones}, {"zones_of", zones_of}, {"replies", replies},
		{"retention", retention}, {"retention_of_passed_over", retention_of_passed_over}};
	char why[256] = "";

	zones = zone_open("", why, sizeof(why));
	if (!zones) {
		fprintf(stderr, "%s\n", why);
		return 77;
	}
	int result = unit_run("collector_schema", tests, sizeof(tests) / sizeof(tests[0]));
	schema_free(&f);
	redis_buffer_free(&out);
	follow_free(&follow);
	zone_close(zones);
	return result;
}

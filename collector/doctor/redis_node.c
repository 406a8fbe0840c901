// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/redis_node.h"

#include "collector/doctor/certificate.h"
#include "collector/redis/info.h"
#include "collector/redis/link.h"
#include "collector/redis/tls.h"
#include "dataplane/common/monotonic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/time.h>

enum {
	PINGS = 100,
	MEDIAN_US = 5000,
	LONGEST_US = 500000,
	LISTPACK_VALUE = 255, // octets: the longest owner name, as in collector/redis.conf
	LISTPACK_ENTRIES = 128
};
static const double CLOCK_DIFFERENCE_S = 1;

// Sends one command. NULL: no answer.
static redisReply *ask(struct redis_conn *c, unsigned len, ...)
{
	struct redis_buffer b = {0};
	va_list args;

	if (!c->link)
		return NULL;
	redis_encode_array(&b, len);
	va_start(args, len);
	for (unsigned i = 0; i < len; i++)
		redis_encode_text(&b, va_arg(args, const char *));
	va_end(args);
	redisReply *reply = redis_conn_ask(c, &b);
	redis_buffer_free(&b);
	return reply;
}

// warnings that the collector gives, too ───────────────────────────────────────────────────────

struct said {
	struct doctor_report *report;
	unsigned bits;
};

static void take_warning(void *context, enum redis_warning warning, const char *line)
{
	static const enum doctor_kind kinds[REDIS_WARNING_MAX] = {[REDIS_WARNING_EVICTION] = FINDING_EVICTION,
		[REDIS_WARNING_MEMORY] = FINDING_MEMORY,
		[REDIS_WARNING_PERSISTENCE] = FINDING_PERSISTENCE,
		[REDIS_WARNING_DISK] = FINDING_DISK,
		[REDIS_WARNING_RIGHTS] = FINDING_RIGHTS};
	struct said *s = context;

	s->bits |= 1u << warning;
	doctor_bad(s->report, kinds[warning], "%.*s", (int)strcspn(line, ";"), line);
}

static bool is_free_of(const struct said *s, enum redis_warning warning)
{
	return (s->bits & 1u << warning) == 0;
}

static void check_warnings(const struct redis_conn *c, struct doctor_report *r)
{
	const struct redis_info *info = &c->info;
	struct said s = {.report = r};

	redis_info_each(info, take_warning, &s);
	if (!info->known)
		return;
	if (is_free_of(&s, REDIS_WARNING_EVICTION))
		doctor_ok(r, FINDING_EVICTION, "maxmemory-policy %s", info->policy);
	if (is_free_of(&s, REDIS_WARNING_PERSISTENCE))
		doctor_ok(r, FINDING_PERSISTENCE, "appendonly yes");
	if (is_free_of(&s, REDIS_WARNING_DISK) && info->aof != REDIS_AOF_NONE)
		doctor_ok(r, FINDING_DISK, "the append-only file is written");
	if (is_free_of(&s, REDIS_WARNING_MEMORY))
		doctor_ok(r, FINDING_MEMORY, "%lu MiB in use", (unsigned long)(info->memory >> 20));
}

// INFO ───────────────────────────────────────────────────────────────────────────────────────

static void check_limit(const struct redis_conn *c, struct doctor_report *r, bool local)
{
	unsigned long limit = (unsigned long)(c->info.memory_max >> 20);
	struct sysinfo machine;

	bool known = local && sysinfo(&machine) == 0;
	unsigned long all = known ? (unsigned long)((uint64_t)machine.totalram * machine.mem_unit >> 20) : 0;
	if (limit == 0)
		doctor_bad(r, FINDING_LIMIT, "maxmemory is not set%s", known ? "" : " on Redis's machine");
	else if (known && limit > all)
		doctor_bad_as(r, FINDING_LIMIT, DOCTOR_WARNING, "maxmemory is %lu MiB, the machine has %lu MiB", limit,
			all);
	else
		doctor_ok(r, FINDING_LIMIT, "maxmemory is %lu MiB, %lu MiB are in use", limit,
			(unsigned long)(c->info.memory >> 20));
}

static void check_version(const char *text, const struct redis_conn *c, struct doctor_report *r)
{
	char valkey[32];

	redis_info_field(text, "valkey_version", valkey, sizeof(valkey));
	doctor_ok(r, FINDING_REDIS_VERSION, "%s %s", valkey[0] ? "Valkey" : "Redis",
		valkey[0] ? valkey : c->info.version);
}

static void check_info(struct redis_conn *c, struct doctor_report *r, bool local)
{
	redisReply *reply = ask(c, 1, "INFO");
	char status[16];

	if (!reply || reply->type != REDIS_REPLY_STRING) {
		if (reply)
			freeReplyObject(reply);
		return; // check_warnings has said it
	}
	check_version(reply->str, c, r);
	long long evicted = redis_info_number(reply->str, "evicted_keys", 0);
	if (evicted > 0)
		doctor_bad(r, FINDING_EVICTED, "%lld keys were evicted since Redis started: their records are lost",
			evicted);
	else
		doctor_ok(r, FINDING_EVICTED, "none");
	redis_info_field(reply->str, "rdb_last_bgsave_status", status, sizeof(status));
	if (strcmp(status, "err") == 0)
		doctor_bad(r, FINDING_DISK, "rdb_last_bgsave_status: the last snapshot failed");
	check_limit(c, r, local);
	freeReplyObject(reply);
}

// CONFIG ─────────────────────────────────────────────────────────────────────────────────────

// The value of a setting in the reply to CONFIG GET; NULL: it has none.
static const char *value_of(const redisReply *reply, const char *name)
{
	for (size_t i = 0; i + 1 < reply->elements; i += 2)
		if (reply->element[i]->str && strcmp(reply->element[i]->str, name) == 0)
			return reply->element[i + 1]->str;
	return NULL;
}

static long number_of(const redisReply *reply, const char *name, const char *old)
{
	const char *value = value_of(reply, name);

	value = value ? value : value_of(reply, old);
	return value ? strtol(value, NULL, 10) : -1;
}

static void check_listpack(struct redis_conn *c, struct doctor_report *r)
{
	redisReply *reply = ask(c, 3, "CONFIG", "GET", "zset-max-*");

	if (!reply)
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) {
		doctor_skip(r, FINDING_LISTPACK,
			"CONFIG GET is not allowed to this user; see zset-max-listpack-value in redis.conf");
		freeReplyObject(reply);
		return;
	}
	long value = number_of(reply, "zset-max-listpack-value", "zset-max-ziplist-value");
	long entries = number_of(reply, "zset-max-listpack-entries", "zset-max-ziplist-entries");
	if (value >= LISTPACK_VALUE && entries >= LISTPACK_ENTRIES)
		doctor_ok(r, FINDING_LISTPACK, "zset-max-listpack-value %ld, zset-max-listpack-entries %ld", value,
			entries);
	else
		doctor_bad(r, FINDING_LISTPACK,
			"zset-max-listpack-value %ld, zset-max-listpack-entries %ld: records take up to ten times the memory",
			value, entries);
	freeReplyObject(reply);
}

// the machine of Redis ───────────────────────────────────────────────────────────────────────

static bool read_word(const char *path, char *out, size_t out_size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(out, (int)out_size, file);

	if (file)
		fclose(file);
	return read;
}

// Since Redis 6.2 it turns them off for itself, unless disable-thp is no.
static void check_thp(struct redis_conn *c, struct doctor_report *r)
{
	char text[64];
	redisReply *reply = ask(c, 3, "CONFIG", "GET", "disable-thp");
	const char *value = reply && reply->type == REDIS_REPLY_ARRAY ? value_of(reply, "disable-thp") : NULL;
	bool off = value && strcmp(value, "yes") == 0;

	if (!read_word("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof(text)))
		doctor_skip(r, FINDING_THP, "this kernel does not report them");
	else if (!off && strstr(text, "[always]"))
		doctor_bad(r, FINDING_THP, "always: a fork of Redis copies 2 MiB for each page that changes");
	else
		doctor_ok(r, FINDING_THP, off ? "Redis turns them off for itself" : "%.*s", (int)strcspn(text, "\n"),
			text);
	if (reply)
		freeReplyObject(reply);
}

static void check_machine(struct redis_conn *c, struct doctor_report *r, bool local)
{
	char text[64];

	if (!local) {
		doctor_skip(r, FINDING_OVERCOMMIT,
			"Redis is on another machine; run sysctl vm.overcommit_memory there");
		return;
	}
	if (!read_word("/proc/sys/vm/overcommit_memory", text, sizeof(text)))
		doctor_skip(r, FINDING_OVERCOMMIT, "/proc/sys/vm/overcommit_memory cannot be read");
	else if (text[0] != '1')
		doctor_bad(r, FINDING_OVERCOMMIT,
			"vm.overcommit_memory is %c: Redis may be unable to rewrite its append-only file when memory is short",
			text[0]);
	else
		doctor_ok(r, FINDING_OVERCOMMIT, "vm.overcommit_memory is 1");
	check_thp(c, r);
}

// latency, clock, rights ─────────────────────────────────────────────────────────────────────

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void check_latency(struct redis_conn *c, struct doctor_report *r)
{
	uint64_t times[PINGS];

	for (size_t i = 0; i < PINGS; i++) {
		uint64_t start = monotonic_us();
		redisReply *reply = ask(c, 1, "PING");
		if (!reply) {
			doctor_bad(r, FINDING_LATENCY, "no answer to PING: %s", c->why);
			return;
		}
		times[i] = monotonic_us() - start;
		freeReplyObject(reply);
	}
	qsort(times, PINGS, sizeof(*times), compare);
	double median_ms = (double)times[PINGS / 2] / 1000, longest_ms = (double)times[PINGS - 1] / 1000;
	if (times[PINGS / 2] > MEDIAN_US || times[PINGS - 1] > LONGEST_US)
		doctor_bad(r, FINDING_LATENCY, "of %d PINGs: median %.2f ms, longest %.2f ms", PINGS, median_ms,
			longest_ms);
	else
		doctor_ok(r, FINDING_LATENCY, "of %d PINGs: median %.2f ms, longest %.2f ms", PINGS, median_ms,
			longest_ms);
}

static void check_clock(struct redis_conn *c, struct doctor_report *r)
{
	struct timeval now;
	redisReply *reply = ask(c, 1, "TIME");

	gettimeofday(&now, NULL);
	if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
		double there = strtod(reply->element[0]->str, NULL) + strtod(reply->element[1]->str, NULL) / 1e6;
		double ahead = there - ((double)now.tv_sec + (double)now.tv_usec / 1e6);
		if (ahead > CLOCK_DIFFERENCE_S || ahead < -CLOCK_DIFFERENCE_S)
			doctor_bad(r, FINDING_REDIS_CLOCK, "its clock is %.1f s %s", ahead < 0 ? -ahead : ahead,
				ahead < 0 ? "behind" : "ahead");
		else
			doctor_ok(r, FINDING_REDIS_CLOCK, "the clocks differ by less than 1 s");
	}
	if (reply)
		freeReplyObject(reply);
}

// Tries one command of each kind that changes nothing; writing was tried by redis_conn_open.
static void check_rights(struct redis_conn *c, const struct redis_settings *s, struct doctor_report *r)
{
	static const char *const tries[][3] = {{"MULTI", NULL, NULL}, {"DISCARD", NULL, NULL}, {"HLEN", "seq", NULL},
		{"XLEN", "new", NULL}, {"ZCARD", "sensors", NULL}};
	char key[128];
	bool allowed = c->info.known;

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		snprintf(key, sizeof(key), "%s%s", s->prefix, tries[i][1] ? tries[i][1] : "");
		redisReply *reply = ask(c, tries[i][1] ? 2 : 1, tries[i][0], key);
		bool denied = reply && reply->type == REDIS_REPLY_ERROR &&
			      redis_trouble_of(reply->str, reply->len) == REDIS_TROUBLE_NOPERM;
		if (denied)
			doctor_bad_as(r, FINDING_RIGHTS, DOCTOR_ERROR, "%s is not allowed", tries[i][0]);
		allowed = allowed && !denied;
		if (reply)
			freeReplyObject(reply);
	}
	if (allowed)
		doctor_ok(r, FINDING_RIGHTS, "reading, writing, transactions and INFO are allowed");
}

// The certificate that the server showed.
static void check_certificate(const struct redis_conn *c, struct doctor_report *r)
{
	char what[400];
	time_t until = c->link && c->link->tls ? redis_tls_expires(c->link->tls) : 0;

	snprintf(what, sizeof(what), "certificate of %s", c->at.text);
	doctor_word(r, "FILE", what);
	if (until > 0)
		certificate_judge(r, what, 0, until);
}

void redis_node_check(struct redis_conn *c, const struct redis_settings *s, bool local, struct doctor_report *r)
{
	check_warnings(c, r);
	check_info(c, r, local);
	check_listpack(c, r);
	check_machine(c, r, local);
	check_latency(c, r);
	check_clock(c, r);
	check_rights(c, s, r);
	check_certificate(c, r);
}

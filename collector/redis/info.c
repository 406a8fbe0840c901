// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/info.h"

#include "collector/base/metrics.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOOK_MS = 20, WAIT_MS = 1000, MEMORY_PERCENT = 90 };

#define REDIS_WARNING_LABEL(value, label) label,
const char *const redis_warning_label[REDIS_WARNING_MAX] = {REDIS_WARNINGS(REDIS_WARNING_LABEL)};

void redis_info_field(const char *text, const char *name, char *out, size_t out_size)
{
	size_t len = strlen(name);

	out[0] = '\0';
	for (const char *at = text; (at = strstr(at, name)) != NULL; at += len)
		if ((at == text || at[-1] == '\n') && at[len] == ':') {
			snprintf(out, out_size, "%.*s", (int)strcspn(at + len + 1, "\r\n"), at + len + 1);
			return;
		}
}

long long redis_info_number(const char *text, const char *name, long long missing)
{
	char value[32];

	redis_info_field(text, name, value, sizeof(value));
	return value[0] ? strtoll(value, NULL, 10) : missing;
}

static bool is(const char *text, const char *name, const char *wanted)
{
	char value[32];

	redis_info_field(text, name, value, sizeof(value));
	return strcmp(value, wanted) == 0;
}

static enum redis_aof aof_of(const struct redis_info *info, const char *text)
{
	if (!is(text, "aof_enabled", "1"))
		return REDIS_AOF_NONE;
	if (is(text, "aof_rewrite_in_progress", "1") || is(text, "aof_rewrite_scheduled", "1"))
		return REDIS_AOF_BUSY;
	bool well = is(text, "aof_last_bgrewrite_status", "ok");
	if (redis_info_number(text, "aof_last_rewrite_time_sec", -1) >= 0)
		return well ? REDIS_AOF_CLEAN : REDIS_AOF_FAILED;
	// since 7.0 the base is a separate file, which is complete or does not exist
	bool parts = strtol(info->version, NULL, 10) >= 7;
	return parts && redis_info_number(text, "aof_current_size", -1) == redis_info_number(text, "aof_base_size", -2)
		       ? REDIS_AOF_CLEAN
		       : REDIS_AOF_DOUBTFUL;
}

// Of "\ndb0:keys=5,expires=0", all databases.
static uint64_t keys_of(const char *text)
{
	uint64_t sum = 0;

	for (const char *at = text; (at = strstr(at, "\ndb")) != NULL; at += 3) {
		size_t digits = strspn(at + 3, "0123456789");
		if (digits > 0 && strncmp(at + 3 + digits, ":keys=", 6) == 0)
			sum += strtoull(at + 3 + digits + 6, NULL, 10);
	}
	return sum;
}

void redis_info_read(struct redis_info *info, const char *text)
{
	*info = (struct redis_info){.known = text != NULL};
	if (!text)
		return;
	redis_info_field(text, "redis_version", info->version, sizeof(info->version));
	redis_info_field(text, "role", info->role, sizeof(info->role));
	redis_info_field(text, "run_id", info->run_id, sizeof(info->run_id));
	redis_info_field(text, "maxmemory_policy", info->policy, sizeof(info->policy));
	info->cluster = is(text, "redis_mode", "cluster") || is(text, "cluster_enabled", "1");
	info->loading = is(text, "loading", "1");
	info->memory = (uint64_t)redis_info_number(text, "used_memory", 0);
	info->memory_max = (uint64_t)redis_info_number(text, "maxmemory", 0);
	info->keys = keys_of(text);
	info->evicted = (uint64_t)redis_info_number(text, "evicted_keys", 0);
	info->aof = aof_of(info, text);
	info->aof_unwritten = is(text, "aof_last_write_status", "err");
}

// True if the command is not allowed, or does not exist under this name.
static bool is_denied(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_ERROR && (redis_trouble_of(reply->str, reply->len) == REDIS_TROUBLE_NOPERM ||
							   strstr(reply->str, "unknown command"));
}

// Returns -1 (closed) if the reply is an error other than that.
static int fail_error(struct redis_conn *c, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ERROR || is_denied(reply))
		return 0;
	enum redis_trouble trouble = redis_trouble_of(reply->str, reply->len);
	return redis_conn_fail(c, trouble, "%s: %.200s", redis_trouble_sentence[trouble], reply->str);
}

static redisReply *ask(struct redis_conn *c, const char *const *words, unsigned len)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, len);
	for (unsigned i = 0; i < len; i++)
		redis_encode_text(&b, words[i]);
	redisReply *reply = redis_conn_ask(c, &b);
	redis_buffer_free(&b);
	if (reply && fail_error(c, reply) != 0) {
		freeReplyObject(reply);
		return NULL;
	}
	return reply;
}

// Asks for the times of snapshots, if that is allowed.
static int ask_snapshots(struct redis_conn *c)
{
	redisReply *reply = ask(c, (const char *const[]){"CONFIG", "GET", "save"}, 3);

	if (!reply)
		return -1;
	c->info.no_snapshots = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[1]->len == 0;
	freeReplyObject(reply);
	return 0;
}

int redis_info_ask(struct redis_conn *c)
{
	redisReply *reply = ask(c, (const char *const[]){"INFO"}, 1);

	if (!reply)
		return -1;
	bool is_text = reply->type == REDIS_REPLY_STRING, denied = c->info.rewrite_denied;
	redis_info_read(&c->info, is_text ? reply->str : NULL);
	c->info.rewrite_denied = denied;
	bool is_redis = reply->type == REDIS_REPLY_ERROR || c->info.version[0];
	freeReplyObject(reply);
	if (!is_redis)
		return redis_conn_fail(c, REDIS_TROUBLE_PROTOCOL, "this is not a Redis server");
	if (c->info.loading) // then it has aof_enabled:0, whatever it has
		return redis_conn_fail(c, REDIS_TROUBLE_LOADING, "%s", redis_trouble_sentence[REDIS_TROUBLE_LOADING]);
	return c->info.known && c->info.aof == REDIS_AOF_NONE ? ask_snapshots(c) : 0;
}

// warnings ─────────────────────────────────────────────────────────────────────────────────────

struct warning_output {
	redis_info_take *take;
	void *context;
};

static void warn(const struct warning_output *t, enum redis_warning warning, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void warn(const struct warning_output *t, enum redis_warning warning, const char *format, ...)
{
	char line[600];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	t->take(t->context, warning, line);
}

void redis_info_each(const struct redis_info *info, redis_info_take *take, void *context)
{
	const struct warning_output t = {.take = take, .context = context};

	if (!info->known) {
		warn(&t, REDIS_WARNING_RIGHTS,
			"INFO: found it refused, expected it allowed: settings that lose records cannot be checked; ACL SETUSER … +info");
		return;
	}
	if (info->policy[0] && strcmp(info->policy, "noeviction") != 0)
		warn(&t, REDIS_WARNING_EVICTION,
			"maxmemory-policy: found %s, expected noeviction: a full Redis evicts records without an error; CONFIG SET "
			"maxmemory-policy noeviction",
			info->policy);
	if (info->memory_max > 0 && info->memory * 100 >= info->memory_max * MEMORY_PERCENT)
		warn(&t, REDIS_WARNING_MEMORY,
			"maxmemory: found %lu of %lu MiB in use, expected less than %d %%: it will refuse writes; raise maxmemory",
			(unsigned long)(info->memory >> 20), (unsigned long)(info->memory_max >> 20), MEMORY_PERCENT);
	if (info->aof == REDIS_AOF_NONE)
		warn(&t, REDIS_WARNING_PERSISTENCE,
			"appendonly: found no, expected yes: a restart of Redis loses %s; CONFIG SET appendonly yes",
			info->no_snapshots
				? "everything, because there are no snapshots either"
				: "what came after its last snapshot; of that, the spool sends again only what spool.keep still covers");
	if (info->aof_unwritten)
		warn(&t, REDIS_WARNING_DISK,
			"aof_last_write_status: found err, expected ok: Redis cannot write its append-only file; check its log and its disk");
	if (info->rewrite_denied)
		warn(&t, REDIS_WARNING_RIGHTS,
			"BGREWRITEAOF: found it refused, expected it allowed: if Redis is killed, counts may double at a later start; "
			"ACL SETUSER … +bgrewriteaof");
}

struct warnings {
	char *words;
	size_t size, len;
	unsigned bits;
};

static void add_line(void *context, enum redis_warning warning, const char *line)
{
	struct warnings *t = context;

	t->bits |= 1u << warning;
	int n = snprintf(t->words + t->len, t->size - t->len, "%s%s", t->len > 0 ? "\n" : "", line);
	t->len = (size_t)n < t->size - t->len ? t->len + (size_t)n : t->size - 1;
}

unsigned redis_info_judge(const struct redis_info *info, char *words, size_t words_size)
{
	struct warnings t = {.words = words, .size = words_size};

	words[0] = '\0';
	redis_info_each(info, add_line, &t);
	return t.bits;
}

// the append-only file ─────────────────────────────────────────────────────────────────────────

static int fail_rewrite(struct redis_conn *c, bool failed)
{
	if (!failed)
		return redis_conn_fail(c, REDIS_TROUBLE_REWRITE,
			"its append-only file is being rewritten after its start; writing waits for that");
	metrics_add(rewrites_failed, 1);
	return redis_conn_fail(c, REDIS_TROUBLE_REWRITE,
		"its append-only file could not be rewritten after its start: found aof_last_bgrewrite_status:err, expected ok; "
		"writing waits for that; check the log, disk and memory of Redis");
}

// Returns 0 if it has begun or is scheduled, 1 if it is not allowed, or -1 (closed).
static int begin_rewrite(struct redis_conn *c)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "BGREWRITEAOF");
	redisReply *reply = redis_conn_ask(c, &b);
	redis_buffer_free(&b);
	if (!reply)
		return -1;
	bool denied = is_denied(reply);
	bool failed = reply->type == REDIS_REPLY_ERROR && !denied && !strstr(reply->str, "already in progress");
	freeReplyObject(reply);
	if (failed)
		return fail_rewrite(c, true);
	metrics_add(rewrites, !denied);
	return denied;
}

int redis_info_settle(struct redis_conn *c)
{
	struct redis_info *info = &c->info;
	uint64_t until = monotonic_ms() + WAIT_MS;
	bool begun = info->aof == REDIS_AOF_BUSY;

	if (!info->known || strcmp(info->run_id, c->clean_run_id) == 0)
		return 0;
	if (info->aof == REDIS_AOF_DOUBTFUL || info->aof == REDIS_AOF_FAILED) {
		metrics_add(rewrites_failed, info->aof == REDIS_AOF_FAILED);
		int result = begin_rewrite(c);
		info->rewrite_denied = result > 0;
		if (result != 0)
			return result > 0 ? 0 : -1;
		info->aof = REDIS_AOF_BUSY;
		begun = true;
	}
	while (info->aof == REDIS_AOF_BUSY) {
		if (monotonic_ms() > until)
			return fail_rewrite(c, false);
		usleep(1000 * LOOK_MS);
		if (redis_info_ask(c) != 0)
			return -1;
	}
	if (begun && info->aof != REDIS_AOF_CLEAN && info->aof != REDIS_AOF_NONE)
		return fail_rewrite(c, true);
	info->rewrite_denied = false;
	snprintf(c->clean_run_id, sizeof(c->clean_run_id), "%s", info->run_id);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/batch.h"

#include "collector/number/seq.h"
#include "collector/redis/transaction.h"
#include "collector/base/histogram.h"
#include "collector/base/metrics.h"
#include "collector/redis/families.h"
#include "dataplane/common/log.h"

#include <stdio.h>
#include <time.h>

void batch_free(struct batch *b)
{
	schema_free(&b->records);
	redis_buffer_free(&b->out);
	redis_buffer_free(&b->end);
	follow_free(&b->riders);
	spool_batch_free(&b->in);
}

static void put_key(struct redis_buffer *out, const struct redis_settings *s, const char *family, const char *tail)
{
	redis_encode_key(out, s->prefix, family, tail, strlen(tail));
}

static void write_begin(struct redis_buffer *out, const struct redis_settings *s, const struct batch_claim *claim)
{
	seq_put_watch(out, s, claim->uuid, claim->shared);
	seq_put_ask(out, s, claim->uuid);
	lease_ask(out, s, claim->uuid);
	redis_encode_array(out, 1);
	redis_encode_literal(out, "MULTI");
}

static void write_total(struct redis_buffer *out, const struct redis_settings *s, const char *sensor, const char *field,
	uint64_t value)
{
	redis_encode_array(out, 4);
	redis_encode_literal(out, "HINCRBY");
	put_key(out, s, FAMILY_SENSOR, sensor);
	redis_encode_text(out, field);
	redis_encode_uint(out, value);
}

bool batch_is_announced(const struct batch_announced *a, const struct frame_hello *hello)
{
	for (size_t i = 0; i < a->len; i++)
		if (memcmp(a->streams[i], hello->stream, STREAM_UUID_SIZE) == 0)
			return true;
	return false;
}

void batch_announce(struct batch_announced *a, const struct frame_hello *hello)
{
	if (batch_is_announced(a, hello))
		return;
	memcpy(a->streams[a->next], hello->stream, STREAM_UUID_SIZE);
	a->next = (a->next + 1) % BATCH_ANNOUNCED_MAX;
	if (a->len < BATCH_ANNOUNCED_MAX)
		a->len++;
}

void batch_write_sensor(struct redis_buffer *out, const struct frame_hello *hello, const struct schema_frame *records,
	uint64_t now_s, bool announces, const struct redis_settings *s)
{
	redis_encode_array(out, 5);
	redis_encode_literal(out, "ZADD");
	put_key(out, s, FAMILY_SENSORS, "");
	redis_encode_literal(out, "GT");
	redis_encode_uint(out, now_s);
	redis_encode_text(out, hello->sensor);
	write_total(out, s, hello->sensor, "records", records->records_len);
	write_total(out, s, hello->sensor, "sightings", records->sightings);
	if (!announces)
		return;
	redis_encode_array(out, 10);
	redis_encode_literal(out, "HSET");
	put_key(out, s, FAMILY_SENSOR, hello->sensor);
	redis_encode_literal(out, "version");
	redis_encode_text(out, hello->version);
	redis_encode_literal(out, "host");
	redis_encode_text(out, hello->host);
	redis_encode_literal(out, "start");
	redis_encode_uint(out, hello->start_s);
	redis_encode_literal(out, "ports");
	redis_encode_text(out, hello->ports);
}

int batch_send(struct batch *b, struct redis_conn *c, struct batch_claim *claim,
	const struct batch_announced *announced, const struct redis_settings *s, const struct zone_list *zones)
{
	bool open = b->state == BATCH_OPEN;

	b->state = BATCH_SENT;
	b->now_s = (uint64_t)time(NULL);
	redis_buffer_clear(&b->out);
	if (!schema_read(&b->records, b->in.body, b->in.size))
		return redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "no memory for the text of a frame");
	if (!open)
		write_begin(&b->out, s, claim);
	b->ahead = b->out.arrays;
	seq_put_number(&b->out, s, claim->uuid, b->in.number);
	claim->lease.applied = claim->number;
	if (lease_is_due(&claim->lease))
		lease_write(&claim->lease, &b->out, s, claim->uuid);
	b->head_len = b->out.arrays - b->ahead;
	schema_write(&b->records, s, zones, &b->out);
	uint32_t before = b->out.arrays;
	batch_write_sensor(&b->out, &b->in.hello, &b->records, b->now_s, !batch_is_announced(announced, &b->in.hello),
		s);
	b->tail_len = b->out.arrays - before;
	return redis_transaction_send(c, &b->out);
}

// Reads the replies to write_begin(). `claim` NULL: accepts any number.
static int expect_begin(struct redis_conn *c, const struct batch_claim *claim)
{
	struct redis_results one = {.capacity = 0};
	enum guard_kind kind;
	uint64_t number;

	if (redis_transaction_ok(c) != 0 || redis_conn_read(c, &one) != 0)
		return -1;
	if (!guard_take(&one.top, &kind, &number))
		return redis_conn_fail(c, one.trouble, "%s: %.200s", redis_trouble_sentence[one.trouble], one.error);
	if (claim && (kind == GUARD_OTHER || number != claim->number || (kind == GUARD_NONE && claim->number > 0)))
		return redis_conn_fail(c, REDIS_TROUBLE_FENCED,
			"another client changed the number of this spool; reading it again");
	if (lease_expect(claim ? &claim->lease : NULL, c) != 0)
		return -1;
	return redis_transaction_ok(c);
}

static const char exec[] = "*1\r\n$4\r\nEXEC\r\n";

// `follow` moves into the batch. It is dropped if memory ran out while it was made: no counts are lost with it.
static int send_riders(struct batch *b, struct redis_conn *c, struct follow *follow)
{
	struct follow empty = b->riders;

	follow_clear(&empty);
	if (follow->len > BATCH_RIDERS_MAX)
		metrics_add(follow_dropped, follow->len);
	if (follow->commands.bad || follow->len > BATCH_RIDERS_MAX)
		follow_clear(follow);
	b->riders = *follow;
	*follow = empty;
	return b->riders.len > 0 ? redis_transaction_send(c, &b->riders.commands) : 0;
}

int batch_execute(struct batch *b, struct redis_conn *c, struct follow *follow, struct batch *next,
	const struct batch_claim *claim, const struct redis_settings *s)
{
	if (expect_begin(c, claim) != 0 || send_riders(b, c, follow) != 0)
		return -1;
	redis_buffer_clear(&b->end);
	redis_encode_array(&b->end, 1);
	redis_encode_literal(&b->end, "EXEC");
	if (next)
		write_begin(&b->end, s, claim);
	b->state = BATCH_EXECUTING;
	b->executed_ns = histogram_now();
	if (redis_transaction_send(c, &b->end) != 0)
		return -1;
	if (next)
		next->state = BATCH_OPEN;
	return 0;
}

int batch_discard(struct batch *b, struct redis_conn *c)
{
	static const char discard[] = "*1\r\n$7\r\nDISCARD\r\n";

	if (b->state != BATCH_OPEN)
		return 0;
	b->state = BATCH_IDLE;
	if (redis_conn_write(c, discard, sizeof(discard) - 1) != 0)
		return -1;
	return expect_begin(c, NULL) != 0 || redis_transaction_ok(c) != 0 ? -1 : 0;
}

int batch_send_follow(struct batch *b, struct redis_conn *c, struct redis_results *results, struct follow *follow,
	const struct redis_settings *s)
{
	static const char multi[] = "*1\r\n$5\r\nMULTI\r\n";

	if (redis_conn_write(c, multi, sizeof(multi) - 1) != 0 || send_riders(b, c, follow) != 0 ||
		redis_conn_write(c, exec, sizeof(exec) - 1) != 0 || redis_transaction_ok(c) != 0 ||
		redis_transaction_read(c, results, 0, (uint32_t)b->riders.len) != 0)
		return -1;
	metrics_add(commands_sent, 2);
	follow_replies(&b->riders, results, 0, s, follow);
	return 0;
}

void batch_give_back(struct batch *b, struct follow *follow)
{
	follow_join(&b->riders, follow);
	struct follow empty = *follow;
	*follow = b->riders;
	b->riders = empty;
}

// SPDX-License-Identifier: BSD-3-Clause
// The replies to a transaction: applied or not, and what became of each record.
#include "collector/redis_batch.h"

#include "collector/metrics.h"
#include "dataplane/log.h"

#include <time.h>

enum { KEYS_LOGGED_MAX = 64 };

// Logs a refused key once; when many are refused the rest are only counted.
void redis_batch_log_key(const char *key, const char *error)
{
	static uint64_t seen[KEYS_LOGGED_MAX];
	static size_t seen_len;
	uint64_t hash = 0xcbf29ce484222325u;

	for (const char *p = key; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3u;
	for (size_t i = 0; i < seen_len; i++)
		if (seen[i] == hash)
			return;
	if (seen_len == KEYS_LOGGED_MAX)
		return;
	seen[seen_len++] = hash;
	log_warning("redis refused a command on %s: %s%s", key, error,
		seen_len == KEYS_LOGGED_MAX ? "; further keys are only counted" : "");
}

// The replies to the queued commands: "QUEUED", or an error after which EXEC does nothing.
static int read_queued(struct redis_conn *c, struct redis_results *results, uint32_t len)
{
	results->errors = 0;
	for (uint32_t i = 0; i < len; i++)
		if (redis_conn_read(c, results) != 0)
			return -1;
	return 0;
}

// EXEC's reply. Returns 0 where the transaction was carried out.
static int read_exec(struct redis_conn *c, struct redis_results *results, uint32_t len)
{
	if (redis_conn_read(c, results) != 0)
		return -1;
	if (results->top.type == REDIS_REPLY_ERROR)
		return redis_conn_fail(c, results->trouble, "%s: %.200s",
			redis_trouble_sentence[results->trouble], results->error);
	if (results->top.type == REDIS_REPLY_NIL)
		return redis_conn_fail(
			c, REDIS_TROUBLE_FENCED, "%s", redis_trouble_sentence[REDIS_TROUBLE_FENCED]);
	if (results->top.type != REDIS_REPLY_ARRAY || results->len != len)
		return redis_conn_fail(c, REDIS_TROUBLE_PROTOCOL, "EXEC answered %zu results for %u commands",
			results->len, len);
	return 0;
}

// Bookkeeping commands that Redis refused: nothing of the records depends on them but pdns:seq,
// which was looked at when the connection was made.
void redis_batch_note_overhead(
	const struct redis_results *results, uint32_t from, uint32_t len, const char *what)
{
	for (uint32_t i = from; i < from + len; i++)
		if (results->at[i].type == REDIS_REPLY_ERROR)
			redis_batch_log_key(what, redis_trouble_sentence[results->at[i].trouble]);
}

static void note_records(
	struct redis_batch *b, const struct redis_results *results, const struct redis_settings *s)
{
	struct schema_frame *f = &b->records;
	char key[512];

	for (uint32_t i = 0; i < f->commands_len; i++) {
		const struct redis_result *result = &results->at[b->head_len + i];
		schema_reply(f, i, result);
		if (result->type == REDIS_REPLY_ERROR) {
			schema_key(f, i, s, key, sizeof(key));
			redis_batch_log_key(key, redis_trouble_sentence[result->trouble]);
		}
	}
}

void redis_batch_count(struct schema_frame *f)
{
	uint64_t applied = 0, wrong_type = 0, error = 0, sightings = 0;
	for (uint32_t i = 0; i < f->records_len; i++) {
		const struct schema_record *record = &f->records[i];
		if (record->refused == REDIS_TROUBLE_NONE) {
			applied++;
			sightings += record->view.head.count;
		} else if (record->refused == REDIS_TROUBLE_WRONGTYPE) {
			wrong_type++;
		} else {
			error++;
		}
	}
	metrics_add(records_applied, applied);
	metrics_add(records_wrong_type, wrong_type);
	metrics_add(records_error, error);
	metrics_add(sightings_applied, sightings);
	metrics_add(records_first, schema_settle(f));
}

int redis_batch_finish(struct redis_batch *b, struct redis_conn *c, struct redis_results *results,
	struct redis_feed *feed, struct redis_announced *announced, const struct redis_settings *s)
{
	uint32_t own = b->head_len + b->records.commands_len + b->tail_len, all = own + b->feed_len;

	if (read_queued(c, results, all) != 0 || read_exec(c, results, all) != 0)
		return -1;
	redis_batch_note_overhead(results, 0, b->head_len, "the spool's number (seq, fence)");
	note_records(b, results, s);
	redis_batch_count(&b->records);
	redis_batch_note_overhead(results, own - b->tail_len, b->tail_len, "the sensor's keys (sensors, sensor)");
	redis_batch_note_overhead(results, own, b->feed_len, "the stream of new records (new)");
	if (b->feed_len > 0)
		redis_buffer_clear(&feed->commands);
	schema_write_feed(&b->records, s, b->in.hello.sensor, &feed->commands);
	redis_batch_announce(announced, &b->in.hello);
	metrics_add(batches_applied, 1);
	metrics_set(last_applied_s, (uint64_t)time(NULL));
	return 0;
}

int redis_batch_send_feed(struct redis_conn *c, struct redis_results *results, struct redis_feed *feed,
	const struct redis_settings *s)
{
	uint32_t len = feed->commands.arrays;

	if (feed->commands.bad) { // no memory: these entries are lost, the records are not
		redis_buffer_clear(&feed->commands);
		return 0;
	}
	metrics_add(commands_sent, len);
	metrics_add(bytes_sent, feed->commands.size);
	if (redis_conn_write(c, feed->commands.bytes, feed->commands.size) != 0)
		return -1;
	results->errors = 0;
	for (uint32_t i = 0; i < len; i++)
		if (redis_conn_read(c, results) != 0)
			return -1;
	if (results->errors > 0)
		redis_batch_log_key("the stream of new records (new)", results->error);
	redis_buffer_clear(&feed->commands);
	return 0;
}

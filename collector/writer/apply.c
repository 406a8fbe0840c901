// SPDX-License-Identifier: BSD-3-Clause
// The replies to a transaction: applied or not, and what became of each record.
#include "collector/writer/batch.h"

#include "collector/redis/transaction.h"
#include "collector/base/metrics.h"
#include "collector/schema/keys.h"
#include "collector/writer/retain.h"
#include "dataplane/common/log.h"

#include <time.h>

void apply_log_key(const char *key, size_t key_len, const char *error)
{
	static struct follow_keys_seen seen;

	if (follow_first_time(&seen, key, key_len))
		log_warning("redis refused a command on %.*s: %s%s", (int)key_len, key, error,
			seen.len == REDIS_KEYS_SEEN_MAX ? "; further keys are only counted" : "");
}

// Which type a bookkeeping key should have, by its family.
static const char *expected_type(const char *key, size_t len)
{
	if (len >= 4 && memcmp(key + len - 4, ":new", 4) == 0)
		return "a stream";
	return len >= 7 && memcmp(key + len - 7, "sensors", 7) == 0 ? "a sorted set" : "a hash";
}

void apply_note_refused(const struct redis_result *result, const char *key, size_t key_len, struct follow *follow)
{
	if (result->trouble == REDIS_TROUBLE_WRONGTYPE)
		follow_foreign(follow, key, key_len, expected_type(key, key_len));
	else
		apply_log_key(key, key_len, redis_trouble_sentence[result->trouble]);
}

void apply_note_record(struct schema_frame *f, uint32_t index, const struct redis_result *result,
	const struct redis_settings *s, const struct zone_list *zones, struct follow *follow)
{
	char key[SCHEMA_KEY_SIZE];

	schema_reply(f, index, result);
	if (result->type != REDIS_REPLY_ERROR)
		return;
	size_t len = schema_key(f, index, s, zones, key);
	if (result->trouble == REDIS_TROUBLE_WRONGTYPE)
		follow_foreign(follow, key, len, "a sorted set");
	else
		apply_log_key(key, len, redis_trouble_sentence[result->trouble]);
}

// The commands before and after those of the records.
static void note_overhead(struct batch *b, const struct redis_results *results, struct follow *follow)
{
	const char *at = b->out.bytes, *key = NULL;
	uint32_t records = b->records.commands_len, own = b->head_len + records + b->tail_len;
	size_t key_len = 0, errors = 0;

	for (uint32_t i = 0; i < own; i++)
		if (i < b->head_len || i >= b->head_len + records)
			errors += results->at[i].type == REDIS_REPLY_ERROR;
	if (errors == 0)
		return;
	for (uint32_t i = 0; i < b->ahead; i++)
		at = redis_encode_read(at, &key, &key_len);
	for (uint32_t i = 0; i < own; i++) {
		at = redis_encode_read(at, &key, &key_len);
		bool overhead = i < b->head_len || i >= b->head_len + records;
		if (overhead && results->at[i].type == REDIS_REPLY_ERROR)
			apply_note_refused(&results->at[i], key, key_len, follow);
	}
}

void apply_note_riders(struct batch *b, const struct redis_results *results, uint32_t from, struct follow *follow,
	const struct redis_settings *s)
{
	for (size_t i = 0; i < b->riders.len; i++)
		follow_reply(&b->riders, i, &results->at[from + i], &results->texts, from + (uint32_t)i, s, follow);
	follow_clear(&b->riders);
}

uint64_t apply_count(struct schema_frame *f)
{
	uint64_t applied = 0, wrong_type = 0, error = 0, refused = 0;

	for (uint32_t i = 0; i < f->records_len; i++) {
		const struct schema_record *record = &f->records[i];
		if (!record->answered || record->waiting)
			continue; // had before, or not all of it yet: counted once
		if (record->refused == REDIS_TROUBLE_NONE) {
			applied++;
			continue;
		}
		refused += record->view.head.flags & RECORD_FLOOD ? 0 : record->view.head.count;
		if (record->refused == REDIS_TROUBLE_WRONGTYPE)
			wrong_type++;
		else
			error++;
	}
	metrics_add(records_applied, applied);
	metrics_add(records_wrong_type, wrong_type);
	metrics_add(records_error, error);
	metrics_add(records_first, schema_settle(f));
	return refused;
}

// Commands of the transaction without the riders.
static uint32_t own_commands(const struct batch *b)
{
	return b->head_len + b->records.commands_len + b->tail_len;
}

int apply_collect(struct batch *b, struct redis_conn *c, struct redis_results *results)
{
	uint32_t own = own_commands(b);

	return redis_transaction_read(c, results, own, own + (uint32_t)b->riders.len);
}

bool apply_is_numbered(const struct redis_results *results, const struct batch_claim *claim)
{
	const struct redis_result *hset = &results->at[0], *set = &results->at[1];

	// a field that is new though it was there: someone had removed it
	return hset->type == REDIS_REPLY_INTEGER && (hset->integer == 0 || claim->number == 0) &&
	       set->type == REDIS_REPLY_STATUS;
}

uint64_t apply_account(struct batch *b, const struct redis_results *results, struct follow *follow,
	struct batch_announced *announced, const struct redis_settings *s, const struct zone_list *zones)
{
	uint32_t own = own_commands(b);

	note_overhead(b, results, follow);
	for (uint32_t i = 0; i < b->records.commands_len; i++)
		apply_note_record(&b->records, i, &results->at[b->head_len + i], s, zones, follow);
	uint64_t refused = apply_count(&b->records);
	apply_note_riders(b, results, own, follow, s);
	follow_feed(follow, &b->records, s, b->in.hello.sensor);
	retain_due(follow, &b->records, s, zones);
	batch_announce(announced, &b->in.hello);
	metrics_add(batches_applied, 1);
	metrics_set(last_applied_s, (uint64_t)time(NULL));
	return refused;
}

bool apply_retain_last(struct batch *b, struct spool *spool, uint64_t applied, struct follow *follow,
	const struct redis_settings *s, const struct zone_list *zones)
{
	struct follow asks = {0};
	bool done = true;

	if (s->retention_days == 0)
		return true;
	for (uint64_t number = applied > 1 ? applied - 1 : 1; done && number <= applied; number++) {
		if (!spool_read(spool, number, &b->in, 0) || b->in.number != number)
			continue;
		done = schema_read(&b->records, b->in.body, b->in.size);
		if (done)
			retain_again(&asks, &b->records, s, zones);
	}
	// behind what was given back by a transaction whose replies were lost: it counts for none of the batches that it carried
	if (done && !asks.commands.bad && follow->len + asks.len <= BATCH_RIDERS_MAX)
		follow_join(follow, &asks);
	else
		metrics_add(follow_dropped, asks.len);
	follow_free(&asks);
	return done;
}

static void write_score(struct batch *b, const struct schema_record *record, const struct redis_settings *s)
{
	const struct schema_owner *owner = &b->records.owners[record->owner];
	const char *text = b->records.text.bytes;

	redis_encode_array(&b->out, 3);
	redis_encode_literal(&b->out, "ZSCORE");
	redis_encode_key(&b->out, s->prefix, FAMILY_COUNT, text + owner->text, owner->text_len);
	redis_encode_bulk(&b->out, text + record->member, record->member_len);
}

int apply_feed_again(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t number,
	struct redis_results *results, struct follow *follow, const struct redis_settings *s)
{
	struct schema_frame *f = &b->records;

	if (s->new_max == 0 || !spool_read(spool, number, &b->in, 0) || b->in.number != number)
		return 0;
	redis_buffer_clear(&b->out);
	bool read = schema_read(f, b->in.body, b->in.size);
	for (uint32_t i = 0; read && i < f->records_len; i++)
		if (!(f->records[i].view.head.flags & RECORD_FLOOD))
			write_score(b, &f->records[i], s);
	if (!read || b->out.bad)
		return redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "no memory for the text of a batch");
	if (redis_conn_write(c, b->out.bytes, b->out.size) != 0)
		return -1;
	for (uint32_t i = 0; i < f->records_len; i++) {
		struct schema_record *record = &f->records[i];
		if (record->view.head.flags & RECORD_FLOOD)
			continue;
		if (redis_conn_read(c, results) != 0)
			return -1;
		// a count that is just what was added had not been there
		record->fresh =
			results->top.type == REDIS_REPLY_STRING && results->top.integer == record->view.head.count;
	}
	follow_feed(follow, f, s, b->in.hello.sensor);
	return 0;
}

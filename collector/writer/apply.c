// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/apply.h"

#include "collector/redis/families.h"

#include "collector/redis/transaction.h"
#include "collector/base/metrics.h"
#include "collector/writer/key_log.h"
#include "collector/writer/retain.h"

#include <time.h>

// The expected type of a key that is not about a record, by its family.
static const char *expected_type(const char *key, size_t len)
{
	const size_t sensors = strlen(FAMILY_SENSORS);

	if (len >= 4 && memcmp(key + len - 4, ":" FAMILY_NEW, 4) == 0)
		return "a stream";
	return len >= sensors && memcmp(key + len - sensors, FAMILY_SENSORS, sensors) == 0 ? "a sorted set" : "a hash";
}

void apply_note_refused(const struct redis_result *result, const char *key, size_t key_len, struct follow *follow)
{
	if (result->trouble == REDIS_TROUBLE_WRONGTYPE)
		follow_foreign(follow, key, key_len, expected_type(key, key_len));
	else
		key_log_refused(key, key_len, redis_trouble_sentence[result->trouble]);
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
		key_log_refused(key, len, redis_trouble_sentence[result->trouble]);
}

// Replies to the commands before and after those of the records.
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

uint64_t apply_count(struct schema_frame *f)
{
	uint64_t applied = 0, wrong_type = 0, error = 0, refused = 0;

	for (uint32_t i = 0; i < f->records_len; i++) {
		const struct schema_record *record = &f->records[i];
		if (!record->answered || record->waiting)
			continue; // Redis had it before, or a held slot lacks some of it: counted only once
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

	// HSET replies 1 if it added the field: then the number of the previous batch had been removed
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
	follow_replies(&b->riders, results, own, s, follow);
	follow_feed(follow, &b->records, s, b->in.hello.sensor);
	retain_due(follow, &b->records, s, zones);
	batch_announce(announced, &b->in.hello);
	metrics_add(batches_applied, 1);
	metrics_set(last_applied_s, (uint64_t)time(NULL));
	return refused;
}

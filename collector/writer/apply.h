// SPDX-License-Identifier: BSD-3-Clause
// The replies to a transaction: whether it was applied, and the outcome of each record. Writer thread only.
#pragma once

#include "collector/writer/batch.h"

// Reads the replies. `results->at` has room for BATCH_RESULTS_MAX. Returns 0: applied, or -1: not applied, or not known;
// the connection is closed.
int apply_collect(struct batch *b, struct redis_conn *c, struct redis_results *results);

// After apply_collect: true if the transaction replaced the number of `claim` by that of the batch. Else another client
// changed or removed it in between.
bool apply_is_numbered(const struct redis_results *results, const struct batch_claim *claim);

// Counts the outcomes of the records by the replies that were read, and appends what follows from them to `follow`. Needs no
// connection. Returns the sightings in records that Redis rejected.
uint64_t apply_account(struct batch *b, const struct redis_results *results, struct follow *follow,
	struct batch_announced *announced, const struct redis_settings *s, const struct zone_list *zones);

// Redis rejected a command on `key` that is not about a record: logs it once. No record depends on it.
void apply_note_refused(const struct redis_result *result, const char *key, size_t key_len, struct follow *follow);

// Takes the reply to command `index` of the records.
void apply_note_record(struct schema_frame *f, uint32_t index, const struct redis_result *result,
	const struct redis_settings *s, const struct zone_list *zones, struct follow *follow);

// Counts the outcomes of the records after apply_note_record for every reply. Returns the sightings in records that Redis
// rejected.
uint64_t apply_count(struct schema_frame *f);

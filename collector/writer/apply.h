// SPDX-License-Identifier: BSD-3-Clause
// The replies to a transaction: whether it was applied, and the outcome of each record. Writer thread only.
#pragma once

#include "collector/writer/batch.h"

// Reads the replies. `results->at` has room for BATCH_RESULTS_MAX. Returns 0: applied; or -1 (closed).
int apply_collect(struct batch *b, struct redis_conn *c, struct redis_results *results);

// After apply_collect: the batch's number was written in its transaction, over the one of `claim`.
bool apply_is_numbered(const struct redis_results *results, const struct batch_claim *claim);

// Counts what became of the records, by the replies that were read; what follows from them goes to
// `follow`. Needs no connection. Returns the sightings of the records that Redis refused.
uint64_t apply_account(struct batch *b, const struct redis_results *results, struct follow *follow,
	struct batch_announced *announced, const struct redis_settings *s, const struct zone_list *zones);

// Redis refused a bookkeeping command on `key`: says so once. Nothing of the records depends on it.
void apply_note_refused(const struct redis_result *result, const char *key, size_t key_len, struct follow *follow);

// Notes the answer to command `index` of the records.
void apply_note_record(struct schema_frame *f, uint32_t index, const struct redis_result *result,
	const struct redis_settings *s, const struct zone_list *zones, struct follow *follow);

// Counts what became of the records once every reply was noted with schema_reply. Returns the sightings of those
// refused.
uint64_t apply_count(struct schema_frame *f);

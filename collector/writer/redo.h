// SPDX-License-Identifier: BSD-3-Clause
// After a connect, without Cluster: sends again what follows from a batch and may have been lost. Writer thread only.
#pragma once

#include "collector/writer/batch.h"

// If a collector was killed after a batch, its keys may have no expiry. Appends commands for the last two batches up to
// `applied` to `follow`. Returns false if out of memory.
bool redo_expiries(struct batch *b, struct spool *spool, uint64_t applied, struct follow *follow,
	const struct redis_settings *s, const struct zone_list *zones);

// Batch `number` was applied and its replies were lost. Reads the counts of its records: those that were new in Redis are
// appended to `follow` for the stream. Returns 0, or -1 (closed).
int redo_stream(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t number,
	struct redis_results *results, struct follow *follow, const struct redis_settings *s);

// The first connect of a collector: the one before it may have been killed after a batch was applied and before its new records
// were in the stream. Looks again at the last two batches that Redis has, if the spool keeps them, and appends to `follow` those
// new records that are not among the last entries of the stream. Returns 0, or -1 (closed).
int redo_feed(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t applied,
	struct redis_results *results, struct follow *follow, const struct redis_settings *s);

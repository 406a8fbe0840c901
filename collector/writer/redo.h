// SPDX-License-Identifier: BSD-3-Clause
// After a connect, without Cluster: repeats the commands that follow a batch and may have been lost. Writer thread only.
#pragma once

#include "collector/writer/batch.h"

// After a connect: the last two batches that Redis has, up to `applied`, may lack their expiries, where a
// collector was killed behind them. What that asks for goes behind what `follow` holds. False without memory.
bool redo_expiries(struct batch *b, struct spool *spool, uint64_t applied, struct follow *follow,
	const struct redis_settings *s, const struct zone_list *zones);

// After a connect: batch `number` was applied and its replies were lost. Asks which of its records Redis had not
// held before, by their counts; these go to the stream. Returns 0, or -1 (closed).
int redo_stream(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t number,
	struct redis_results *results, struct follow *follow, const struct redis_settings *s);

// SPDX-License-Identifier: BSD-3-Clause
// The Redis writer: one thread that reads batches from the spool, applies them in Redis and acknowledges each one to the spool
// afterwards. While Redis is not reachable, batches stay in the spool; the writer retries with back-off, and reports it once in
// the log, in /readyz and in /metrics.
#pragma once

#include "collector/redis/conn.h"
#include "collector/spool/spool.h"
#include "collector/base/zone.h"
#include "collector/writer/stop.h"

struct writer;

// Starts the thread. `spool` and `zones` are borrowed and must outlive it. NULL on failure.
struct writer *writer_start(struct spool *spool, const struct redis_settings *settings, const struct zone_list *zones);

// New settings. They take effect with the next batch; those of the connection with the next connect.
void writer_reload(struct writer *w, const struct redis_settings *settings);

// True while batches are applied; else `why` has the reason. Any thread.
bool writer_is_up(struct writer *w, char *why, size_t why_size);

// Lines about risks for records that Redis accepts (eviction, no persistence, …), or empty. Any thread.
void writer_warnings(struct writer *w, char *out, size_t out_size);

// The first stopped slots of a cluster. Returns how many. Any thread.
size_t writer_stops(struct writer *w, struct writer_stop out[static WRITER_STOPS_MAX]);

// Writes what is in the spool, for at most `bound_ms`, then ends the thread and frees it. `forget_spool`: the spool is temporary; if
// all of it was written, its files and its number in Redis are deleted.
void writer_stop(struct writer *w, unsigned bound_ms, bool forget_spool);

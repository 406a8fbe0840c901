// SPDX-License-Identifier: BSD-3-Clause
// The Redis writer: one thread that reads batches from the spool, keeps the connection, and
// acknowledges each batch once it is applied. Redis away: it tries again with back-off, says so once
// in the log and in /metrics; batches stay in the spool.
#pragma once

#include "collector/redis/conn.h"
#include "collector/spool/spool.h"
#include "collector/base/zone.h"
#include "collector/writer/stop.h"

struct writer;

// Starts the thread. `spool` and `zones` are borrowed and must outlive it. NULL on failure.
struct writer *writer_start(struct spool *spool, const struct redis_settings *settings, const struct zone_list *zones);

// New settings; they take effect with the next batch, those of the connection with the next one.
void writer_reload(struct writer *w, const struct redis_settings *settings);

// True while Redis takes what it is sent; else `why` says what is wrong. Any thread.
bool writer_is_up(struct writer *w, char *why, size_t why_size);

// What endangers records though Redis takes them: lines, or empty. Any thread.
void writer_warnings(struct writer *w, char *out, size_t out_size);

// The first of them. Returns how many. Any thread.
size_t writer_stops(struct writer *w, struct writer_stop out[static WRITER_STOPS_MAX]);

// Lets it write what waits in the spool, for `bound_ms` at most, ends the thread and frees it.
// `forget_spool`: the spool is temporary; where all of it was written, its files and its number in
// Redis are removed.
void writer_stop(struct writer *w, unsigned bound_ms, bool forget_spool);

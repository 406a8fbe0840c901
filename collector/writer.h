// SPDX-License-Identifier: BSD-3-Clause
// The Redis writer: one thread that takes frames from the queue, keeps the connection, and releases
// each frame once it is applied. Redis away: it tries again with back-off, says so once in the log
// and in /metrics; frames stay in the queue.
#pragma once

#include "collector/queue.h"
#include "collector/redis_conn.h"
#include "collector/zone.h"

struct writer;

// Starts the thread. `queue` and `zones` are borrowed and must outlive it. NULL on failure.
struct writer *writer_start(
	struct queue *queue, const struct redis_settings *settings, const struct zone_list *zones);

// New settings; they take effect with the next frame, those of the connection with the next one.
void writer_reload(struct writer *w, const struct redis_settings *settings);

// True while Redis takes what it is sent; else `why` says what is wrong. Any thread.
bool writer_is_up(struct writer *w, char *why, size_t why_size);

// Lets it write what is queued, for `bound_ms` at most, ends the thread and frees it.
void writer_stop(struct writer *w, unsigned bound_ms);

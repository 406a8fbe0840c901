// SPDX-License-Identifier: BSD-3-Clause
// Hands frames to the collector: numbers them, sends them, keeps them until they are acknowledged,
// sends them again after a reconnect. Runs in the main thread, never in a worker.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/flush/flush.h"
#include "dataplane/common/frame.h"
#include "dataplane/common/stats.h"

struct outbox;

struct outbox_options {
	const char *socket_path; // of the collector
	int (*connect)(
		const char *socket_path); // a connected socket that does not block, or -errno; see outbox_connect
	const char *sensor;		  // name of this sensor
	const char *ports;		  // names of the ports, for people
	// Fills the body of a STATS frame; returns its size, at most `size`.
	size_t (*stats_body)(void *context, uint8_t *out, size_t size);
	void *context;
};

// NULL when out of memory or where the socket's path is too long (logged).
struct outbox *outbox_new(const struct outbox_options *options, struct flush *const *workers, size_t workers_len);
void outbox_free(struct outbox *o);

// One round: connects where needed, takes full frames, sends, reads acknowledgements. Waits up to
// `wait_ms` for something to happen. Errors of the connection are logged once and mended by
// themselves.
void outbox_turn(struct outbox *o, int wait_ms);

// No frame will come any more: BYE follows the last one.
void outbox_finish(struct outbox *o);

// True once BYE is acknowledged: the collector has everything.
bool outbox_is_done(const struct outbox *o);

bool outbox_is_connected(const struct outbox *o);
uint64_t outbox_unacked(const struct outbox *o); // frames

// A connection to a Unix socket, for outbox_options: a socket that does not block, or -errno.
int outbox_connect(const char *socket_path);

const struct outbox_stats *outbox_stats(const struct outbox *o);

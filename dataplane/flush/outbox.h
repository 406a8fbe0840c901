// SPDX-License-Identifier: BSD-3-Clause
// Frames → collector: numbers them, sends them, keeps them until they are acknowledged, sends them again after a reconnect.
// Main thread only. Protocol: docs/exactly-once.md, frames: common/frame.h.
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
	// Writes the body of a STATS frame to `out`; returns its size, at most `size`; 0: it does not fit.
	size_t (*stats_body)(void *context, uint8_t *out, size_t size);
	void *context;
};

// A stream and how far it has come, to be continued after a restart (follow/).
struct outbox_stream {
	uint8_t hello[sizeof(struct frame_header) + sizeof(struct frame_hello)];
	uint64_t number;    // of its last frame
	uint64_t sightings; // in all its frames
};

// `workers` must live as long as the outbox. It lasts as long as the program. NULL: out of memory, or the path of
// the socket is too long (logged).
struct outbox *outbox_new(const struct outbox_options *options, struct flush *const *workers, size_t workers_len);

// One round: connects if necessary, takes full frames, sends, reads acknowledgements. Waits up to `wait_ms` for the socket.
// An error of the connection is logged once; later rounds connect again, after a pause of up to a second.
void outbox_turn(struct outbox *o, int wait_ms);

// No more frames will come: BYE follows the last one.
void outbox_finish(struct outbox *o);

// True after BYE was acknowledged: the collector has everything.
bool outbox_is_done(const struct outbox *o);

// The stream as it is now.
void outbox_stream(const struct outbox *o, struct outbox_stream *out);

// Continues another stream, or begins a new one (NULL), over a new connection. There must be no unacknowledged frame.
void outbox_set_stream(struct outbox *o, const struct outbox_stream *stream);

bool outbox_is_connected(const struct outbox *o);
uint64_t outbox_unacked(const struct outbox *o); // number of frames that are not acknowledged

// A connection to a Unix socket, for outbox_options: a socket that does not block, or -errno.
int outbox_connect(const char *socket_path);

const struct outbox_stats *outbox_stats(const struct outbox *o);

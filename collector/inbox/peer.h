// SPDX-License-Identifier: BSD-3-Clause
// One connected dataplane: socket, buffer, what was acknowledged to it. Inbox thread only.
#pragma once

#include <sys/types.h>

#include "collector/inbox/sensors.h"
#include "collector/spool/spool.h"

enum { CONN_BUFFER_SIZE = 2 * FRAME_SIZE_MAX };

// Where frames go.
struct conn_target {
	struct spool *spool;
	struct sensors *sensors;
	struct stream_registry *streams;
};

struct inbox_conn {
	int fd;					  // -1: slot not used
	uid_t user;				  // of the process at the other end
	uint64_t since_ms;			  // monotonic time of the accept
	uint64_t heard_ms;			  // monotonic time of the last complete frame
	struct stream *stream;			  // NULL before HELLO
	uint64_t last_number;			  // highest number received on this connection
	uint64_t acked;				  // last number acknowledged on this connection
	bool blocked;				  // a complete frame waits for room in the spool
	bool deaf;				  // the dataplane has closed; what it sent is still read
	uint8_t *in;				  // CONN_BUFFER_SIZE octets, owned
	size_t in_size;				  // octets in it
	uint8_t out[sizeof(struct frame_header)]; // an ACK being sent
	size_t out_done;			  // octets of it sent; sizeof(out): nothing to send
};

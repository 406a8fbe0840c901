// SPDX-License-Identifier: BSD-3-Clause
// One connected dataplane: its buffer, its frames, its acknowledgements. Between inbox.c (sockets),
// conn.c (octets) and frame.c (frames). Inbox thread only.
#pragma once

#include <sys/types.h>

#include "collector/inbox/board.h"
#include "collector/spool/spool.h"

enum { CONN_BUFFER_SIZE = 2 * FRAME_SIZE_MAX };

// What frames are handed to.
struct conn_target {
	struct spool *spool;
	struct board *board;
	struct stream_registry *streams;
};

struct inbox_conn {
	int fd;					  // -1: slot not used
	uid_t user;				  // of the process at the other end
	uint64_t since_ms;			  // monotonic time of the accept
	uint64_t heard_ms;			  // and of the last whole frame
	struct stream *stream;			  // NULL before HELLO
	uint64_t last_number;			  // highest number that came on this connection
	uint64_t acked;				  // number acknowledged last on this connection
	bool blocked;				  // a whole frame waits for room in the queue
	bool deaf;				  // the dataplane is gone; what it had sent is still read
	uint8_t *in;				  // CONN_BUFFER_SIZE octets, owned
	size_t in_size;				  // octets in it
	uint8_t out[sizeof(struct frame_header)]; // an ACK being sent
	size_t out_done;			  // octets of it sent; sizeof(out): nothing to send
};

enum frame_outcome { FRAME_TAKEN, FRAME_WAITS, FRAME_UNSOUND };

// frame.c: deals with one whole frame. FRAME_UNSOUND: `*why` says what is wrong.
enum frame_outcome inbox_frame(struct inbox_conn *c, const struct conn_target *to, const struct frame_header *header,
	const uint8_t *body, uint64_t now_ms, const char **why);

// conn.c ─────────────────────────────────────────────────────────────────────────────────

// Reads what is there and deals with whole frames.
void inbox_conn_read(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Deals with frames that waited for room.
void inbox_conn_unblock(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Acknowledges what is safe, as far as the socket takes it.
void inbox_conn_acknowledge(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Closes and frees the slot. `why` (may be NULL) goes to the log.
void inbox_conn_close(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms, const char *why);

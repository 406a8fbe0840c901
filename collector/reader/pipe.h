// SPDX-License-Identifier: BSD-3-Clause
// A connection for reading many keys: commands are sent long before their replies are read, and
// replies are parsed in the receive buffer, without an allocation per reply.
//
//     out ──send──► Redis ──recv──► in:  │ replies parsed    │ the next ones │
//                                        0                   pos             len
//
// Replies stay in the buffer, at their offsets, until reader_pipe_release.
#pragma once

#include "collector/reader/connect.h"

struct reader_pipe {
	struct redis_link *link; // its reader is used for the greeting only; owned
	struct redis_buffer out;
	char *in;
	size_t pos, len, capacity;
	char run[12]; // the server's run_id, the first digits; "0" if not known
	double timeout_s;
	char why[512]; // of the failure, one line
};

// Text in `in`.
struct reader_piece {
	uint32_t at, len;
};

// Connects to `at` (NULL: what the settings name). 0, or -1 with `why`.
int reader_pipe_open(struct reader_pipe *p, const struct redis_settings *s, const struct endpoint *at);
void reader_pipe_close(struct reader_pipe *p);

// Notes a failure. Returns -1.
int reader_pipe_fail(struct reader_pipe *p, const char *what);

// Sends what is in `out`, and clears it. 0 or -1.
int reader_pipe_send(struct reader_pipe *p);

// The head of a reply or of an element of one: its mark (* $ : + -) and number; of an error the text
// is in `why`. 0 or -1.
int reader_pipe_head(struct reader_pipe *p, char *mark, long long *number);

// A bulk string. 0, or -1 if it is something else.
int reader_pipe_bulk(struct reader_pipe *p, struct reader_piece *piece);

// Frees the replies that were read: all texts in `in` become invalid.
void reader_pipe_release(struct reader_pipe *p);

// SPDX-License-Identifier: BSD-3-Clause
// A capture that can be read once: standard input, a named pipe, a socket. A thread of its own reads, unpacks and cuts it into
// packets, because a worker must not wait for a writer. Packets wait in a ring of octets; if it is full, the thread stops
// reading, and the writer waits.
//
//     pipe ─► thread: capture/ ─► ring ─► worker: pipe_input_peek, pipe_input_take
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture/packet.h"
#include "dataplane/intake/intake_options.h"

struct pipe_input;

// Whether `path` names a pipe or an open descriptor: "-", /dev/stdin, /dev/fd/N, a FIFO.
bool pipe_input_is(const char *path);

// Opens it, without waiting for a writer. NULL with one line in `why`. `path` must outlive it. Main thread.
struct pipe_input *pipe_input_open(const char *path, char *why, size_t why_size);

// A ring that others fill by pipe_input_put, and that never ends. NULL without memory. `name` must outlive it.
struct pipe_input *pipe_input_new(const char *name);

// Puts a packet into the ring of pipe_input_new; waits while it is full. False after pipe_input_stop. One thread at a time.
bool pipe_input_put(struct pipe_input *p, const struct capture_packet *packet);
void pipe_input_stop(struct pipe_input *p); // main thread

// Lets the calling thread run on all processors, not only on the main thread's.
void pipe_input_run_everywhere(void);

// Starts the thread, which reads after the first call of pipe_input_peek. Call it before the sandbox is sealed. Returns 0, or -1
// without memory. `damaged`: whether damaged data make the replay fail. Main thread.
int pipe_input_start(struct pipe_input *p, enum intake_damaged damaged);

// The next packet; NULL if there is none now, or none any more (pipe_input_is_over). Valid until pipe_input_take. One thread at a
// time, as for the next two.
const struct capture_packet *pipe_input_peek(struct pipe_input *p);
void pipe_input_take(struct pipe_input *p);    // the packet that pipe_input_peek has returned is no longer needed
bool pipe_input_is_over(struct pipe_input *p); // every packet was taken

bool pipe_input_failed(
	const struct pipe_input *p); // it held no capture, or damaged data that are not allowed; logged. Any thread
const char *pipe_input_name(const struct pipe_input *p);
void pipe_input_close(struct pipe_input *p); // ends the thread; NULL is allowed. Main thread

// SPDX-License-Identifier: BSD-3-Clause
// Turns of the threads that must make progress. They count; the main thread compares the counts (dataplane/service/stall.h), and
// sends the service manager no keep-alive if one makes no progress.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum beat_thread { BEAT_SPOOL, BEAT_WRITER, BEAT_WATCH, BEAT_THREADS };

extern const char *const beat_name[BEAT_THREADS];

// The calling thread is this one; from now on it is watched.
void beat_begin(enum beat_thread thread);

// The calling thread ends.
void beat_end(void);

// A turn of the calling thread, a command or a reply of Redis. Nothing if the thread is not watched.
void beat(void);

// The calling thread waits for work, or for a time; it is not watched meanwhile.
void beat_rest(bool rests);

// Something that takes as long as the disk needs, such as a repair of the spool, while other threads may wait for it: none is
// watched. Calls nest.
void beat_long(bool begins);

// Any thread. Turns so far; `*excused`: it rests, has ended, or waits for something long.
uint64_t beat_turns(enum beat_thread thread, bool *excused);

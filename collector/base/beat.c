// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/beat.h"

#include <stdatomic.h>

const char *const beat_name[BEAT_THREADS] = {"spool", "writer", "watch"};

static struct {
	atomic_uint_fast64_t turns;
	atomic_bool watched;
} threads[BEAT_THREADS];
static atomic_int long_ones;
static __thread int mine = -1;

void beat_begin(enum beat_thread thread)
{
	mine = (int)thread;
	atomic_store(&threads[mine].watched, true);
}

void beat_end(void)
{
	beat_rest(true);
	mine = -1;
}

void beat(void)
{
	if (mine >= 0)
		atomic_fetch_add_explicit(&threads[mine].turns, 1, memory_order_relaxed);
}

void beat_rest(bool rests)
{
	beat();
	if (mine >= 0)
		atomic_store(&threads[mine].watched, !rests);
}

void beat_long(bool begins)
{
	atomic_fetch_add(&long_ones, begins ? 1 : -1);
}

uint64_t beat_turns(enum beat_thread thread, bool *excused)
{
	*excused = !atomic_load(&threads[thread].watched) || atomic_load(&long_ones) > 0;
	return atomic_load_explicit(&threads[thread].turns, memory_order_relaxed);
}

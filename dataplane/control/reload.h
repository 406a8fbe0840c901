// SPDX-License-Identifier: BSD-3-Clause
// Settings read once more, on SIGHUP: the same file and options as at the start, into a filter set. That takes seconds with a
// large expression or large lists, so a thread of its own does it, which shares nothing else with the others. It knows no
// DPDK, so that the program may end while it reads.
#pragma once

#include <pthread.h>
#include <stddef.h>

#include "dataplane/admit/filter.h"
#include "dataplane/control/settings.h"

enum { RELOAD_OPTIONS_MAX = 256, RELOAD_PATIENCE_S = 60 };

enum reload_state { RELOAD_IDLE, RELOAD_READING, RELOAD_READ };
enum reload_outcome { RELOAD_NOTHING, RELOAD_TAKEN, RELOAD_REFUSED };

struct reload {
	const char *file;			 // -c, or NULL
	const char *options[RELOAD_OPTIONS_MAX]; // -o, in order
	int options_len;
	// main thread
	bool started;	   // there is a thread
	bool given_up;	   // what is being read comes too late
	uint64_t since_ms; // monotonic; when it was asked for
	// under the lock
	pthread_mutex_t lock;
	pthread_cond_t asked;
	enum reload_state state;
	// the thread's while READING, else the main thread's
	const struct dataplane_settings *given; // not to be read, only their lists; or NULL
	struct dataplane_settings settings;	// as read last
	struct filter_set *set;			// NULL: refused
	char why[1024];
};

// Reads everything into `*settings`, defaults first. Returns 0, or -errno with one line in `why`.
int reload_settings(const struct reload *reload, struct dataplane_settings *settings, char *why, size_t why_size);

// Starts reading, of `given` the lists alone where it is not NULL. False while the last reading goes on, or where there can
// be no thread. Main thread, as all that follow.
bool reload_ask(struct reload *reload, const struct dataplane_settings *given, uint64_t now_ms);

// TAKEN: `*set` is what was read, not finished yet, and is the caller's; REFUSED: one line in `why`, nothing has changed.
// `patience_s`: what is not there after so long is refused; 0: for ever.
enum reload_outcome reload_take(struct reload *reload, uint64_t now_ms, unsigned patience_s, struct filter_set **set,
	char *why, size_t why_size);

// True while something is being read.
bool reload_is_reading(struct reload *reload);

// What was taken is in force: sets the log level, warns of each key that was changed and needs a restart.
void reload_in_force(struct reload *reload);

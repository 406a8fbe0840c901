// SPDX-License-Identifier: BSD-3-Clause
// Reads the settings, at the start and again on SIGHUP: the same file and options, into a filter set. This takes seconds with a
// large expression or large lists, so a separate thread does it. It shares nothing else with other threads and uses no DPDK, so
// that the program may end while it reads.
#pragma once

#include <pthread.h>
#include <stddef.h>

#include "dataplane/admit/filter.h"
#include "dataplane/control/settings.h"

enum { RELOAD_OPTIONS_MAX = 256, RELOAD_PATIENCE_S = 60 };

enum reload_state { RELOAD_IDLE, RELOAD_READING, RELOAD_READ };
enum reload_outcome { RELOAD_NOTHING, RELOAD_TAKEN, RELOAD_REFUSED };

struct reload {
	const char *file;			 // -c or the default (conf_file), or NULL
	const char *options[RELOAD_OPTIONS_MAX]; // -o, in order
	int options_len;
	// main thread
	bool started;	   // the thread exists
	bool given_up;	   // the result will be too late
	uint64_t since_ms; // monotonic; time of the request
	// under the lock
	pthread_mutex_t lock;
	pthread_cond_t asked;
	enum reload_state state;
	// owned by the thread while READING, else by the main thread
	const struct dataplane_settings *given; // read only the lists that these name; or NULL
	struct dataplane_settings settings;	// as read last
	struct filter_set *set;			// NULL: rejected
	char why[1024];
};

// Reads the defaults, the file and the options into `*settings`. Returns 0, or -errno with one line in `why`.
int reload_settings(const struct reload *reload, struct dataplane_settings *settings, char *why, size_t why_size);

// Starts reading; if `given` is not NULL, only the lists that it names. Returns false while the last reading is going on, or if
// the thread cannot be created. Main thread only, as the functions below.
bool reload_ask(struct reload *reload, const struct dataplane_settings *given, uint64_t now_ms);

// RELOAD_TAKEN: the caller owns `*set` and calls filter_set_finish. RELOAD_REFUSED: one line in `why`, nothing has changed.
// `patience_s`: reading that takes longer is refused; 0: no limit.
enum reload_outcome reload_take(struct reload *reload, uint64_t now_ms, unsigned patience_s, struct filter_set **set,
	char *why, size_t why_size);

// Whether an outcome is still to come.
bool reload_is_awaited(struct reload *reload);

// Whether reading is going on.
bool reload_is_reading(struct reload *reload);

// After RELOAD_TAKEN: sets the log level, and warns of each key that was changed but needs a restart.
void reload_in_force(struct reload *reload);

// SPDX-License-Identifier: BSD-3-Clause
// What deliver.c, intake.c and outlet.c share.
#pragma once

#include "collector/alert/deliver.h"
#include "collector/alert/progress.h"
#include "collector/alert/sender.h"
#include "collector/reader/reader.h"

#include <pthread.h>

enum {
	DELIVER_POLL_MS = 500,	    // between two looks at the stream
	DELIVER_RETRY_MS = 5000,    // after a failure to read or to store
	DELIVER_PAGE = 500,	    // entries read at once
	DELIVER_POSTPONED_MAX = 10, // failures while others were delivered, then an alert is set aside
};

struct outlet {
	const struct alert_outlet_config *config; // of the delivery
	struct alert_queue *queue;
	struct alert_sender sender;
	struct alert_deliver *deliver;
	pthread_t thread;
	bool running;			     // the thread was started
	bool busy;			     // under the delivery's lock: a delivery is under way
	uint64_t delivered, retried, failed; // atomic; written by the outlet's thread
	bool up;			     // atomic
	uint64_t delivered_before;	     // at the last failure; the outlet's thread only
};

struct alert_deliver {
	pthread_mutex_t lock;
	pthread_cond_t changed; // new alerts, a reload, the end
	struct alert_deliver_settings settings;
	// under the lock
	struct redis_settings redis;
	bool redis_changed;
	struct alert_config *next; // of a reload that waits; owned
	bool stopping, caught_up;  // the end; the stream is read to its end
	uint64_t rounds;	   // looks at the stream
	bool outlets_stop;	   // outlets end after what is under way
	bool abort;		   // atomic: and break it off
	struct outlet *outlet[ALERT_OUTLETS_MAX];
	size_t outlets;
	// the alerts thread
	pthread_t thread;
	bool running;
	struct alert_config config; // in use
	struct alert_progress progress;
	struct reader reader;
	bool in_trouble;	       // a failure was logged
	uint64_t read, repeated, held; // atomic
	bool reading;		       // atomic
};

// intake.c: the alerts thread.
void *alert_intake_run(void *deliver);

// outlet.c: opens the queues of the configuration and starts the threads. Returns 0, or -1 with one line in `why`.
int alert_outlets_start(struct alert_deliver *d, char *why, size_t why_size);

// Ends the threads after what is under way. False if one did not end within `bound_ms` (0: no bound); it then still uses all.
bool alert_outlets_stop(struct alert_deliver *d, uint64_t bound_ms);

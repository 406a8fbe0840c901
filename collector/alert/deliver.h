// SPDX-License-Identifier: BSD-3-Clause
// The delivery of alerts: Redis → queues on disk → outlets.
//
//     alerts thread    reads the stream pdns:alert, applies limits, fills the queues   intake.c
//     outlet threads   one per outlet: queue → receiver, with retries                  outlet.c
//
// None of them shares anything with the writer. deliver.h is called by the main thread, except alert_deliver_levels.
#pragma once

#include "collector/alert/config.h"
#include "collector/alert/queue.h"
#include "collector/redis/settings.h"

struct alert_deliver;

struct alert_deliver_settings {
	char file[4096];   // watch.conf
	char folder[4096]; // alert.dir
	uint64_t size;	   // alert.size: octets that may wait per outlet
};

// Counters of one outlet; they go on over reloads.
struct alert_outlet_levels {
	char name[SECTIONS_NAME_LEN + 1];
	uint64_t delivered, retried, failed; // alerts; attempts that failed; alerts that were set aside
	bool up;			     // the last attempt was no failure
	struct alert_queue_levels queue;
};

struct alert_deliver_levels {
	size_t len; // outlets
	struct alert_outlet_levels outlet[ALERT_OUTLETS_MAX];
	uint64_t read, repeated, held; // entries of the stream; of them not delivered: repetitions, beyond a limit
	bool reading;		       // Redis can be read
};

// Starts the threads. The delivery then owns the configuration. NULL with one line in `why`.
struct alert_deliver *alert_deliver_start(struct alert_config *config, const struct alert_deliver_settings *settings,
	const struct redis_settings *redis, char *why, size_t why_size);

// Takes a new configuration, which the delivery then owns: opens files again, tries alerts again that were set aside. Does not
// wait: the alerts thread does it.
void alert_deliver_reload(struct alert_deliver *d, struct alert_config *config);

// Takes new settings of Redis.
void alert_deliver_reconnect(struct alert_deliver *d, const struct redis_settings *redis);

// Ends all threads. `drain_ms`: waits so long until what is in Redis is delivered. NULL does nothing.
void alert_deliver_stop(struct alert_deliver *d, uint64_t drain_ms);

// Any thread. NULL: no outlets.
void alert_deliver_levels(struct alert_deliver *d, struct alert_deliver_levels *out);

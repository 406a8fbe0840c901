// SPDX-License-Identifier: BSD-3-Clause
// The state of the writer, shared by writer.c (thread), seek.c (where to continue after a connect) and watch.c (configuration and
// health of Redis). Not for other files.
#pragma once

#include "collector/writer/batch.h"
#include "collector/writer/cluster.h"
#include "collector/writer/stop.h"

#include <pthread.h>

struct writer {
	struct spool *spool;	       // borrowed; has its own lock
	const struct zone_list *zones; // borrowed, read only
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change; // settings or `stopping` changed

	struct redis_settings settings;		    // under the lock
	bool reloaded;				    // under the lock
	bool stopping;				    // under the lock
	bool forget;				    // under the lock: delete spool and number at the end
	uint64_t stop_at_ms;			    // under the lock: monotonic time at which to give up
	bool up;				    // under the lock
	char why[800];				    // under the lock: the failure while not up
	char warnings[4096];			    // under the lock: lines about risks for records, or empty
	struct writer_stop stops[WRITER_STOPS_MAX]; // under the lock: stopped slots of a cluster
	size_t stops_len;			    // under the lock
	char stops_why[800];			    // under the lock: the first of them as a sentence

	// the rest is used by the thread only
	struct redis_settings s; // copy of the settings
	struct redis_conn conn;
	unsigned warned;	  // enum redis_warning, bits: already in the log
	uint64_t check_at_ms;	  // monotonic time of the next check of Redis
	bool checking;		  // the check is due: nothing is sent ahead
	uint64_t stops_seen;	  // `changes` of the list of stops when it was last published
	struct cluster *cluster;  // NULL: Redis without Cluster
	unsigned again;		  // steps in a row that returned CLUSTER_AGAIN
	struct batch batch[2];	  // the one in execution, and the next one
	unsigned turn;		  // index of the one in execution
	struct batch_claim claim; // UUID of the spool, and the number in Redis
	uint64_t applied;	  // highest batch that Redis has
	uint64_t exec_sent;	  // highest batch whose EXEC was sent
	uint64_t unnumbered;	  // batch that was applied, but its number could not be written; 0: none
	bool remembered;	  // the spool has noted on disk that Redis has a number of it
	uint64_t epoch;		  // connection on which `applied` was read; 0: never
	uint64_t streamed;	  // up to this batch, new records are in the stream or in `follow`
	uint64_t
		riders_batch; // batch that the first `riders_len` commands of `follow` were sent with, without a reply; 0: none
	size_t riders_len;
	struct batch_announced announced; // sensors written in full on this connection
	struct follow follow;		  // for the next transaction
	struct redis_results results;
	enum redis_trouble logged; // trouble that is in the log; NONE: no trouble
	enum guard_state stopped;  // why writing is stopped, as in the log; SOUND: it is not
	unsigned failures;	   // in a row
	unsigned fruitless;	   // connections in a row that ended before a batch was applied
	unsigned random;	   // seed of the jitter
};

// Once per connection: reads the number in Redis and finds the next batch. Returns 0, or -1 (closed).
int writer_look_up(struct writer *w);

// The last batch was applied, but its number did not replace the previous one: closes the connection, so that the number is
// read again. Returns -1.
int writer_unnumbered(struct writer *w);

// Publishes the last INFO of Redis, or of all nodes: log, metrics, /readyz.
void writer_note_info(struct writer *w);

// Publishes the stopped slots: metrics, /readyz. They are in the log already.
void writer_note_stops(struct writer *w);

// The check every redis.check seconds: no reply may be outstanding. Returns 0, or -1 (closed).
bool writer_check_is_due(const struct writer *w);
int writer_check(struct writer *w);

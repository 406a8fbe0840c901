// SPDX-License-Identifier: BSD-3-Clause
// Inside the writer, between writer.c (its thread), seek.c (where to go on after a connect)
// and watch.c (how Redis is set up).
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

	struct redis_settings settings; // under the lock
	bool reloaded;			// under the lock
	bool stopping;			// under the lock
	bool forget;			// under the lock: the spool is temporary, its number goes at the end
	uint64_t stop_at_ms;		// under the lock: monotonic time at which to give up
	bool up;			// under the lock
	char why[800];			// under the lock: what is wrong while not up
	char warnings[4096];		// under the lock: what endangers records, lines; empty: nothing
	struct writer_stop stops[WRITER_STOPS_MAX]; // under the lock: slots of a cluster that nothing is written to
	size_t stops_len;			    // under the lock
	char stops_why[800];			    // under the lock: the first of them in words

	// the thread's own
	struct redis_settings s; // copy of the settings
	struct redis_conn conn;
	unsigned warned;	  // enum redis_warning, bits: already in the log
	uint64_t check_at_ms;	  // monotonic time of the next look at how Redis is set up
	bool checking;		  // it is due
	uint64_t stops_seen;	  // `changes` of the cluster's stops that the others know of
	struct cluster *cluster;  // NULL: Redis is none
	unsigned again;		  // passes in a row that left slots on the move
	struct batch batch[2];	  // in execution, and sent behind it
	unsigned turn;		  // index of the one in execution
	struct batch_claim claim; // the spool's UUID, and what Redis holds
	uint64_t applied;	  // highest batch that Redis has
	uint64_t exec_sent;	  // highest batch whose EXEC was sent
	uint64_t unnumbered;	  // batch that was applied, but its number could not be written; 0: none
	bool remembered;	  // the spool has noted on disk that Redis has a number of it
	uint64_t epoch;		  // connection on which `applied` was read; 0: never
	uint64_t streamed;	  // up to this batch, new records are in the stream or in `follow`
	uint64_t
		riders_batch; // batch that the first `riders_len` commands of `follow` were sent with, without a reply; 0: none
	size_t riders_len;
	struct batch_announced announced; // on this connection
	struct follow follow;		  // for the next transaction
	struct redis_results results;
	enum redis_trouble logged; // trouble already in the log; NONE while all is well
	enum guard_state stopped;  // what stops the writing, already in the log; SOUND: nothing
	unsigned failures;	   // in a row
	unsigned fruitless;	   // connections in a row that were made and ended before they took anything
	unsigned random;	   // seed of the jitter
};

// Finds out where to go on, once a connection. Returns 0, or -1 (closed).
int writer_look_up(struct writer *w);

// The batch before was applied, and its number could not be written over the one before: the connection is given up, and
// what Redis holds is looked at. Returns -1.
int writer_unnumbered(struct writer *w);

// What the connection, or those of a cluster, told of Redis last: into log, metrics, /readyz.
void writer_note_info(struct writer *w);

// The slots that nothing is written to: into metrics and /readyz. The log has it.
void writer_note_stops(struct writer *w);

// The look at it that is due every redis.check: nothing may be under way. Returns 0, or -1 (closed).
bool writer_check_is_due(const struct writer *w);
int writer_check(struct writer *w);

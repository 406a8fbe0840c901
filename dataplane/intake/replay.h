// SPDX-License-Identifier: BSD-3-Clause
// Captures as queues, one per worker. A worker whose queue is empty reads the capture: it keeps its own packets and puts the
// others into the queues of their workers. No packet is lost: if a queue is full or no buffer is free, reading waits. Both
// directions of a conversation, and their fragments, come to the same worker.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture/capture.h"

struct rte_mbuf;
struct rte_mempool;
struct replay;
struct pipe_input;

// What is read: captures one after another, then all pipes together, the oldest packet first. All must outlive the replay.
struct replay_sources {
	const struct capture *captures; // checked
	unsigned captures_len;
	struct pipe_input *const *pipes; // started
	unsigned pipes_len;
};

// If a capture begins earlier than the one before it ended, the clock for
// time-outs advances by `pause_us`, so that nothing waits across the two. Returns NULL with one logged line on failure.
struct replay *replay_new(const struct replay_sources *sources, unsigned workers, uint64_t pause_us,
	struct rte_mempool *pool);

// Further captures, after all before were read: replay_is_done is false until these were. For a replay without pipes. Main thread.
void replay_give(struct replay *r, const struct capture *captures, unsigned captures_len);

// The queue that a worker passes to replay_receive.
void *replay_queue(struct replay *r, unsigned worker);

// Like rte_eth_rx_burst: returns up to `len` packets for the worker of this queue. Thread of that worker only.
uint16_t replay_receive(void *queue, struct rte_mbuf **mbufs, uint16_t len);

bool replay_is_done(const struct replay *r);	 // the last packet is in a queue or was taken, or reading failed
bool replay_failed(const struct replay *r);	 // a file changed while it was read, or a pipe failed; logged
uint64_t replay_packets(const struct replay *r); // packets read so far
void replay_free(struct replay *r);

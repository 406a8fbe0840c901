// SPDX-License-Identifier: BSD-3-Clause
// Captures as queues, one a worker: whichever worker has nothing in its queue reads on, keeps what is
// its own and puts the rest into the queues of the others. Nothing is lost on the way: where a queue is
// full or no buffer is free, reading waits. Both directions of a conversation come to one worker,
// fragments with them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture/capture.h"

struct rte_mbuf;
struct rte_mempool;
struct replay;

// Of captures that were checked, which must outlive the replay. `pause_us` passes for time-outs before a capture of an earlier
// time than the one before: nothing waits for it. NULL with one logged line where that fails.
struct replay *replay_new(const struct capture *captures, unsigned captures_len, unsigned workers, uint64_t pause_us,
	struct rte_mempool *pool);

// What a worker hands to replay_receive.
void *replay_queue(struct replay *r, unsigned worker);

// Like rte_eth_rx_burst: up to `len` packets for the worker of this queue. In the worker's thread.
uint16_t replay_receive(void *queue, struct rte_mbuf **mbufs, uint16_t len);

bool replay_is_done(const struct replay *r);	 // the last packet is queued or was taken, or reading failed
bool replay_failed(const struct replay *r);	 // a file changed under our hands; logged
uint64_t replay_packets(const struct replay *r); // packets read so far
void replay_free(struct replay *r);

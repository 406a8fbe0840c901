// SPDX-License-Identifier: BSD-3-Clause
// Captures as a port: a thread reads the files and feeds a net_ring port with one queue a worker,
// as fast as the workers take. Nothing is lost on the way; both directions of a conversation come
// to one worker, fragments with them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture.h"

struct rte_mempool;
struct replay;

// Makes the port for captures that were checked. `captures` must outlive the replay. NULL with one
// logged line where that fails; else `*port` is the DPDK port, still to be started.
struct replay *replay_new(const struct capture *captures, unsigned captures_len, unsigned workers,
	struct rte_mempool *pool, uint16_t *port);

int replay_start(struct replay *r); // starts the reader; 0 or -errno
void replay_stop(struct replay *r); // makes the reader end early
bool replay_is_done(const struct replay *r); // the last packet is queued, or reading failed
bool replay_failed(const struct replay *r);  // a file changed under our hands; logged
uint64_t replay_packets(const struct replay *r); // packets queued so far
void replay_free(struct replay *r);

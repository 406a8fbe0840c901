// SPDX-License-Identifier: BSD-3-Clause
// One worker: an lcore that polls one RX queue of each port and brings each packet to its end: from the queue to the table.
// Body and orders; the state is in worker_state.h.
#pragma once

#include "dataplane/loop/worker_state.h"

// Orders of the main thread to all workers.
struct worker_orders {
	atomic_bool go;		    // the program has dropped its privileges: packets may be parsed
	atomic_bool drain;	    // no packet will come any more: take what is queued, flush, end
	atomic_uint_fast64_t flush; // changed: take what is queued, flush everything, go on
	atomic_bool stop;	    // take nothing more, flush, end
};

extern struct worker_orders worker_orders;

// Body of an lcore, for rte_eal_remote_launch; `worker` is a struct worker. Sets up its tables, on the NUMA node of the
// lcore, and runs until ordered to end. Returns 0, or -1 with `failed` set.
int worker_run(void *worker);

// SPDX-License-Identifier: BSD-3-Clause
// Batches into a Redis Cluster. The unit of exactly once is (batch, slot): all commands of some
// batches that belong to one slot are one transaction, which sets the slot's number.
//
//     batches 8…11 ──► commands by slot ──► for each slot, to the primary that holds it
//                                             HGET pdns:seq:{tag of the slot} <uuid>
//                                           and where that is the number that is known
//                                             MULTI
//                                               HSET pdns:seq:{tag of the slot} <uuid> 11
//                                               SET  pdns:fence:{tag of the slot}:<uuid> 11
//                                               the slot's commands of those of the batches
//                                               8…11 that are above the number it holds
//                                             EXEC
//
// A group is done when each of its slots has it; what was moved, refused or left unanswered is sent
// again after a look at topology and numbers (topology.h). Where a failover lost writes, the
// batches from the lowest lost number on are sent again; slots that have them pass them over.
//
// No WATCH: the transactions of all slots of a node go in one packet, and each EXEC would end the watches of the
// others. Someone who writes the number between HGET and EXEC is found out by what HSET answered, or by the next
// HGET; SET has written the number whatever the key held, so the transaction is known to be applied.
//
// Writer thread only.
#pragma once

#include "collector/writer/batch.h"
#include "collector/number/topology.h"

struct cluster;

enum cluster_outcome {
	CLUSTER_DONE,	// a group was applied
	CLUSTER_IDLE,	// nothing to send
	CLUSTER_AGAIN,	// some slots are on the move: again in a moment
	CLUSTER_TROUBLE // see cluster_why
};

// NULL without memory. `spool` and `zones` are borrowed.
struct cluster *cluster_new(struct spool *spool, const struct zone_list *zones);
void cluster_free(struct cluster *cl);

// Begins a group, or goes on with the last one. Waits `idle_ms` at most for a batch.
enum cluster_outcome cluster_step(struct cluster *cl, const struct redis_settings *s, unsigned idle_ms);

// What is wrong, after CLUSTER_TROUBLE.
enum redis_trouble cluster_why(const struct cluster *cl, char *why, size_t why_size);

// Its nodes.
struct topology *cluster_topology(struct cluster *cl);

// True while a group is under way, or entries of the stream of new records are to be sent.
bool cluster_is_busy(const struct cluster *cl);

// The end: gives the lease back. `gone`: the spool is no more; its numbers are deleted, but for what cannot be reached.
void cluster_leave(struct cluster *cl, const struct redis_settings *s, bool gone);

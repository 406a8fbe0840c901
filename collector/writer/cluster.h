// SPDX-License-Identifier: BSD-3-Clause
// Batches into a Redis Cluster. A group of batches is sent as one transaction per slot: the commands of all its batches that
// belong to the slot, and the slot's number. Exactly-once holds per batch and slot.
//
//     batches 8…11 ──► commands by slot ──► per slot, to its primary
//                                             HGET pdns:seq:{tag of the slot} <uuid>
//                                           and if that is the expected number
//                                             MULTI
//                                               HSET pdns:seq:{tag of the slot} <uuid> 11
//                                               SET  pdns:fence:{tag of the slot}:<uuid> 11
//                                               the slot's commands of those batches of
//                                               8…11 that are above the slot's number
//                                             EXEC
//
// A group is done when every slot has it. What was redirected, rejected or not answered is sent again after topology and
// numbers were read again (number/topology.h). If a failover lost writes, all batches from the lowest lost number on are sent
// again; commands for slots that have them are left out.
//
// There is no WATCH: the transactions of all slots of a node are sent in one packet, and each EXEC would end the watches of the
// others. If another client changes the number between HGET and EXEC, the reply to HSET shows it, or the next HGET. SET
// replaces any value, so the second copy says that the transaction was applied.
//
// Writer thread only.
#pragma once

#include "collector/writer/batch.h"
#include "collector/number/topology.h"

struct cluster;

enum cluster_outcome {
	CLUSTER_DONE,	// a group was applied
	CLUSTER_IDLE,	// nothing to send
	CLUSTER_AGAIN,	// some slots are being migrated: call again after a pause
	CLUSTER_TROUBLE // see cluster_why
};

// NULL if out of memory. `spool` and `zones` are borrowed.
struct cluster *cluster_new(struct spool *spool, const struct zone_list *zones);
void cluster_free(struct cluster *cl);

// Starts a group, or continues the last one. Waits at most `idle_ms` for a batch.
enum cluster_outcome cluster_step(struct cluster *cl, const struct redis_settings *s, unsigned idle_ms);

// The failure, after CLUSTER_AGAIN or CLUSTER_TROUBLE.
enum redis_trouble cluster_why(const struct cluster *cl, char *why, size_t why_size);

// The nodes and what is known of each slot.
struct topology *cluster_topology(struct cluster *cl);

// True while a group is in progress, or commands that follow from the last one are to be sent.
bool cluster_is_busy(const struct cluster *cl);

// At the end: gives the lease back. `gone`: the spool was deleted, so its numbers are deleted on all nodes that can be reached.
void cluster_leave(struct cluster *cl, const struct redis_settings *s, bool gone);

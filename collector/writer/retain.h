// SPDX-License-Identifier: BSD-3-Clause
// Retention (retention.days): removes members that were not seen for that long from keys that are due, and sets the expiry of
// the keys. Only keys that were just seen to be sorted sets are changed, so these commands follow a batch (follow.h).
//
//     name:    ZREMRANGEBYSCORE -inf cutoff, EXPIRE        ip:, rdata:  the same
//     first:   ZINTERSTORE with name:, EXPIRE              zone:, net:  EXPIRE
//     count:   as first:                                   flood        as name:, flood:names as first:
//
// In a cluster, first: and count: are in other slots than name:. So instead of ZINTERSTORE the members are read before they are
// removed (ZRANGEBYSCORE and ZREMRANGEBYSCORE in one transaction), and a ZREM follows.
//
// If the collector is killed after a batch, what follows from it is lost. After the next start the keys of batches that Redis
// has are asked for their type (ZCARD), and sorted sets get their EXPIRE. Old members are removed when the key is due next.
// Writer thread only.
#pragma once

#include "collector/writer/follow.h"

// After a connect, without Cluster: asks for the type of all keys of these records, so that sorted sets get their expiry.
void retain_again(struct follow *f, const struct schema_frame *records, const struct redis_settings *s,
	const struct zone_list *zones);

// Appends the commands of retention for the batch with these records, after all replies were taken.
void retain_due(struct follow *f, const struct schema_frame *records, const struct redis_settings *s,
	const struct zone_list *zones);

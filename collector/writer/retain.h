// SPDX-License-Identifier: BSD-3-Clause
// Retention (retention.days): members not seen for that long go from the keys that are due, and the
// keys get their expiry. Only keys that have just answered as sorted sets are touched, so this follows
// a batch instead of being part of it.
//
//     name:    ZREMRANGEBYSCORE -inf cutoff, EXPIRE        ip:, rdata:  the same
//     first:   ZINTERSTORE with name:, EXPIRE              zone:, net:  EXPIRE
//     count:   as first:                                   flood        as name:, flood:names as first:
//
// In a cluster first: and count: lie in other slots than name:, so instead of ZINTERSTORE the members
// are read as they are removed (ZRANGEBYSCORE, in one transaction with ZREMRANGEBYSCORE), and a ZREM
// follows.
//
// What follows a batch is lost where the collector is killed between the two. Then keys whose commands
// are passed over, for Redis has them (in a cluster, after a start), are asked for their type (ZCARD), and
// sorted sets get their EXPIRE; what is too old goes when they are due the next time. Writer thread only.
#pragma once

#include "collector/writer/follow.h"

// After a connect, without a cluster: the batch before may have lost what follows it. Asks for the keys of
// these records, so that those which are sorted sets get their expiry.
void retain_again(struct follow *f, const struct schema_frame *records, const struct redis_settings *s,
	const struct zone_list *zones);

// Appends what retention asks for after the batch with these records, all replies noted.
void retain_due(struct follow *f, const struct schema_frame *records, const struct redis_settings *s,
	const struct zone_list *zones);

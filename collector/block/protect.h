// SPDX-License-Identifier: BSD-3-Clause
// What protect.c and protect_prefix.c share.
#pragma once

#include "collector/block/allow.h"
#include "collector/reader/reader.h"

// Gathers the question which names have used an address, or point to a server, since a time: the newest ones.
void block_protect_ask(struct reader *r, const char *family, const char *tail, int64_t since);

// The first allowed name in the reply, in `*name`, whose record that points to `target` is not doubted; returns why, or NULL.
const char *block_protect_judge(struct block_allow *a, const struct block_set *s, enum block_kind kind,
	const char *target, const redisReply *reply, const char **name);

// Sets `*allowed` if an allowed name uses an address of the prefix, and adds that to the report. 0, or -1 (r->why).
int block_protect_prefix(struct block_allow *a, struct block_set *s, struct reader *r, struct block_entry *e,
	int64_t since, bool *allowed);

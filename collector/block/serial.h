// SPDX-License-Identifier: BSD-3-Clause
// The serial of a list (RFC 1912 §2.2, RFC 1982): grows if the records change, and never otherwise. It is the time of the change,
// or one more than the previous serial if the clock does not allow that. Redis keeps it (FAMILY_BLOCK), so that it grows
// also over restarts, and is the same in files and over HTTP.
#pragma once

#include "collector/block/block.h"

struct reader;

enum { BLOCK_DIGEST_SIZE = 65 };

// SHA-256, in hexadecimal, of what decides the records: entries, policy, TTL; not of the comments.
void block_serial_digest(const struct block_list *l, const struct block_set *s, char out[static BLOCK_DIGEST_SIZE]);

// What to add to the previous serial (`known`: there is one).
uint32_t block_serial_step(bool known, uint32_t previous, int64_t now);

// True if `a` is after `b` in the arithmetic of serials.
bool block_serial_after(uint32_t a, uint32_t b);

struct block_serial {
	uint32_t serial;
	int64_t changed; // seconds since 1970
};

// The serial of the list with these records. `more_than`: of a file that exists, or NULL; a new serial is after it. 0, or -1 with
// one line in `why`.
int block_serial_get(struct block_serial *out, struct reader *r, const char *list, const char *digest,
	const uint32_t *more_than, int64_t now, char *why, size_t why_size);

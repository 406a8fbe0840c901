// SPDX-License-Identifier: BSD-3-Clause
// A keyed hash of 128 bits that is built up from words and blocks in registers; otherwise as hash.h. Inline only.
#pragma once

#include "dataplane/base/hash.h"
#include "dataplane/base/octets.h"

// A sum of products: order does not matter, and each pair of words needs multipliers of its own. Zero at first.
struct hash_wide {
	uint64_t half[2];
};

static inline void hash_wide_pair(struct hash_wide *h, uint64_t x, uint64_t x_key, uint64_t y, uint64_t y_key)
{
	__uint128_t product = (__uint128_t)(x ^ x_key) * (y ^ y_key);
	uint64_t low = (uint64_t)product, high = (uint64_t)(product >> 64);

	h->half[0] += low ^ high;
	h->half[1] += low + 2 * high;
}

// Block number `n` of a value. The caller's own pairs of words may use the multipliers k[4] to k[7] and their sums.
static inline __attribute__((always_inline)) void hash_wide_octets(struct hash_wide *h, const struct hash_key *key,
	octets block, uint64_t n)
{
	typedef uint64_t words __attribute__((vector_size(OCTETS)));
	const uint64_t *k = key->k;
	words w = (words)block;

	hash_wide_pair(h, w[0], k[0] + n * k[4], w[1], k[1] + n * k[5]);
	hash_wide_pair(h, w[2], k[2] + n * k[6], w[3], k[3] + n * k[7]);
}

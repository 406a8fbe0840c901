// SPDX-License-Identifier: BSD-3-Clause
// Keyed hash of names and keys of tables. The key is random per start, so nobody outside can choose names that fall into one
// bucket. Not for authentication. Results differ between starts; none is stored or sent.
//
// Each block of 32 octets is folded by two 64 × 64 → 128 bit multiplications of its words. Each word is first mixed with
// the secret key (the construction of NH, wyhash and umash).
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HASH_BLOCK = 32, HASH_KEYS = 8 };

struct hash_key {
	uint64_t k[HASH_KEYS];
};

// Fills the key from getrandom(2). Returns 0 or -errno.
int hash_key_random(struct hash_key *key);

// A key that follows from `seed`, for results that must be the same each time. As secret as the seed.
void hash_key_from(struct hash_key *key, uint64_t seed);

static inline uint64_t hash_load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static inline uint32_t hash_load32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Mixes one more word into a hash; order matters.
static inline uint64_t hash_mix(const struct hash_key *key, uint64_t hash, uint64_t word)
{
	return hash_fold(hash ^ key->k[2], word ^ key->k[3]);
}

// Hash of `size` octets, which zeros up to a multiple of HASH_BLOCK must follow. Each block has its own multipliers, derived
// from the key, so that blocks do not wait for each other.
static inline uint64_t hash_padded(const struct hash_key *key, const uint8_t *p, size_t size)
{
	const uint64_t *k = key->k;
	uint64_t h = size + hash_fold(hash_load64(p) ^ k[0], hash_load64(p + 8) ^ k[1]) +
		     hash_fold(hash_load64(p + 16) ^ k[2], hash_load64(p + 24) ^ k[3]);
	uint64_t a = k[0], b = k[1], c = k[2], d = k[3];

	for (size_t at = HASH_BLOCK; __builtin_expect(at < size, 0); at += HASH_BLOCK) {
		a += k[4];
		b += k[5];
		c += k[6];
		d += k[7];
		h += hash_fold(hash_load64(p + at) ^ a, hash_load64(p + at + 8) ^ b) +
		     hash_fold(hash_load64(p + at + 16) ^ c, hash_load64(p + at + 24) ^ d);
	}
	return h;
}

// The same with 128 bits: the two halves of each product are folded in two ways.
static inline void hash_padded_wide(const struct hash_key *key, const uint8_t *p, size_t size, uint64_t half[2])
{
	const uint64_t *k = key->k;
	uint64_t h0 = size, h1 = size, a = k[0], b = k[1], c = k[2], d = k[3];

	for (size_t at = 0; at < size; at += HASH_BLOCK) {
		__uint128_t x = (__uint128_t)(hash_load64(p + at) ^ a) * (hash_load64(p + at + 8) ^ b);
		__uint128_t y = (__uint128_t)(hash_load64(p + at + 16) ^ c) * (hash_load64(p + at + 24) ^ d);
		uint64_t x_low = (uint64_t)x, x_high = (uint64_t)(x >> 64), y_low = (uint64_t)y,
			 y_high = (uint64_t)(y >> 64);
		h0 += (x_low ^ x_high) + (y_low ^ y_high);
		h1 += x_low + 2 * x_high + 3 * y_low + 4 * y_high;
		a += k[4];
		b += k[5];
		c += k[6];
		d += k[7];
	}
	half[0] = h0;
	half[1] = h1;
}

// Hash of `size` octets; reads no others. A different function than hash_padded: never compare their results.
static inline uint64_t hash_bytes(const struct hash_key *key, const uint8_t *p, size_t size)
{
	uint8_t last[16] = {0};
	size_t whole = size & ~(size_t)15;
	uint64_t h = key->k[0] ^ size;

	for (size_t at = 0; at < whole; at += 16)
		h = hash_fold(h ^ key->k[2], key->k[3] + at) ^
		    hash_fold(hash_load64(p + at) ^ key->k[1] ^ at, hash_load64(p + at + 8) ^ key->k[0]);
	memcpy(last, p + whole, size - whole);
	h = hash_fold(hash_load64(last) ^ key->k[1] ^ h, hash_load64(last + 8) ^ key->k[2]);
	return hash_fold(h ^ key->k[0], key->k[3]);
}

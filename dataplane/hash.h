// SPDX-License-Identifier: BSD-3-Clause
// Keyed hash of names and keys. The key is random at each start, so that no one outside can build
// names that fall into one bucket. Not for authentication. Results differ between starts; nothing
// of them is stored or sent.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hash_key {
	uint64_t k[4];
};

// Fills the key from getrandom(2). Returns 0 or -errno.
int hash_key_random(struct hash_key *key);

static inline uint64_t hash_load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
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

// Hash of `size` octets; reads no octet outside them.
static inline uint64_t hash_bytes(const struct hash_key *key, const uint8_t *p, size_t size)
{
	uint64_t h = key->k[0] ^ size;
	size_t left = size;

	for (; left > 16; left -= 16, p += 16)
		h = hash_fold(hash_load64(p) ^ key->k[1] ^ h, hash_load64(p + 8) ^ key->k[2]);
	uint64_t a = 0, b = 0;
	if (left >= 8) {
		a = hash_load64(p);
		b = hash_load64(p + left - 8);
	} else if (left > 0) {
		uint8_t tail[8] = {0};
		memcpy(tail, p, left);
		a = hash_load64(tail);
	}
	h = hash_fold(a ^ key->k[1] ^ h, b ^ key->k[2]);
	return hash_fold(h ^ key->k[0], key->k[3]);
}

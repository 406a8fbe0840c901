// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/hash.h"

#include <errno.h>
#include <sys/random.h>

// With a factor of zero a word would have no effect.
static void make_odd(struct hash_key *key)
{
	for (size_t i = 0; i < HASH_KEYS; i++)
		key->k[i] |= 1;
}

int hash_key_random(struct hash_key *key)
{
	ssize_t got = getrandom(key->k, sizeof(key->k), 0);

	if (got != (ssize_t)sizeof(key->k))
		return got < 0 ? -errno : -EIO;
	make_odd(key);
	return 0;
}

// By SplitMix64 (Steele, Lea and Flood 2014).
void hash_key_from(struct hash_key *key, uint64_t seed)
{
	for (size_t i = 0; i < HASH_KEYS; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15u;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		key->k[i] = z ^ z >> 31;
	}
	make_odd(key);
}

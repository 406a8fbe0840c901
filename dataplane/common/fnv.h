// SPDX-License-Identifier: BSD-3-Clause
// FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv): a hash to spread keys over a table and to notice damage. It has no key, so whoever
// chooses the octets can choose the hash; for names from the network use base/hash.h. Some results are stored on disk and
// in Redis: the constants must not change.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FNV64_START 0xcbf29ce484222325u
#define FNV32_START 0x811c9dc5u

// Mixes one value in: an octet, as FNV-1a says, or a word of eight, which is faster and another function.
static inline uint64_t fnv64_mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x100000001b3u;
}

// Mixes `size` octets in. Begin with FNV64_START.
static inline uint64_t fnv64(uint64_t hash, const void *octets, size_t size)
{
	const uint8_t *p = octets;

	for (size_t i = 0; i < size; i++)
		hash = fnv64_mix(hash, p[i]);
	return hash;
}

// The same in 32 bits. Begin with FNV32_START, or with a random number instead.
static inline uint32_t fnv32(uint32_t hash, const void *octets, size_t size)
{
	const uint8_t *p = octets;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 0x01000193u;
	return hash;
}

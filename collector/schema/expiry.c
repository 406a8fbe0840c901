// SPDX-License-Identifier: BSD-3-Clause
#include "collector/schema/expiry.h"

#include "dataplane/common/fnv.h"

#include <stdlib.h>
#include <string.h>

// An entry: 40 bits of the key's hash, 24 bits of time in units of 64 s. A wrong hit, one in 2^38, only delays a renewal.
enum { WAYS = 4, STAMP_BITS = 24, STAMP_UNIT_S = 64, STAMP_MASK = (1 << STAMP_BITS) - 1 };

static uint64_t *table;

static uint64_t hash_key(char family, const char *text, size_t len)
{
	uint64_t hash = fnv64(FNV64_START ^ (uint8_t)family, text, len);

	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

bool schema_expiry_is_due(char family, const char *text, size_t len, uint64_t now_s, uint64_t days)
{
	uint64_t period = days * 86400 / 16 > EXPIRY_PERIOD_MIN_S ? days * 86400 / 16 : EXPIRY_PERIOD_MIN_S;

	if (!table)
		table = calloc((size_t)EXPIRY_BUCKETS * WAYS, sizeof(*table));
	if (!table)
		return true;
	uint64_t hash = hash_key(family, text, len), stamp = now_s / STAMP_UNIT_S & STAMP_MASK;
	uint64_t *bucket = table + (hash & (EXPIRY_BUCKETS - 1)) * WAYS;
	uint64_t *oldest = bucket;
	uint64_t tag = hash >> STAMP_BITS << STAMP_BITS;

	for (int i = 0; i < WAYS; i++) {
		uint64_t age = (stamp - bucket[i]) & STAMP_MASK; // after a clock went back: very old
		if (bucket[i] != 0 && (bucket[i] & ~(uint64_t)STAMP_MASK) == tag) {
			if (age < period / STAMP_UNIT_S)
				return false;
			oldest = &bucket[i];
			break;
		}
		if (bucket[i] == 0 || (*oldest != 0 && age > ((stamp - *oldest) & STAMP_MASK)))
			oldest = &bucket[i];
	}
	*oldest = tag | stamp;
	return true;
}

void schema_expiry_reset(void)
{
	if (table)
		memset(table, 0, (size_t)EXPIRY_BUCKETS * WAYS * sizeof(*table));
}

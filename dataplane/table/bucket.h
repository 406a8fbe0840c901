// SPDX-License-Identifier: BSD-3-Clause
// Which buckets a hash belongs to, and which of their slots may hold it.
#pragma once

#include "dataplane/table/layout.h"

#ifdef __AVX2__
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

// The first bucket: its page by the owner's half of the hash, its place there by bits of the other half above the tag's.
static inline uint64_t bucket_first(const struct table *t, uint64_t hash)
{
	uint64_t page = (hash >> 32) * t->pages_len >> 32;

	return page * TABLE_PAGE_BUCKETS + (hash >> 16) % TABLE_PAGE_BUCKETS;
}

// The tag of a hash.
static inline uint16_t bucket_tag(uint64_t hash)
{
	return (uint16_t)(hash | 1); // 0 is a free slot
}

// The second bucket: in any page but that of the first one, if there is more than one page.
static inline uint64_t bucket_second(const struct table *t, uint64_t hash)
{
	uint64_t len = table_buckets(t), at = ((hash * 0x9e3779b97f4a7c15u) >> 32) * len >> 32;

	if (at / TABLE_PAGE_BUCKETS == bucket_first(t, hash) / TABLE_PAGE_BUCKETS) // an owner may have filled that
		at = at + TABLE_PAGE_BUCKETS < len ? at + TABLE_PAGE_BUCKETS : at % TABLE_PAGE_BUCKETS;
	return at;
}

// The slots whose tag is `tag`: two bits for each. For bucket_slot.
static inline uint32_t bucket_match(const struct table_bucket *b, uint16_t tag)
{
#ifdef __AVX2__
	__m256i line = _mm256_load_si256((const __m256i *)b->tag); // the tags and what follows them
	uint32_t mask = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(line, _mm256_set1_epi16((short)tag)));
	return mask & ((1u << 2 * TABLE_BUCKET_SLOTS) - 1);
#elif defined(__SSE2__)
	__m128i wanted = _mm_set1_epi16((short)tag);
	__m128i low = _mm_load_si128((const __m128i *)b->tag), high = _mm_loadu_si128((const __m128i *)(b->tag + 8));
	uint32_t mask = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(high, wanted)) << 16 |
			(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(low, wanted));
	return mask & ((1u << 2 * TABLE_BUCKET_SLOTS) - 1);
#else
	uint32_t mask = 0;
	for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
		mask |= (uint32_t)(b->tag[i] == tag) * 3 << 2 * i;
	return mask;
#endif
}

// The first slot of what bucket_match returned, which is not 0.
static inline unsigned bucket_slot(uint32_t mask)
{
	return (unsigned)__builtin_ctz(mask) / 2;
}

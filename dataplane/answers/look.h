// SPDX-License-Identifier: BSD-3-Clause
// The look-up of a message among the answers seen before, in three stages so that the memory of each is prefetched: all
// messages of a burst pass one stage before the next. Inline only. Source: RFC 1035 §4.1, RFC 4343 (case), RFC 7873 (cookies).
#pragma once

#include <stdbool.h>

#include "dataplane/answers/layout.h"

#ifdef __AVX2__
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

enum {
	LOOK_HEADER = 12, // octets of a DNS header
	LOOK_NONE = UINT32_MAX
};

// A message on its way.
struct answers_look {
	uint32_t set; // LOOK_NONE: it cannot have an entry
	uint32_t way; // of the set: bits of the entries whose tags fit
	uint16_t tag;
	uint8_t size, name_end;
};

#define look_inline static inline __attribute__((always_inline))

// One bit for each octet that is zero.
look_inline uint32_t look_zeros(octets v)
{
#ifdef __AVX2__
	return (uint32_t)_mm256_movemask_epi8((__m256i)(v == 0));
#else
	uint32_t bits = 0;

	for (unsigned i = 0; i < OCTETS; i++)
		bits |= (uint32_t)(v[i] == 0) << i;
	return bits;
#endif
}

// One bit for each tag of the set that equals `tag`: entries in bits 0 to 3, messages seen once in bits 4 to 7.
look_inline uint32_t look_tags(const struct answers_set *set, uint16_t tag)
{
#ifdef __SSE2__
	__m128i equal = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)(const void *)set), _mm_set1_epi16((short)tag));
	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
#else
	uint32_t bits = 0;

	for (unsigned i = 0; i < ANSWERS_WAYS; i++)
		bits |= (uint32_t)(set->tag[i] == tag) << i | (uint32_t)(set->seen[i] == tag) << (ANSWERS_WAYS + i);
	return bits;
#endif
}

// answers.c: true if the message is a repetition of the entry's, whatever the case of its question.
bool answers_equal_folded(const struct answers_entry *e, const uint8_t *wire, size_t size);

// First stage: hashes the message, which is a DNS message of `size` octets at `wire`, and prefetches its set. The end of the
// question's name is taken to be the first zero octet; should a label contain one, the hash is another, no more.
look_inline void answers_look_begin(const struct answers *a, const uint8_t *wire, size_t size, size_t room,
	struct answers_look *look)
{
	look->set = LOOK_NONE;
	if (__builtin_expect(
		    size > ANSWERS_SIZE_MAX || size < LOOK_HEADER + 5 || room < ANSWERS_ROOM || !(wire[2] & 0x80), 0))
		return;
	uint64_t zeros = (look_zeros(octets_load(wire)) | (uint64_t)look_zeros(octets_load(wire + OCTETS)) << OCTETS) >>
			 LOOK_HEADER; // of the octets after the header
	size_t name_size = (size_t)__builtin_ctzll(zeros | 1ull << (ANSWERS_NAME_END - LOOK_HEADER)) + 1;
	size_t end = LOOK_HEADER + name_size;
	if (__builtin_expect(zeros == 0 || end + 4 > size, 0))
		return;
	// hash_padded, without its loop
	octets name = octets_lower(octets_load(wire + LOOK_HEADER)) & octets_within(name_size, 0);
	uint64_t word[4];
	memcpy(word, &name, sizeof(word));
	uint64_t owner = name_size + hash_fold(word[0] ^ a->key.k[0], word[1] ^ a->key.k[1]) +
			 hash_fold(word[2] ^ a->key.k[2], word[3] ^ a->key.k[3]);
	if (__builtin_expect(name_size > OCTETS, 0)) {
		octets more = octets_lower(octets_load(wire + LOOK_HEADER + OCTETS)) & octets_within(name_size, 1);
		memcpy(word, &more, sizeof(word));
		owner += hash_fold(word[0] ^ (a->key.k[0] + a->key.k[4]), word[1] ^ (a->key.k[1] + a->key.k[5])) +
			 hash_fold(word[2] ^ (a->key.k[2] + a->key.k[6]), word[3] ^ (a->key.k[3] + a->key.k[7]));
	}
	// flags and counts; type and class; the first octets of the first record's RDATA, which differ in rotated RRsets, unless the
	// first record is an OPT, whose RDATA may differ each time
	uint32_t rdata = end + 20 <= size && hash_load32(wire + 6) != 0 ? hash_load32(wire + end + 16) : 0;
	uint64_t whole = hash_fold(owner ^ hash_load64(wire + 2) ^ a->key.k[4],
		(hash_load32(wire + end) | (uint64_t)rdata << 32) ^ a->key.k[5] ^ size << 48);
	uint32_t group = (uint32_t)((owner >> 32) * a->groups >> 32);
	look->set = group * ANSWERS_GROUP_SETS + (whole & (ANSWERS_GROUP_SETS - 1));
	look->tag = (uint16_t)(whole >> 16 | 1);
	look->size = (uint8_t)size;
	look->name_end = (uint8_t)end;
	__builtin_prefetch(&a->sets[look->set], 1);
}

// Second stage: finds the entries whose tags fit, and prefetches the first of them.
look_inline void answers_look_find(const struct answers *a, struct answers_look *look)
{
	look->way = 0;
	if (__builtin_expect(look->set == LOOK_NONE, 0))
		return;
	look->way = look_tags(&a->sets[look->set], look->tag) & 15;
	const char *entry =
		(const char *)&a->entries[look->set * ANSWERS_WAYS + (unsigned)__builtin_ctz(look->way | 16) % 4];
	__builtin_prefetch(entry, 1);
	__builtin_prefetch(entry + 64);
	__builtin_prefetch(entry + (look->size > 80 ? 128 : 64)); // no branch: sizes vary
}

// One bit for each octet of a block that equals the entry's, or does not matter.
look_inline uint32_t look_block(const struct answers_entry *e, const uint8_t *wire, unsigned block)
{
	return look_zeros(octets_load(wire + block * OCTETS) ^ octets_load(e->wire + block * OCTETS)) | e->mask[block];
}

// The blocks after the first two.
look_inline uint32_t look_rest(const struct answers_entry *e, const uint8_t *wire, size_t size)
{
	uint32_t equal = look_block(e, wire, 2);

	for (unsigned block = 3; __builtin_expect(block * OCTETS < size, 0); block++)
		equal &= look_block(e, wire, block);
	return equal;
}

// True if the message is a repetition of the entry's. Most questions are in lower case.
look_inline bool look_equal(const struct answers_entry *e, const uint8_t *wire, size_t size)
{
	if (__builtin_expect(e->size != size, 0))
		return false;
	uint32_t equal = look_block(e, wire, 0) & look_block(e, wire, 1) & look_rest(e, wire, size);
	return __builtin_expect(equal == UINT32_MAX, 1) || answers_equal_folded(e, wire, size);
}

// Third stage: the entry of the message, or NULL.
look_inline struct answers_entry *answers_look_end(const struct answers *a, const struct answers_look *look,
	const uint8_t *wire)
{
	for (uint32_t ways = look->way; __builtin_expect(ways != 0, 1); ways &= ways - 1) {
		struct answers_entry *e = &a->entries[look->set * ANSWERS_WAYS + (unsigned)__builtin_ctz(ways)];
		if (__builtin_expect(look_equal(e, wire, look->size), 1))
			return e;
	}
	return NULL;
}

// Counts a repetition at `now_s`.
look_inline void answers_count(struct answers_entry *e, uint32_t now_s)
{
	e->count++;
	e->first_s = now_s < e->first_s ? now_s : e->first_s;
	e->last_s = now_s > e->last_s ? now_s : e->last_s;
}

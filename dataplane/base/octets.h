// SPDX-License-Identifier: BSD-3-Clause
// Thirty-two octets at a time, by the vector extension of gcc and clang: the widest instructions of the processor that the
// program is built for, or plain words if it has none. Inline only.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

enum { OCTETS = 32 };

typedef uint8_t octets __attribute__((vector_size(OCTETS)));

static inline __attribute__((always_inline)) octets octets_load(const uint8_t *p)
{
	octets v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static inline __attribute__((always_inline)) void octets_store(uint8_t *p, octets v)
{
	memcpy(p, &v, sizeof(v));
}

// ASCII letters in lower case (RFC 4343). Length octets of a name are below 'A' and do not change.
static inline __attribute__((always_inline)) octets octets_lower(octets v)
{
	return v | ((octets)((octets)(v - 'A') < 26) & 0x20);
}

// For block `block` of a value of `size` octets: all ones in the octets that belong to the value, zeros after them.
// `size` is at most 2 * OCTETS, `block` 0 or 1.
static inline __attribute__((always_inline)) octets octets_within(size_t size, size_t block)
{
	static const uint8_t ones[4 * OCTETS] = {[0 ... 2 * OCTETS - 1] = 0xff};

	return octets_load(ones + 2 * OCTETS - size + block * OCTETS);
}

// True if all octets are zero.
static inline __attribute__((always_inline)) bool octets_none(octets v)
{
#if defined(__AVX2__)
	return _mm256_testz_si256((__m256i)v, (__m256i)v);
#else
	uint64_t word[4];

	memcpy(word, &v, sizeof(word));
	return ((word[0] | word[1]) | (word[2] | word[3])) == 0;
#endif
}

// Eight lanes of four octets: one bit per lane, set if the lane equals `word`.
static inline __attribute__((always_inline)) uint32_t octets_lanes_equal(octets v, uint32_t word)
{
	typedef uint32_t lanes __attribute__((vector_size(OCTETS)));
	lanes equal = (lanes)((lanes)v == word);
#if defined(__AVX2__)
	return (uint32_t)_mm256_movemask_ps((__m256)equal);
#else
	uint32_t mask = 0;

	for (unsigned i = 0; i < OCTETS / 4; i++)
		mask |= (equal[i] & 1) << i;
	return mask;
#endif
}

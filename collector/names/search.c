// SPDX-License-Identifier: BSD-3-Clause
// The search: 32 octets at a time if the processor can (AVX2), else by memmem. A block of whole
// names is folded once into a buffer of the cache's size, then each needle is looked for by its
// first and last octet; the caller checks the hits.
#include "collector/names/store.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { BLOCK = 128 * 1024, BLOCK_ROOM = BLOCK + 2048, PADDING = 64 };

static const char digits[] = "olzeasgtbg";

static char fold_one(char c)
{
	if (c >= '0' && c <= '9')
		return digits[c - '0'];
	return c == 'i' ? 'l' : c == 'q' ? 'g' : c == '-' || c == '\n' ? '.' : c;
}

void names_needle_add(struct names_needles *n, const char *text, size_t len)
{
	if (n->len == NAMES_NEEDLES_MAX || len == 0)
		return;
	if (len > NAMES_NEEDLE_SIZE)
		len = NAMES_NEEDLE_SIZE;
	for (size_t i = 0; i < len; i++)
		n->bytes[n->len][i] = n->folded ? fold_one(text[i]) : text[i];
	n->size[n->len++] = len;
}

// Where hits begin, in a block: a bit for each octet, so that they come out in order.
struct hits {
	uint64_t bits[(BLOCK_ROOM + 63) / 64];
};

static inline void add_hit(struct hits *h, size_t at)
{
	h->bits[at / 64] |= UINT64_C(1) << at % 64;
}

static void fold_plain(const char *from, char *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = fold_one(from[i]);
}

static void find_plain(const char *text, size_t size, const char *needle, size_t n, struct hits *hits)
{
	for (const char *at = text; (at = memmem(at, size - (size_t)(at - text), needle, n)); at++)
		add_hit(hits, (size_t)(at - text));
}

#if defined(__x86_64__)

static __attribute__((target("avx2"))) void fold_avx2(const char *from, char *to, size_t size)
{
	const __m256i table = _mm256_broadcastsi128_si256(
		_mm_setr_epi8('o', 'l', 'z', 'e', 'a', 's', 'g', 't', 'b', 'g', 0, 0, 0, 0, 0, 0));
	size_t i = 0;

	for (; i + 32 <= size; i += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(from + i));
		__m256i index = _mm256_sub_epi8(v, _mm256_set1_epi8('0'));
		__m256i digit = _mm256_cmpeq_epi8(_mm256_min_epu8(index, _mm256_set1_epi8(9)), index);
		__m256i dot = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('-')),
			_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')));
		__m256i is_i = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('i'));
		__m256i is_q = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('q'));
		v = _mm256_blendv_epi8(v, _mm256_shuffle_epi8(table, index), digit);
		v = _mm256_blendv_epi8(v, _mm256_set1_epi8('.'), dot);
		v = _mm256_blendv_epi8(v, _mm256_set1_epi8('l'), is_i);
		v = _mm256_blendv_epi8(v, _mm256_set1_epi8('g'), is_q);
		_mm256_storeu_si256((__m256i *)(void *)(to + i), v);
	}
	fold_plain(from + i, to + i, size - i);
}

// `text` has 32 octets of room after the last place where a needle may end. Looks at the first two
// octets and the last one before it compares.
static __attribute__((target("avx2"))) void find_avx2(const char *text, size_t size, const char *needle, size_t n,
	struct hits *hits)
{
	const size_t middle = n > 1 ? 1 : 0;
	const __m256i first = _mm256_set1_epi8(needle[0]), second = _mm256_set1_epi8(needle[middle]),
		      last = _mm256_set1_epi8(needle[n - 1]);

	for (size_t i = 0; i + n <= size; i += 32) {
		__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(text + i));
		__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(text + i + middle));
		__m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(text + i + n - 1));
		__m256i same = _mm256_and_si256(_mm256_cmpeq_epi8(a, first), _mm256_cmpeq_epi8(b, second));
		uint32_t mask = (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(same, _mm256_cmpeq_epi8(c, last)));
		for (; mask != 0; mask &= mask - 1) {
			size_t at = i + (size_t)__builtin_ctz(mask);
			if (at + n <= size && (n <= 3 || memcmp(text + at, needle, n) == 0)) // three are compared
				add_hit(hits, at);
		}
	}
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

#else

static void fold_avx2(const char *from, char *to, size_t size)
{
	fold_plain(from, to, size);
}
static void find_avx2(const char *text, size_t size, const char *needle, size_t n, struct hits *hits)
{
	find_plain(text, size, needle, n, hits);
}
static bool has_avx2(void)
{
	return false;
}

#endif

static void report_all(const char *block, size_t size, names_hit *hit, void *arg)
{
	for (size_t at = 1; at < size;) {
		const char *end = memchr(block + at, '\n', size - at);
		hit(arg, block + at, (size_t)(end - block) - at);
		at = (size_t)(end - block) + 1;
	}
}

// Converts places to names, each once. A needle may begin with the line feed before its name.
static void report(const char *block, size_t size, const struct hits *h, names_hit *hit, void *arg)
{
	size_t done = 0; // names that begin before this are reported

	for (size_t word = 0; word <= (size - 1) / 64; word++) {
		for (uint64_t left = h->bits[word]; left != 0; left &= left - 1) {
			size_t at = word * 64 + (size_t)__builtin_ctzll(left);
			if (block[at] == '\n')
				at++;
			if (at < done || at >= size)
				continue;
			const char *begin = (const char *)memrchr(block, '\n', at) + 1;
			const char *end = memchr(block + at, '\n', size - at);
			hit(arg, begin, (size_t)(end - begin));
			done = (size_t)(end - block) + 1;
		}
	}
}

// One block: it begins with a line feed and ends with one.
static void search_block(const char *block, size_t size, const struct names_needles *n, names_hit *hit, void *arg)
{
	static __thread char folded[BLOCK_ROOM + PADDING];
	static __thread struct hits hits;
	const char *text = block;
	bool wide = has_avx2();

	if (n->len == 0) {
		report_all(block, size, hit, arg);
		return;
	}
	if (n->folded) {
		if (wide)
			fold_avx2(block, folded, size);
		else
			fold_plain(block, folded, size);
		text = folded;
	}
	memset(&hits, 0, sizeof(hits));
	for (size_t i = 0; i < n->len; i++) {
		if (wide)
			find_avx2(text, size, n->bytes[i], n->size[i], &hits);
		else
			find_plain(text, size, n->bytes[i], n->size[i], &hits);
	}
	report(block, size, &hits, hit, arg);
}

uint64_t names_search(const struct names_store *s, const struct names_needles *needles, uint64_t from, uint64_t budget,
	names_hit *hit, void *arg)
{
	uint64_t size = names_store_size(s), end = from + budget < size ? from + budget : size;

	while (from + 1 < end) {
		const char *block = s->text + from;
		size_t n = end - from < BLOCK ? (size_t)(end - from) : BLOCK;
		if (from + n < size) { // up to the end of the last whole name, or of the one name there is
			const char *last = memrchr(block + 1, '\n', n - 1);
			if (!last)
				last = memchr(block + 1, '\n', size - from - 1);
			n = (size_t)(last - block) + 1;
		}
		search_block(block, n, needles, hit, arg);
		from += n - 1; // its last line feed begins the next block
	}
	return from + 1 >= size ? size : from;
}

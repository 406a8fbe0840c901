// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/name_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { NUMBER_BITS = 24, SIZE_MIN = 64 };

#define NUMBER_MASK ((1u << NUMBER_BITS) - 1)

static uint64_t multiply(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Eight octets at a time, as wyhash does.
static uint64_t hash(const struct context_name_table *t, const char *name, size_t len)
{
	uint64_t h = t->key[0] ^ len, word;

	for (; len >= 8; len -= 8, name += 8) {
		memcpy(&word, name, 8);
		h = multiply(h ^ word, t->key[1]);
	}
	word = 0;
	memcpy(&word, name, len);
	h = multiply(h ^ word, t->key[1]);
	return multiply(h ^ t->key[0], 0x9e3779b97f4a7c15u);
}

bool context_name_table_init(struct context_name_table *t, size_t names)
{
	size_t size = SIZE_MIN;

	*t = (struct context_name_table){.most = names};
	if (names > CONTEXT_NAMES_MAX || getrandom(t->key, sizeof(t->key), 0) != sizeof(t->key))
		return false;
	while (size < names + names / 2)
		size *= 2;
	t->key[1] |= 1;
	t->slots = calloc(size, sizeof(*t->slots));
	t->size = t->slots ? size : 0;
	return t->slots != NULL;
}

// The slot of a hash: the one with its tag, or the free one where it belongs. Its place follows from the low bits, its tag is
// the high bits. A third of the slots is always free.
static uint64_t *slot_of(const struct context_name_table *t, uint64_t h)
{
	size_t at = h & (t->size - 1);

	while (t->slots[at] && t->slots[at] >> NUMBER_BITS != h >> NUMBER_BITS)
		at = (at + 1) & (t->size - 1);
	return &t->slots[at];
}

bool context_name_table_add(struct context_name_table *t, const char *name, size_t len, uint32_t number, bool smallest)
{
	if (t->len == t->most)
		return false;
	const uint64_t h = hash(t, name, len);
	uint64_t *slot = slot_of(t, h);
	t->len += *slot == 0;
	if (*slot == 0 || !smallest || (*slot & NUMBER_MASK) > number)
		*slot = (h & ~(uint64_t)NUMBER_MASK) | number;
	return true;
}

uint32_t context_name_table_find(const struct context_name_table *t, const char *name, size_t len)
{
	return t->size > 0 ? (uint32_t)(*slot_of(t, hash(t, name, len)) & NUMBER_MASK) : 0;
}

void context_name_table_free(struct context_name_table *t)
{
	free(t->slots);
	*t = (struct context_name_table){0};
}

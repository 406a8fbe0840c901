// SPDX-License-Identifier: BSD-3-Clause
// Names packed one after another, each once, for searches that look at all of them.
//
//     text   \n www.example.com \n example.net \n …        4 GiB at most
//     slots  hash table of offsets into text, 4 octets each, at most 88 % full
//     tags   8 bits of the hash beside each slot, so that a probe rarely has to look into the text
//
// Ten million names of 25 octets take 260 MB of text and 57 to 80 MB of slots. One thread adds;
// others search up to names_store_size at the same time: what has been written never moves.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAMES_NEEDLES_MAX = 8, NAMES_NEEDLE_SIZE = 256 };

struct names_store {
	char *text;	// reserved address space; pages come as they are written
	uint64_t size;	// octets used; adder: rw (release), searchers: ro (acquire)
	uint32_t *slot; // adder only
	uint8_t *tag;	// adder only; 0: the slot is free
	size_t slots;	// how many; adder: rw, others: ro
	uint64_t len;	// names
};

bool names_store_open(struct names_store *s); // false without memory
void names_store_close(struct names_store *s);

// Adds a name unless the store has it. False if there is no room.
bool names_store_add(struct names_store *s, const char *name, size_t len);

// Adds all names of a text "name\nname\n…". False if there is no room.
bool names_store_append(struct names_store *s, const char *text, size_t size);

static inline uint64_t names_store_size(const struct names_store *s)
{
	return __atomic_load_n(&s->size, __ATOMIC_ACQUIRE);
}

// Memory in use, octets.
uint64_t names_store_memory(const struct names_store *s);

// What to look for. Folded: digits and letters that look alike are one (0 o, 1 i l, 3 e, 4 a, 5 s,
// 6 9 q g, 7 t, 8 b, 2 z), and so are dots, hyphens and the ends of names.
struct names_needles {
	bool folded;
	size_t len; // 0: every name is a hit
	size_t size[NAMES_NEEDLES_MAX];
	char bytes[NAMES_NEEDLES_MAX][NAMES_NEEDLE_SIZE];
};

// Adds a needle, folded if the set is. A needle that is too long is truncated, which only gives more hits.
void names_needle_add(struct names_needles *n, const char *text, size_t len);

// Called once for each name with a hit, in order.
typedef void names_hit(void *arg, const char *name, size_t len);

// Searches whole names from offset `from` (0, or what the last call returned) on, about `budget`
// octets. Returns where to continue; names_store_size at the end.
uint64_t names_search(const struct names_store *s, const struct names_needles *needles, uint64_t from, uint64_t budget,
	names_hit *hit, void *arg);

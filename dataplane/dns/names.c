// SPDX-License-Identifier: BSD-3-Clause
// The distinct names of one message: read once, hashed once, compared by index afterwards.
//
//     bytes    name after name, each followed by zeros up to a multiple of HASH_BLOCK, so that names are copied, hashed
//              and compared by blocks
//     offsets  direct-mapped cache: offset in the message → index, for names that another pointer may refer to
//     slots    open addressing by hash: equal names at different offsets have one index. Filled when there is a second
//              name; most messages have only one
//     memory   ends of names by offset; used once a message has had WALK_FEW labels of compressed names

#include "dataplane/dns/dns.h"
#include "dataplane/dns/name_memory.h"
#include "dataplane/base/memory.h"
#include "dataplane/base/octets.h"

enum {
	SLOTS_LEN = 2 * DNS_NAMES_MAX, // a power of two, never more than half full
	SLOTS_FEW = 128,	       // only so many are used while they are enough: they stay in the CPU cache
	OFFSETS_LEN = 256,	       // a power of two
	NAME_ROOM = 256 + HASH_BLOCK,  // of the longest name and its zeros
	WALK_FEW = 256,		       // labels
	COPIES_MAX = 8192	       // names in `bytes` that have no index
};

struct offset_entry {
	uint32_t round;	 // of the message that wrote it; others are stale
	uint16_t offset; // where the name begins in the message
	uint16_t index;
};

struct name_slot {
	uint32_t round; // as in offset_entry
	uint16_t index;
};

struct name_store {
	struct dns_names front; // the public part; must be the first member
	struct hash_key key;	// of the worker
	uint32_t round;		// counts messages; makes forgetting O(1)
	uint32_t bytes_size;	// octets used in bytes, a multiple of HASH_BLOCK
	uint16_t slots_len;	// so many names, from the first, are in slots
	uint32_t slots_mask;	// SLOTS_FEW - 1 or SLOTS_LEN - 1
	uint32_t walked;	// labels of compressed names that were read in this message
	uint32_t copies;	// names in `bytes` that have no index
	struct name_walk walk;	// through the name in hand
	struct offset_entry offsets[OFFSETS_LEN];
	struct name_slot slots[SLOTS_LEN];
	struct dns_name names[DNS_NAMES_MAX];
	struct name_memory memory;
	uint8_t bytes[((size_t)DNS_NAMES_MAX + COPIES_MAX) * 256 + NAME_ROOM] __attribute__((aligned(OCTETS)));
};

static inline struct name_store *store_of(struct dns_names *front)
{
	return (struct name_store *)front;
}

struct dns_names *dns_names_new(const struct hash_key *key)
{
	struct name_store *n = memory_new(sizeof(*n));

	if (!n)
		return NULL;
	memset(n, 0, sizeof(*n)); // so that no page is missing later
	n->key = *key;
	n->round = 1;
	n->front = (struct dns_names){.names = n->names, .bytes = n->bytes};
	return &n->front;
}

void dns_names_free(struct dns_names *n)
{
	memory_delete(n);
}

// reading ────────────────────────────────────────────────────────────────────────────────────

// Copies a name in lower case, and zeros after it, by blocks. May read up to one block after the name.
static inline void copy_plain(uint8_t *to, const uint8_t *from, size_t size)
{
	size_t at = 0;

	for (; at + HASH_BLOCK < size; at += HASH_BLOCK)
		octets_store(to + at, octets_lower(octets_load(from + at)));
	octets_store(to + at, octets_lower(octets_load(from + at)) & octets_within(size - at, 0));
}

static inline struct name_memory *memory_of(struct name_store *n)
{
	return __builtin_expect(n->walked > WALK_FEW, 0) ? &n->memory : NULL;
}

// A name that is compressed, or close to the end of the message.
static __attribute__((noinline)) size_t read_compressed(struct name_store *n, struct cursor *c)
{
	uint8_t *to = n->bytes + n->bytes_size;
	size_t size = name_walk(&n->walk, c, memory_of(n), n->bytes, to);

	n->walked += n->walk.labels_len;
	memset(to + size, 0, HASH_BLOCK);
	return size;
}

// Reads the name at the cursor to bytes + bytes_size, with zeros after it. Returns its size, or 0.
static inline size_t read_name(struct name_store *n, struct cursor *c, bool *walked)
{
	size_t left = cursor_left(c), size = wire_name_size(c->at, left);

	*walked = !__builtin_expect(size > 0 && size + HASH_BLOCK <= left, 1);
	if (*walked)
		return read_compressed(n, c);
	copy_plain(n->bytes + n->bytes_size, c->at, size);
	c->at += size;
	return size;
}

static unsigned walk_pointers(const struct name_walk *k)
{
	return k->pointers + (k->tail ? k->tail->pointers : 0);
}

// True if a later pointer can refer to a label that this walk was the first to come by.
static bool walk_is_new(const struct name_walk *k)
{
	return k->labels_len > 0 && k->labels[k->labels_len - 1].offset <= NAME_OFFSET_MAX;
}

size_t dns_names_copy(struct dns_names *front, struct cursor *c, uint8_t out[static DNS_NAME_SIZE])
{
	if (!front)
		return dns_name_read(c, out);
	struct name_store *n = store_of(front);
	struct name_memory *memory = memory_of(n);
	size_t size = name_walk(&n->walk, c, memory, n->bytes, out);

	n->walked += n->walk.labels_len;
	if (memory && size > 0 && walk_is_new(&n->walk) && n->copies < COPIES_MAX) {
		memcpy(n->bytes + n->bytes_size, out, size);
		name_memory_note(memory, &n->walk, n->bytes_size, size);
		n->bytes_size += (uint32_t)((size + HASH_BLOCK - 1) & ~(size_t)(HASH_BLOCK - 1));
		n->copies++;
	}
	return size;
}

// interning ──────────────────────────────────────────────────────────────────────────────────

static inline bool equal_padded(const uint8_t *a, const uint8_t *b, size_t size)
{
	for (size_t at = 0; at < size; at += 8)
		if (hash_load64(a + at) != hash_load64(b + at))
			return false;
	return true;
}

// Keeps the name at bytes + bytes_size as a new one.
static inline uint16_t keep_name(struct name_store *n, size_t size, uint64_t hash)
{
	uint16_t index = n->front.len++;

	n->names[index] = (struct dns_name){.hash = hash, .at = n->bytes_size, .size = (uint8_t)size};
	n->bytes_size += (uint32_t)((size + HASH_BLOCK - 1) & ~(size_t)(HASH_BLOCK - 1));
	return index;
}

static size_t free_slot(const struct name_store *n, uint64_t hash)
{
	size_t slot = hash & n->slots_mask;

	while (n->slots[slot].round == n->round)
		slot = (slot + 1) & n->slots_mask;
	return slot;
}

// Puts the names that were kept without a search into the slots, before the slots are searched.
static void fill_slots(struct name_store *n)
{
	if (__builtin_expect(n->front.len >= SLOTS_FEW / 2 && n->slots_mask == SLOTS_FEW - 1, 0)) {
		for (size_t i = 0; i < SLOTS_FEW; i++) // too many for SLOTS_FEW: start again with all slots
			n->slots[i].round = n->round - 1;
		n->slots_mask = SLOTS_LEN - 1;
		n->slots_len = 0;
	}
	for (; n->slots_len < n->front.len; n->slots_len++)
		n->slots[free_slot(n, n->names[n->slots_len].hash)] =
			(struct name_slot){.round = n->round, .index = n->slots_len};
}

// Finds the name at bytes + bytes_size; with `add`, keeps it if it is new.
static inline uint16_t intern(struct name_store *n, size_t size, uint64_t hash, bool add)
{
	const uint8_t *name = n->bytes + n->bytes_size;

	fill_slots(n);
	size_t slot = hash & n->slots_mask;
	for (; n->slots[slot].round == n->round; slot = (slot + 1) & n->slots_mask) {
		const struct dns_name *other = &n->names[n->slots[slot].index];
		if (other->hash == hash && other->size == size && equal_padded(n->bytes + other->at, name, size))
			return n->slots[slot].index;
	}
	if (!add || n->front.len == DNS_NAMES_MAX)
		return DNS_NAME_NONE;
	n->slots[slot] = (struct name_slot){.round = n->round, .index = n->front.len};
	n->slots_len++;
	return keep_name(n, size, hash);
}

static inline void remember_offset(struct name_store *n, size_t offset, uint16_t index)
{
	n->offsets[offset & (OFFSETS_LEN - 1)] =
		(struct offset_entry){.round = n->round, .offset = (uint16_t)offset, .index = index};
}

bool dns_names_first(struct dns_names *front, struct cursor *c)
{
	struct name_store *n = store_of(front);
	size_t offset = cursor_offset(c);

	n->front.len = 0;
	n->slots_len = 0;
	n->slots_mask = SLOTS_FEW - 1;
	n->bytes_size = 0;
	n->walked = 0;
	n->copies = 0;
	if (__builtin_expect(++n->round == 0, 0)) { // the number wrapped: old marks must be cleared
		memset(n->offsets, 0, sizeof(n->offsets));
		memset(n->slots, 0, sizeof(n->slots));
		memset(n->memory.tails, 0, sizeof(n->memory.tails));
		n->round = 1;
	}
	n->memory.round = n->round;
	bool walked;
	size_t size = read_name(n, c, &walked);
	if (size == 0)
		return false;
	keep_name(n, size, hash_padded(&n->key, n->bytes, size));
	remember_offset(n, offset, 0);
	return true;
}

uint16_t dns_names_read(struct dns_names *front, struct cursor *c)
{
	struct name_store *n = store_of(front);
	// a leading pointer gives the offset to look up
	size_t offset = cursor_offset(c);
	const uint8_t *behind = NULL;
	if (cursor_left(c) >= 2 && c->at[0] >= 0xc0) {
		size_t target = (size_t)(c->at[0] & 0x3f) << 8 | c->at[1];
		if (target < offset) {
			offset = target;
			behind = c->at + 2;
		}
	}
	const struct offset_entry *entry = &n->offsets[offset & (OFFSETS_LEN - 1)];
	if (behind && entry->round == n->round && entry->offset == offset) {
		c->at = behind;
		return entry->index;
	}
	bool walked;
	struct name_memory *memory = memory_of(n);
	size_t size = n->front.len < DNS_NAMES_MAX ? read_name(n, c, &walked) : 0;
	if (size == 0) {
		cursor_fail(c);
		return DNS_NAME_NONE;
	}
	uint16_t index = intern(n, size, hash_padded(&n->key, n->bytes + n->bytes_size, size), true);
	if (walked && memory && index != DNS_NAME_NONE)
		name_memory_note(memory, &n->walk, n->names[index].at, size);
	if (behind || !walked || walk_pointers(&n->walk) < DNS_POINTERS_MAX)
		remember_offset(n, offset, index);
	return index;
}

uint16_t dns_names_find(struct dns_names *front, const uint8_t *name, size_t size, uint64_t *hash)
{
	struct name_store *n = store_of(front);
	uint8_t *to = n->bytes + n->bytes_size;

	memmove(to, name, size);
	memset(to + size, 0, HASH_BLOCK);
	*hash = hash_padded(&n->key, to, size);
	return intern(n, size, *hash, false);
}

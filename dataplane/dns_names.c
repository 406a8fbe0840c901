// SPDX-License-Identifier: BSD-3-Clause
// The distinct names of one message: read once, hashed once, compared by index afterwards.
//
//     offsets  direct-mapped cache: offset in the message → index. Nearly every owner is the
//              pointer C00C, which this answers without touching the name.
//     slots    open addressing by hash: equal names at different offsets give one index.
#include "dataplane/dns.h"

#include <stdlib.h>

enum {
	SLOTS_LEN = 2 * DNS_NAMES_MAX, // a power of two, never more than half full
	OFFSETS_LEN = 256	       // a power of two
};

struct offset_entry {
	uint32_t round;	 // of the message that wrote it; others are stale
	uint16_t offset; // where the name begins in the message
	uint16_t index;
};

struct dns_names {
	struct hash_key key;	   // of the worker
	uint32_t round;		   // counts messages; makes clearing O(1)
	uint32_t bytes_size;	   // octets used in bytes
	uint16_t len;		   // names
	struct offset_entry offsets[OFFSETS_LEN];
	uint32_t slot_round[SLOTS_LEN]; // as in offset_entry
	uint16_t slots[SLOTS_LEN];
	struct dns_name names[DNS_NAMES_MAX];
	uint8_t bytes[(size_t)DNS_NAMES_MAX * DNS_NAME_SIZE + 32]; // 32: vector loads may pass the end
};

struct dns_names *dns_names_new(const struct hash_key *key)
{
	struct dns_names *n = calloc(1, sizeof(*n));

	if (n) {
		n->key = *key;
		n->round = 1;
	}
	return n;
}

void dns_names_free(struct dns_names *n)
{
	free(n);
}

void dns_names_clear(struct dns_names *n)
{
	n->len = 0;
	n->bytes_size = 0;
	if (++n->round == 0) { // after four thousand million messages the marks must go for real
		memset(n->offsets, 0, sizeof(n->offsets));
		memset(n->slot_round, 0, sizeof(n->slot_round));
		n->round = 1;
	}
}

static uint16_t add_name(struct dns_names *n, size_t size, uint64_t hash)
{
	uint16_t index = n->len++;

	n->names[index] = (struct dns_name){.at = n->bytes_size, .size = (uint8_t)size, .hash = hash};
	n->bytes_size += (uint32_t)size;
	return index;
}

// Finds a name or, with `add`, takes the octets at bytes + bytes_size in as a new one.
static uint16_t intern(struct dns_names *n, const uint8_t *name, size_t size, bool add)
{
	uint64_t hash = hash_bytes(&n->key, name, size);
	size_t slot = hash & (SLOTS_LEN - 1);

	for (; n->slot_round[slot] == n->round; slot = (slot + 1) & (SLOTS_LEN - 1)) {
		const struct dns_name *other = &n->names[n->slots[slot]];
		if (other->hash == hash && other->size == size && memcmp(n->bytes + other->at, name, size) == 0)
			return n->slots[slot];
	}
	if (!add || n->len == DNS_NAMES_MAX)
		return DNS_NAME_NONE;
	if (name != n->bytes + n->bytes_size)
		memcpy(n->bytes + n->bytes_size, name, size);
	n->slot_round[slot] = n->round;
	n->slots[slot] = add_name(n, size, hash);
	return n->slots[slot];
}

uint16_t dns_names_read(struct dns_names *n, struct cursor *c)
{
	// a leading pointer names the offset that the cache is asked for
	size_t offset = cursor_offset(c);
	const uint8_t *behind = NULL;
	if (cursor_left(c) >= 2 && c->at[0] >= 0xc0) {
		size_t target = (size_t)(c->at[0] & 0x3f) << 8 | c->at[1];
		if (target < offset) {
			offset = target;
			behind = c->at + 2;
		}
	}
	struct offset_entry *entry = &n->offsets[offset & (OFFSETS_LEN - 1)];
	if (behind && entry->round == n->round && entry->offset == offset) {
		c->at = behind;
		return entry->index;
	}
	size_t size = n->len < DNS_NAMES_MAX ? dns_name_read(c, n->bytes + n->bytes_size) : 0;
	if (size == 0) {
		cursor_fail(c);
		return DNS_NAME_NONE;
	}
	uint16_t index = intern(n, n->bytes + n->bytes_size, size, true);
	*entry = (struct offset_entry){.round = n->round, .offset = (uint16_t)offset, .index = index};
	return index;
}

uint16_t dns_names_find(struct dns_names *n, const uint8_t *name, size_t size, bool add)
{
	return intern(n, name, size, add);
}

const struct dns_name *dns_names_get(const struct dns_names *n, uint16_t index)
{
	return &n->names[index];
}

const uint8_t *dns_names_bytes(const struct dns_names *n, uint16_t index)
{
	return n->bytes + n->names[index].at;
}

size_t dns_names_len(const struct dns_names *n)
{
	return n->len;
}

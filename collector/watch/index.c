// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/index.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, MAP_BITS_PER_ENTRY = 16, BITS_MAX = 128 };

static const uint64_t factor = 0x9e3779b97f4a7c15u;

// An entry, and what terms it has: while it is built a chain of `links`, afterwards lists of terms.
struct index_entry {
	size_t at;		      // of its key in `keys`
	uint32_t len;		      // of the key
	uint32_t tag;		      // of its hash
	uint32_t terms[WATCH_PLACES]; // of a network only the first; 0: none
};

struct index_link {
	uint32_t term, next; // next: index + 1
};

// A hash table of entries with a bit map in front.
struct index_map {
	struct index_entry *entries;
	size_t len, capacity;
	uint32_t *slots;  // index + 1; 0: free
	size_t slots_len; // a power of two
	uint64_t *bits;
	size_t bits_mask;
};

struct watch_index {
	struct index_map names, networks;
	uint64_t lengths[3]; // lengths of networks that there are, one bit each
	char *keys;
	size_t keys_len, keys_capacity;
	struct index_link *links;
	size_t links_len, links_capacity;
	uint32_t *lists; // length and terms, one list after the other
	size_t lists_len, lists_capacity;
};

static bool make_room(void **at, size_t *capacity, size_t len, size_t size)
{
	if (len <= *capacity)
		return true;
	size_t wanted = *capacity ? 2 * *capacity : 256;
	while (wanted < len)
		wanted *= 2;
	void *more = realloc(*at, wanted * size);
	if (!more)
		return false;
	*at = more;
	*capacity = wanted;
	return true;
}

static bool map_init(struct index_map *m)
{
	m->slots_len = FIRST_SLOTS;
	m->slots = calloc(m->slots_len, sizeof(*m->slots));
	return m->slots != NULL;
}

static void map_free(struct index_map *m)
{
	free(m->entries);
	free(m->slots);
	free(m->bits);
}

struct watch_index *watch_index_new(void)
{
	struct watch_index *x = calloc(1, sizeof(*x));

	if (x && map_init(&x->names) && map_init(&x->networks))
		return x;
	watch_index_free(x);
	return NULL;
}

void watch_index_free(struct watch_index *x)
{
	if (!x)
		return;
	map_free(&x->names);
	map_free(&x->networks);
	free(x->keys);
	free(x->links);
	free(x->lists);
	free(x);
}

size_t watch_index_entries(const struct watch_index *x)
{
	return x->names.len + x->networks.len;
}

// hashes ───────────────────────────────────────────────────────────────────────────────────────

// A name is hashed from its end, so that one pass gives the hashes of all its parents.
static uint64_t hash_octet(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * factor;
}

static uint64_t hash_finish(uint64_t hash)
{
	hash ^= hash >> 29;
	return hash * factor;
}

static uint64_t hash_name(const char *name, size_t len)
{
	uint64_t hash = factor;

	while (len > 0)
		hash = hash_octet(hash, name[--len]);
	return hash_finish(hash);
}

// A network as a key: the address with the bits after the prefix cleared, and the length of the prefix.
static void network_key(const uint8_t *address, unsigned bits, char key[17])
{
	memset(key, 0, 17);
	memcpy(key, address, bits / 8);
	if (bits % 8)
		key[bits / 8] = (char)(address[bits / 8] & (0xff00 >> bits % 8));
	key[16] = (char)bits;
}

static uint64_t hash_network(const char key[17])
{
	uint64_t a, b;

	memcpy(&a, key, 8);
	memcpy(&b, key + 8, 8);
	a = (a ^ (unsigned char)key[16]) * factor;
	a ^= a >> 32;
	return hash_finish((a ^ b) * factor);
}

// tables ───────────────────────────────────────────────────────────────────────────────────────

static struct index_entry *map_find(const struct watch_index *x, const struct index_map *m, const char *key, size_t len,
	uint64_t hash)
{
	size_t mask = m->slots_len - 1;

	for (size_t i = hash >> 20 & mask; m->slots[i]; i = (i + 1) & mask) {
		struct index_entry *e = &m->entries[m->slots[i] - 1];
		if (e->tag == (uint32_t)hash && e->len == len && memcmp(x->keys + e->at, key, len) == 0)
			return e;
	}
	return NULL;
}

static void map_put(struct index_map *m, uint64_t hash, uint32_t index)
{
	size_t mask = m->slots_len - 1, i = hash >> 20 & mask;

	while (m->slots[i])
		i = (i + 1) & mask;
	m->slots[i] = index + 1;
}

static uint64_t hash_entry(const struct watch_index *x, const struct index_map *m, const struct index_entry *e)
{
	return m == &x->names ? hash_name(x->keys + e->at, e->len) : hash_network(x->keys + e->at);
}

static bool map_grow(const struct watch_index *x, struct index_map *m)
{
	size_t len = 2 * m->slots_len;
	uint32_t *slots = calloc(len, sizeof(*slots));

	if (!slots)
		return false;
	free(m->slots);
	m->slots = slots;
	m->slots_len = len;
	for (size_t i = 0; i < m->len; i++)
		map_put(m, hash_entry(x, m, &m->entries[i]), (uint32_t)i);
	return true;
}

static struct index_entry *map_add(struct watch_index *x, struct index_map *m, const char *key, size_t len,
	uint64_t hash)
{
	struct index_entry *found = map_find(x, m, key, len, hash);

	if (found)
		return found;
	if ((2 * (m->len + 1) > m->slots_len && !map_grow(x, m)) ||
		!make_room((void **)&m->entries, &m->capacity, m->len + 1, sizeof(*m->entries)) ||
		!make_room((void **)&x->keys, &x->keys_capacity, x->keys_len + len, 1))
		return NULL;
	memcpy(x->keys + x->keys_len, key, len);
	m->entries[m->len] = (struct index_entry){.at = x->keys_len, .len = (uint32_t)len, .tag = (uint32_t)hash};
	x->keys_len += len;
	map_put(m, hash, (uint32_t)m->len);
	return &m->entries[m->len++];
}

static bool add_term(struct watch_index *x, struct index_entry *e, enum watch_place place, uint32_t term)
{
	if (!e || !make_room((void **)&x->links, &x->links_capacity, x->links_len + 1, sizeof(*x->links)))
		return false;
	if (e->terms[place] > 0 && x->links[e->terms[place] - 1].term == term)
		return true; // a file may have a name twice
	x->links[x->links_len++] = (struct index_link){.term = term, .next = e->terms[place]};
	e->terms[place] = (uint32_t)x->links_len;
	return true;
}

bool watch_index_add_name(struct watch_index *x, const char *name, size_t len, enum watch_place place, uint32_t term)
{
	return add_term(x, map_add(x, &x->names, name, len, hash_name(name, len)), place, term);
}

bool watch_index_add_network(struct watch_index *x, const uint8_t address[static 16], unsigned bits, uint32_t term)
{
	char key[17];

	network_key(address, bits, key);
	x->lengths[bits / 64] |= 1ull << bits % 64;
	return add_term(x, map_add(x, &x->networks, key, sizeof(key), hash_network(key)), 0, term);
}

// lists ────────────────────────────────────────────────────────────────────────────────────────

// Turns a chain into a list. Most entries of a file have the one term of the file: they share the list before.
static bool make_list(struct watch_index *x, uint32_t *at, size_t *previous)
{
	size_t len = 0;

	for (uint32_t i = *at; i; i = x->links[i - 1].next)
		len++;
	if (len == 0)
		return true;
	if (len == 1 && *previous > 0 && x->lists[*previous + 1] == x->links[*at - 1].term) {
		*at = (uint32_t)*previous;
		return true;
	}
	if (!make_room((void **)&x->lists, &x->lists_capacity, x->lists_len + len + 1, sizeof(*x->lists)))
		return false;
	size_t list = x->lists_len;
	x->lists[x->lists_len++] = (uint32_t)len;
	for (uint32_t i = *at; i; i = x->links[i - 1].next)
		x->lists[x->lists_len++] = x->links[i - 1].term;
	if (len == 1)
		*previous = list;
	*at = (uint32_t)list;
	return true;
}

static bool map_finish(struct watch_index *x, struct index_map *m)
{
	size_t bits = 4096, previous[WATCH_PLACES] = {0};

	while (bits < MAP_BITS_PER_ENTRY * m->len)
		bits *= 2;
	m->bits = calloc(bits / 64, sizeof(*m->bits));
	if (!m->bits)
		return false;
	m->bits_mask = bits - 1;
	for (size_t i = 0; i < m->len; i++) {
		uint64_t hash = hash_entry(x, m, &m->entries[i]);
		m->bits[(hash >> 20 & m->bits_mask) / 64] |= 1ull << (hash >> 20) % 64;
		for (int p = 0; p < WATCH_PLACES; p++)
			if (!make_list(x, &m->entries[i].terms[p], &previous[p]))
				return false;
	}
	return true;
}

bool watch_index_finish(struct watch_index *x)
{
	if (!make_room((void **)&x->lists, &x->lists_capacity, 1, sizeof(*x->lists)))
		return false;
	x->lists[0] = 0; // 0: no list
	x->lists_len = 1;
	if (!map_finish(x, &x->names) || !map_finish(x, &x->networks))
		return false;
	free(x->links);
	x->links = NULL;
	x->links_len = x->links_capacity = 0;
	return true;
}

// lookups ──────────────────────────────────────────────────────────────────────────────────────

static bool map_may_have(const struct index_map *m, uint64_t hash)
{
	return m->bits[(hash >> 20 & m->bits_mask) / 64] >> (hash >> 20) % 64 & 1;
}

static void tell(const struct watch_index *x, uint32_t list, size_t at, watch_index_hit *hit, void *arg)
{
	for (uint32_t i = 1; i <= x->lists[list]; i++)
		hit(arg, x->lists[list + i], at);
}

static void look_at(const struct watch_index *x, const char *name, size_t len, size_t at, uint64_t hash, bool points,
	watch_index_hit *hit, void *arg)
{
	if (!map_may_have(&x->names, hash))
		return;
	const struct index_entry *e = map_find(x, &x->names, name + at, len - at, hash);
	if (!e)
		return;
	if (points) {
		tell(x, e->terms[WATCH_POINT], at, hit, arg);
		return;
	}
	tell(x, e->terms[WATCH_BELOW], at, hit, arg);
	if (at == 0)
		tell(x, e->terms[WATCH_EXACT], at, hit, arg);
}

// A dot between two labels: an even number of backslashes is before it.
static bool is_dot(const char *name, size_t at)
{
	size_t escapes = 0;

	if (name[at] != '.')
		return false;
	while (escapes < at && name[at - escapes - 1] == '\\')
		escapes++;
	return escapes % 2 == 0;
}

void watch_index_name(const struct watch_index *x, const char *name, size_t len, bool points, watch_index_hit *hit,
	void *arg)
{
	uint64_t hash = factor;

	if (x->names.len == 0 || len == 0)
		return;
	for (size_t at = len; at > 0; at--) {
		if (at < len && is_dot(name, at - 1))
			look_at(x, name, len, at, hash_finish(hash), points, hit, arg);
		hash = hash_octet(hash, name[at - 1]);
	}
	look_at(x, name, len, 0, hash_finish(hash), points, hit, arg);
}

void watch_index_address(const struct watch_index *x, const uint8_t address[static 16], watch_index_hit *hit, void *arg)
{
	char key[17];

	for (int word = 2; word >= 0; word--) {
		for (uint64_t left = x->lengths[word]; left; left &= left - 1) {
			unsigned bits = 64 * (unsigned)word + (unsigned)__builtin_ctzll(left);
			network_key(address, bits, key);
			uint64_t hash = hash_network(key);
			if (!map_may_have(&x->networks, hash))
				continue;
			const struct index_entry *e = map_find(x, &x->networks, key, sizeof(key), hash);
			if (e)
				tell(x, e->terms[0], bits, hit, arg);
		}
	}
}

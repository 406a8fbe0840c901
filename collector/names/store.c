// SPDX-License-Identifier: BSD-3-Clause
#include "collector/names/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SLOTS_MIN = 1024, FULL_PERCENT = 88, GROWTH_PERCENT = 140 };

static const uint64_t TEXT_MAX = UINT64_C(1) << 32;

static bool make_slots(struct names_store *s, size_t slots)
{
	uint32_t *slot = calloc(slots, sizeof(*slot));
	uint8_t *tag = calloc(slots, sizeof(*tag));

	if (!slot || !tag) {
		free(slot);
		free(tag);
		return false;
	}
	free(s->slot);
	free(s->tag);
	s->slot = slot;
	s->tag = tag;
	__atomic_store_n(&s->slots, slots, __ATOMIC_RELAXED); // others read it for names_store_memory
	return true;
}

bool names_store_open(struct names_store *s)
{
	void *text = mmap(NULL, TEXT_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*s = (struct names_store){.slots = 0};
	if (text == MAP_FAILED)
		return false;
	if (!make_slots(s, SLOTS_MIN)) {
		munmap(text, TEXT_MAX);
		return false;
	}
	madvise(text, TEXT_MAX, MADV_HUGEPAGE);
	s->text = text;
	s->text[0] = '\n';
	s->size = 1;
	return true;
}

void names_store_close(struct names_store *s)
{
	if (s->text)
		munmap(s->text, TEXT_MAX);
	free(s->slot);
	free(s->tag);
	*s = (struct names_store){.text = NULL};
}

uint64_t names_store_memory(const struct names_store *s)
{
	return names_store_size(s) +
	       __atomic_load_n(&s->slots, __ATOMIC_RELAXED) * (sizeof(*s->slot) + sizeof(*s->tag));
}

static uint64_t hash(const char *name, size_t len)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ len, word;

	for (; len >= 8; name += 8, len -= 8) {
		memcpy(&word, name, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, name, len);
	h = (h ^ word) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 29;
}

struct place {
	size_t slot;
	uint8_t tag;
};

static struct place first_place(const struct names_store *s, const char *name, size_t len)
{
	uint64_t h = hash(name, len) * 0x9e3779b97f4a7c15u;
	uint8_t tag = (uint8_t)h;

	return (struct place){.slot = (size_t)((unsigned __int128)h * s->slots >> 64), .tag = tag ? tag : 1};
}

// Where a name is, or the free slot where it belongs; `distinct`: the name is known to be new.
static struct place find_place(const struct names_store *s, const char *name, size_t len, bool distinct)
{
	struct place p = first_place(s, name, len);

	for (; s->tag[p.slot] != 0; p.slot = p.slot + 1 == s->slots ? 0 : p.slot + 1) {
		const char *there = s->text + s->slot[p.slot];
		if (!distinct && s->tag[p.slot] == p.tag && memcmp(there, name, len) == 0 && there[len] == '\n')
			break;
	}
	return p;
}

static bool grow(struct names_store *s)
{
	if (!make_slots(s, s->slots * GROWTH_PERCENT / 100))
		return false;
	for (uint64_t at = 1; at < s->size;) {
		const char *end = memchr(s->text + at, '\n', s->size - at);
		struct place p = find_place(s, s->text + at, (size_t)(end - s->text) - at, true);
		s->slot[p.slot] = (uint32_t)at;
		s->tag[p.slot] = p.tag;
		at = (uint64_t)(end - s->text) + 1;
	}
	return true;
}

bool names_store_add(struct names_store *s, const char *name, size_t len)
{
	if (len == 0 || s->size + len + 1 > TEXT_MAX - 64 || memchr(name, '\n', len))
		return false;
	struct place p = find_place(s, name, len, false);
	if (s->tag[p.slot] != 0)
		return true;
	if ((s->len + 1) * 100 > s->slots * FULL_PERCENT) {
		if (!grow(s))
			return false;
		p = find_place(s, name, len, true);
	}
	memcpy(s->text + s->size, name, len);
	s->text[s->size + len] = '\n';
	s->slot[p.slot] = (uint32_t)s->size;
	s->tag[p.slot] = p.tag;
	s->len++;
	__atomic_store_n(&s->size, s->size + len + 1, __ATOMIC_RELEASE);
	return true;
}

bool names_store_append(struct names_store *s, const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		if (!end || !names_store_add(s, text + at, (size_t)(end - text) - at))
			return false;
		at = (size_t)(end - text) + 1;
	}
	return true;
}

// SPDX-License-Identifier: BSD-3-Clause
// One entry per batch in memory: what must be known about it without reading the disk. An array with a moving start.
#include "collector/spool/state.h"

#include "dataplane/common/monotonic.h"

#include <stdlib.h>

struct spool_entry *spool_entry(struct spool *s, uint64_t number)
{
	return &s->entries[s->entries_at + (number - s->first)];
}

bool spool_append(struct spool *s, uint64_t number, const struct spool_entry *entry)
{
	size_t len = s->last + 1 - s->first;

	if (len == 0) {
		s->first = number;
		s->entries_at = 0;
	}
	if (s->entries_at + len == s->entries_capacity) {
		if (s->entries_at > len) { // the front half is free
			memmove(s->entries, s->entries + s->entries_at, len * sizeof(*s->entries));
			s->entries_at = 0;
		} else {
			size_t capacity = s->entries_capacity ? 2 * s->entries_capacity : 1024;
			struct spool_entry *more = realloc(s->entries, capacity * sizeof(*more));
			if (!more)
				return false;
			s->entries = more;
			s->entries_capacity = capacity;
		}
	}
	s->entries[s->entries_at + len] = *entry;
	s->last = number;
	if (!(entry->flags & STORE_LOST))
		s->readable = number;
	s->bytes += entry->size;
	s->waiting_bytes += entry->size;
	if (number > s->account.settled)
		s->unsettled += entry->sightings;
	return true;
}

void spool_lose(struct spool *s, uint64_t number)
{
	if (number < s->first || number > s->last)
		return;
	spool_entry(s, number)->flags |= STORE_LOST;
	while (s->readable >= s->first && spool_entry(s, s->readable)->flags & STORE_LOST)
		s->readable--;
}

void spool_set_acked(struct spool *s, uint64_t number)
{
	uint32_t now = (uint32_t)(monotonic_ms() / 100) | 1;

	s->acked = number;
	s->waiting_bytes = 0;
	for (uint64_t n = s->first; n <= s->last; n++) {
		struct spool_entry *e = spool_entry(s, n);
		if (n > number) {
			e->acked_ds = 0;
			s->waiting_bytes += e->size;
		} else if (e->acked_ds == 0) {
			e->acked_ds = now;
		}
	}
}

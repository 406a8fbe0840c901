// SPDX-License-Identifier: BSD-3-Clause
// The domains of a report, by name.
#include "collector/brand/state.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

// The slot of a domain, or the free one where it belongs.
static size_t slot_of(const struct brand *b, const char *domain, size_t len)
{
	size_t at = hash_of(domain, len) & (b->slots_len - 1);

	for (;; at = (at + 1) & (b->slots_len - 1)) {
		if (b->slots[at] == 0)
			return at;
		const struct brand_domain *d = b->domains[b->slots[at] - 1];
		if (d->len == len && memcmp(d->domain, domain, len) == 0)
			return at;
	}
}

static bool grow(struct brand *b)
{
	size_t capacity = b->capacity ? 2 * b->capacity : 256;
	struct brand_domain **domains = reallocarray(b->domains, capacity, sizeof(struct brand_domain *));

	if (!domains)
		return false;
	b->domains = domains;
	uint32_t *slots = calloc(2 * capacity, sizeof(*slots));
	if (!slots)
		return false;
	free(b->slots);
	b->capacity = capacity;
	b->slots = slots;
	b->slots_len = 2 * capacity;
	for (size_t i = 0; i < b->len; i++)
		b->slots[slot_of(b, b->domains[i]->domain, b->domains[i]->len)] = (uint32_t)i + 1;
	return true;
}

struct brand_domain *brand_domain_of(struct brand *b, const char *domain, size_t len)
{
	if (b->len == b->capacity && !grow(b))
		return NULL;
	size_t at = slot_of(b, domain, len);
	if (b->slots[at] != 0)
		return b->domains[b->slots[at] - 1];
	if (b->len == BRAND_DOMAINS_MAX) {
		b->full = true;
		return NULL;
	}
	struct brand_domain *d = calloc(1, sizeof(*d));
	if (!d || !(d->domain = strndup(domain, len))) {
		free(d);
		return NULL;
	}
	d->len = len;
	d->first = INT64_MAX;
	d->last = INT64_MIN;
	b->domains[b->len++] = d;
	b->slots[at] = (uint32_t)b->len;
	return d;
}

static void free_texts(struct brand_texts *t)
{
	for (size_t i = 0; i < t->len; i++)
		free(t->text[i]);
}

void brand_domain_free(struct brand_domain *d)
{
	for (size_t i = 0; i < d->names_len; i++)
		free(d->names[i].name);
	free_texts(&d->addresses);
	free_texts(&d->servers);
	free_texts(&d->mail);
	free(d->spf);
	free(d->domain);
	free(d);
}

bool brand_texts_add(struct brand_texts *t, const char *text, size_t len)
{
	for (size_t i = 0; i < t->len; i++)
		if (strlen(t->text[i]) == len && memcmp(t->text[i], text, len) == 0)
			return true;
	t->all++;
	if (t->len == BRAND_RECORDS_KEPT)
		return true;
	t->text[t->len] = strndup(text, len);
	return t->text[t->len] && ++t->len;
}

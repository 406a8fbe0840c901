// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/allow.h"

#include "collector/block/indicator.h"
#include "collector/question/paste.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096, ALLOWED_MAX = 5000000 };

struct allowed_range {
	uint8_t first[16], last[16]; // IPv4 as ::ffff:a.b.c.d
};

struct block_allow {
	const struct zone_list *zones;
	block_rank *rank;
	const void *rank_arg;
	uint32_t popular; // ranks up to this one; 0: none
	struct block_set texts;
	const char **key; // of names, sorted
	size_t keys_len, keys_room;
	struct allowed_range *range; // sorted, apart
	size_t ranges_len, ranges_room;
	char text[BLOCK_HOST_LEN + 60];
};

// reading ────────────────────────────────────────────────────────────────────────────────────

static bool room_for(void **at, size_t len, size_t *room, size_t size)
{
	if (len < *room)
		return true;
	size_t more = *room ? 2 * *room : 64;
	void *larger = more <= ALLOWED_MAX * 2 ? realloc(*at, more * size) : NULL;
	if (!larger)
		return false;
	*at = larger;
	*room = more;
	return true;
}

static void to_16(const uint8_t *address, size_t size, uint8_t out[16])
{
	memset(out, 0, 16);
	if (size == 4)
		out[10] = out[11] = 0xff;
	memcpy(out + 16 - size, address, size);
}

static int add_name(struct block_allow *a, const char *name, char *why, size_t why_size)
{
	char key[BLOCK_HOST_LEN + 1];

	if (!block_indicator_is_domain(name))
		return snprintf(why, why_size, "found '%.80s', expected a name of letters, digits, '-' and '_'", name),
		       -EINVAL;
	if (!room_for((void **)&a->key, a->keys_len, &a->keys_room, sizeof(*a->key)))
		return snprintf(why, why_size, "out of memory, or more than %d names", ALLOWED_MAX), -ENOMEM;
	a->key[a->keys_len++] = block_set_text(&a->texts, key, block_key(name, key));
	return 0;
}

static int add_range(struct block_allow *a, const struct query *q, char *why, size_t why_size)
{
	if (!room_for((void **)&a->range, a->ranges_len, &a->ranges_room, sizeof(*a->range)))
		return snprintf(why, why_size, "out of memory, or more than %d networks", ALLOWED_MAX), -ENOMEM;
	struct allowed_range *r = &a->range[a->ranges_len++];
	to_16(q->first, q->address_size, r->first);
	to_16(q->last, q->address_size, r->last);
	return 0;
}

static int add_item(struct block_allow *a, const char *text, char *why, size_t why_size)
{
	struct query_paste p;

	if (query_understand_item(&p, text, why, why_size) != 0)
		return -EINVAL;
	switch (p.meaning) {
	case QUERY_MEANS_NAME:
	case QUERY_MEANS_BELOW:
		return add_name(a, p.q.name, why, why_size);
	case QUERY_MEANS_ADDRESS:
	case QUERY_MEANS_PREFIX:
	case QUERY_MEANS_RANGE:
		return add_range(a, &p.q, why, why_size);
	default:
		return snprintf(why, why_size, "found '%.80s', expected a name, an address or a prefix", text), -EINVAL;
	}
}

static int add_file(struct block_allow *a, const char *path, char *why, size_t why_size)
{
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE], reason[200] = "";
	unsigned number = 0;
	int result = 0;

	if (!file)
		return snprintf(why, why_size, "%.300s: %s", path, strerror(errno)), -errno;
	while (result == 0 && fgets(line, sizeof(line), file)) {
		number++;
		char *end = strchr(line, '#');
		if (end)
			*end = '\0';
		line[strcspn(line, "\r\n")] = '\0';
		char *text = line + strspn(line, " \t");
		for (size_t len = strlen(text); len > 0 && strchr(" \t", text[len - 1]);)
			text[--len] = '\0';
		if (*text && add_item(a, text, reason, sizeof(reason)) != 0)
			result = -EINVAL;
	}
	if (result != 0) // what is to be allowed must not be lost without a sign
		snprintf(why, why_size, "%.200s:%u: %.180s", path, number, reason);
	else if (ferror(file))
		result = (snprintf(why, why_size, "%.300s: %s", path, strerror(EIO)), -EIO);
	fclose(file);
	return result;
}

static int add(struct block_allow *a, const char *text, char *why, size_t why_size)
{
	if (strncmp(text, "file ", 5) == 0)
		return add_file(a, text + 5 + strspn(text + 5, " \t"), why, why_size);
	if (strncmp(text, "popular ", 8) != 0)
		return add_item(a, text, why, why_size);
	a->popular = (uint32_t)strtoul(text + 8, NULL, 10);
	if (a->rank)
		return 0;
	snprintf(why, why_size, "popular: found no list of popular names; set context.popular");
	return -EINVAL;
}

static int compare_keys(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static int compare_ranges(const void *x, const void *y)
{
	return memcmp(((const struct allowed_range *)x)->first, ((const struct allowed_range *)y)->first, 16);
}

static void sort(struct block_allow *a)
{
	size_t n = 0;

	if (a->keys_len > 1)
		qsort(a->key, a->keys_len, sizeof(*a->key), compare_keys);
	if (a->ranges_len > 1)
		qsort(a->range, a->ranges_len, sizeof(*a->range), compare_ranges);
	for (size_t i = 0; i < a->ranges_len; i++) {
		if (n == 0 || memcmp(a->range[i].first, a->range[n - 1].last, 16) > 0)
			a->range[n++] = a->range[i];
		else if (memcmp(a->range[i].last, a->range[n - 1].last, 16) > 0)
			memcpy(a->range[n - 1].last, a->range[i].last, 16);
	}
	a->ranges_len = n;
}

struct block_allow *block_allow_new(const struct block_list *l, const struct zone_list *zones, block_rank *rank,
	const void *rank_arg, char *why, size_t why_size)
{
	struct block_allow *a = calloc(1, sizeof(*a));
	int result = a ? 0 : (snprintf(why, why_size, "out of memory"), -1);

	if (a) {
		a->zones = zones;
		a->rank = rank;
		a->rank_arg = rank_arg;
	}
	for (size_t i = 0; result == 0 && i < l->allows_len; i++) {
		char reason[400];
		result = add(a, l->allows[i], reason, sizeof(reason));
		if (result != 0)
			snprintf(why, why_size, "allow: %s", reason);
	}
	if (result == 0 && a->texts.bad)
		result = (snprintf(why, why_size, "out of memory"), -1);
	if (result != 0) {
		block_allow_free(a);
		return NULL;
	}
	sort(a);
	return a;
}

void block_allow_free(struct block_allow *a)
{
	if (!a)
		return;
	block_set_free(&a->texts);
	free(a->key);
	free(a->range);
	free(a);
}

bool block_allow_is_without_names(const struct block_allow *a)
{
	return a->keys_len == 0 && a->popular == 0;
}

// asking ─────────────────────────────────────────────────────────────────────────────────────

// Place of the first key that is not before `key`.
static size_t lower_bound(const struct block_allow *a, const char *key)
{
	size_t low = 0, high = a->keys_len;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(a->key[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

// "com\x01example" → "example.com"
static void name_of(const char *key, char out[static BLOCK_HOST_LEN + 1])
{
	size_t end = strlen(key), n = 0;

	while (end > 0) {
		size_t begin = end;
		while (begin > 0 && key[begin - 1] != '\x01')
			begin--;
		memcpy(out + n, key + begin, end - begin);
		n += end - begin;
		if (begin > 0)
			out[n++] = '.';
		end = begin > 0 ? begin - 1 : 0;
	}
	out[n] = '\0';
}

static const char *by_key(struct block_allow *a, const char *key)
{
	char part[BLOCK_HOST_LEN + 1], name[BLOCK_HOST_LEN + 1];

	for (const char *end = key; end; end = *end ? end + 1 : NULL) { // the name's parents, from the top
		end += strcspn(end, "\x01");
		snprintf(part, sizeof(part), "%.*s", (int)(end - key), key);
		size_t at = lower_bound(a, part);
		if (at < a->keys_len && strcmp(a->key[at], part) == 0) {
			name_of(part, name);
			snprintf(a->text, sizeof(a->text), "allowed: %s", name);
			return a->text;
		}
	}
	return NULL;
}

static const char *by_rank(struct block_allow *a, const char *name)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	size_t size = a->popular > 0 ? query_name_wire(name, strlen(name), wire) : 0;

	if (size == 0)
		return NULL;
	const char *domain = name + zone_find(a->zones, wire, size);
	uint32_t rank = a->rank(a->rank_arg, domain);
	if (rank == 0 || rank > a->popular)
		return NULL;
	snprintf(a->text, sizeof(a->text), "popular: %s has rank %u", domain, rank);
	return a->text;
}

const char *block_allow_name(struct block_allow *a, const char *name)
{
	char key[BLOCK_HOST_LEN + 1];

	if (!block_indicator_is_domain(name))
		return NULL;
	block_key(name, key);
	const char *why = by_key(a, key);
	return why ? why : by_rank(a, name);
}

// An allowed name below the one of `key`, or NULL.
static const char *allowed_below(struct block_allow *a, const char *key)
{
	size_t at = lower_bound(a, key);
	char name[BLOCK_HOST_LEN + 1];

	if (at >= a->keys_len || !block_key_is_under(a->key[at], key)) {
		char first[BLOCK_HOST_LEN + 2]; // keys such as "com\x01example-a" may lie between
		snprintf(first, sizeof(first), "%s\x01", key);
		at = lower_bound(a, first);
	}
	if (at >= a->keys_len || !block_key_is_under(a->key[at], key))
		return NULL;
	name_of(a->key[at], name);
	snprintf(a->text, sizeof(a->text), "%s", name);
	return a->text;
}

static const char *by_address(struct block_allow *a, const struct block_entry *e)
{
	uint8_t first[16], last[16];
	size_t low = 0, high = a->ranges_len;
	char text[2][TEXT_ADDRESS_SIZE];
	unsigned bits = e->bits + 8u * (16u - e->size);

	to_16(e->address, e->size, first);
	memcpy(last, first, 16);
	for (unsigned i = bits; i < 128; i++)
		last[i / 8] |= (uint8_t)(0x80 >> i % 8);
	while (low < high) { // the first range that begins after `last`
		size_t middle = (low + high) / 2;
		if (memcmp(a->range[middle].first, last, 16) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || memcmp(a->range[low - 1].last, first, 16) < 0)
		return NULL;
	const struct allowed_range *r = &a->range[low - 1];
	text_address(r->first + (e->size == 4 ? 12 : 0), e->size, text[0]);
	text_address(r->last + (e->size == 4 ? 12 : 0), e->size, text[1]);
	bool one = memcmp(r->first, r->last, 16) == 0;
	snprintf(a->text, sizeof(a->text), "allowed: %s%s%s", text[0], one ? "" : "-", one ? "" : text[1]);
	return a->text;
}

static bool keep(struct block_allow *a, struct block_set *s, struct block_entry *e)
{
	const char *why;

	if (e->kind == BLOCK_ADDRESS || e->kind == BLOCK_SERVER_ADDRESS) {
		why = by_address(a, e);
	} else {
		why = block_allow_name(a, e->name);
		const char *below = !why && e->below ? allowed_below(a, e->key) : NULL;
		if (below) {
			block_set_remove_entry(s, e, "reduced to the name itself; allowed below it: %s", below);
			e->below = false;
		}
	}
	if (why)
		block_set_remove_entry(s, e, "%s", why);
	return !why;
}

void block_allow_apply(struct block_allow *a, struct block_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++)
		if (keep(a, s, &s->at[i]))
			s->at[n++] = s->at[i];
	s->len = n;
}

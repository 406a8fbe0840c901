// SPDX-License-Identifier: BSD-3-Clause
// Entries, their memory, their order.
#include "collector/block/block.h"

#include "collector/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_SIZE = 1 << 16, WHAT_SIZE = 4 * BLOCK_TEXT_SIZE };

struct block_piece {
	struct block_piece *next;
	size_t used;
	char bytes[PIECE_SIZE];
};

void block_set_free(struct block_set *s)
{
	while (s->memory) {
		struct block_piece *next = s->memory->next;
		free(s->memory);
		s->memory = next;
	}
	free(s->at);
	free(s->removed);
	free(s->doubts);
	*s = (struct block_set){.len = 0};
}

const char *block_set_text(struct block_set *s, const char *text, size_t len)
{
	len = len < PIECE_SIZE - 1 ? len : PIECE_SIZE - 1;
	if (!s->memory || PIECE_SIZE - s->memory->used < len + 1) {
		struct block_piece *piece = malloc(sizeof(*piece));
		if (!piece) {
			s->bad = true;
			return "";
		}
		piece->next = s->memory;
		piece->used = 0;
		s->memory = piece;
	}
	char *copy = s->memory->bytes + s->memory->used;
	memcpy(copy, text, len);
	copy[len] = '\0';
	s->memory->used += len + 1;
	return copy;
}

// Returns the length.
static size_t printable(const char *text, size_t most, char *out)
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c >= 0x20 && c <= 0x7e && c != '\\';
		if (n + (plain ? 1 : 4) > most)
			break;
		if (plain)
			out[n++] = (char)c;
		else
			n += (size_t)sprintf(out + n, "\\%03u", c);
	}
	out[n] = '\0';
	return n;
}

// The text made printable: other octets than 0x20–0x7e, and the backslash, become \DDD; cut at BLOCK_REASON_LEN.
static const char *copy_printable(struct block_set *s, const char *text)
{
	char out[BLOCK_REASON_LEN + 1];

	return block_set_text(s, out, printable(text, BLOCK_REASON_LEN, out));
}

bool block_set_grow(void **at, size_t len, size_t *room, size_t size)
{
	if (len < *room)
		return true;
	size_t more = *room ? 2 * *room : 64;
	void *larger = realloc(*at, more * size);
	if (!larger)
		return false;
	*at = larger;
	*room = more;
	return true;
}

void block_set_add(struct block_set *s, const struct block_entry *e)
{
	char key[BLOCK_HOST_LEN + 1];

	if (s->len >= BLOCK_ENTRIES_MAX) {
		s->full = true;
		return;
	}
	if (!block_set_grow((void **)&s->at, s->len, &s->room, sizeof(*s->at))) {
		s->bad = true;
		return;
	}
	struct block_entry *mine = &s->at[s->len++];
	*mine = *e;
	mine->reason = copy_printable(s, e->reason ? e->reason : "");
	if (e->kind != BLOCK_NAME && e->kind != BLOCK_SERVER_NAME)
		return;
	size_t len = block_key(e->name, key);
	mine->key = block_set_text(s, key, len);
	mine->name = block_set_text(s, e->name, len);
}

static void note(struct block_set *s, const char *what, const char *why)
{
	char plain[WHAT_SIZE + 1];

	if (!block_set_grow((void **)&s->removed, s->removed_len, &s->removed_room, sizeof(*s->removed))) {
		s->bad = true;
		return;
	}
	size_t len = printable(what, WHAT_SIZE, plain);
	s->removed[s->removed_len++] =
		(struct block_removed){.what = block_set_text(s, plain, len), .why = copy_printable(s, why)};
}

void block_set_remove(struct block_set *s, const char *what, const char *format, ...)
{
	char why[2 * BLOCK_REASON_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	note(s, what, why);
}

void block_set_remove_entry(struct block_set *s, const struct block_entry *e, const char *format, ...)
{
	char why[2 * BLOCK_REASON_LEN], text[BLOCK_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	note(s, block_entry_text(e, text), why);
}

const char *block_entry_text(const struct block_entry *e, char out[static BLOCK_TEXT_SIZE])
{
	bool server = e->kind == BLOCK_SERVER_NAME || e->kind == BLOCK_SERVER_ADDRESS;
	char address[TEXT_ADDRESS_SIZE];

	if (e->kind == BLOCK_NAME || e->kind == BLOCK_SERVER_NAME) {
		snprintf(out, BLOCK_TEXT_SIZE, "%s%s%s", server ? "ns:" : "", e->below ? "*." : "", e->name);
		return out;
	}
	text_address(e->address, e->size, address);
	int n = snprintf(out, BLOCK_TEXT_SIZE, "%s%s", server ? "ns:" : "", address);
	if (e->bits < 8 * e->size)
		snprintf(out + n, BLOCK_TEXT_SIZE - (size_t)n, "/%u", e->bits);
	return out;
}

// keys ───────────────────────────────────────────────────────────────────────────────────────

size_t block_key(const char *name, char out[static BLOCK_HOST_LEN + 1])
{
	size_t end = strlen(name), n = 0;

	end = end < BLOCK_HOST_LEN ? end : BLOCK_HOST_LEN;
	size_t len = end;
	for (;;) {
		size_t begin = end;
		while (begin > 0 && name[begin - 1] != '.')
			begin--;
		memcpy(out + n, name + begin, end - begin);
		n += end - begin;
		if (begin == 0)
			break;
		out[n++] = '\x01';
		end = begin - 1;
	}
	out[n] = '\0';
	return len;
}

bool block_key_is_under(const char *k, const char *above)
{
	size_t len = strlen(above);

	return strncmp(k, above, len) == 0 && (k[len] == '\0' || k[len] == '\x01');
}

// order ──────────────────────────────────────────────────────────────────────────────────────

static bool is_of_names(const struct block_entry *e)
{
	return e->kind == BLOCK_NAME || e->kind == BLOCK_SERVER_NAME;
}

static int compare(const void *a, const void *b)
{
	const struct block_entry *x = a, *y = b;
	int result;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (is_of_names(x)) {
		result = strcmp(x->key, y->key);
		if (result == 0)
			result = y->below - x->below; // the wider one first
	} else {
		result = x->size - y->size;
		if (result == 0)
			result = memcmp(x->address, y->address, x->size);
		if (result == 0)
			result = x->bits - y->bits;
	}
	if (result == 0) // what is kept must not depend on the order of the sources
		result = x->until != y->until ? (x->until > y->until ? -1 : 1) : strcmp(x->reason, y->reason);
	return result;
}

// True if the first `bits` of both are equal.
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool is_same(const struct block_entry *a, const struct block_entry *b)
{
	if (a->kind != b->kind)
		return false;
	return is_of_names(a)
		       ? strcmp(a->key, b->key) == 0
		       : a->size == b->size && a->bits == b->bits && memcmp(a->address, b->address, a->size) == 0;
}

static bool covers(const struct block_entry *wide, const struct block_entry *e)
{
	if (wide->kind != e->kind)
		return false;
	if (is_of_names(e))
		return wide->below && block_key_is_under(e->key, wide->key);
	return wide->size == e->size && wide->bits <= e->bits && same_bits(wide->address, e->address, wide->bits);
}

void block_set_sort(struct block_set *s)
{
	size_t n = 0, wide = 0; // the last one kept that may cover others

	if (s->len > 1)
		qsort(s->at, s->len, sizeof(*s->at), compare);
	for (size_t i = 0; i < s->len; i++) {
		struct block_entry *e = &s->at[i];
		if (n > 0 && is_same(&s->at[n - 1], e)) {
			s->at[n - 1].since = e->since < s->at[n - 1].since ? e->since : s->at[n - 1].since;
			s->at[n - 1].until = e->until > s->at[n - 1].until ? e->until : s->at[n - 1].until;
			continue;
		}
		if (n > 0 && covers(&s->at[wide], e))
			continue;
		s->at[n] = *e;
		if (!is_of_names(e) || e->below)
			wide = n;
		n++;
	}
	s->len = n;
}

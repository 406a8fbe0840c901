// SPDX-License-Identifier: BSD-3-Clause
// Many keywords at a time. Each piece of a keyword (alike_pieces) is found by four of its octets, or three:
//
//     name ──fold──► each place ──► is there a piece with these octets? (a bit) ──► the pieces ──► the keyword: compare
//
// A keyword of two octets is compared with every name.
#include "collector/alike/compare.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTHS = 2, NARROW = 3, CODE_BITS = 5 };

struct set_piece {
	uint32_t keyword; // index
	uint32_t text;	  // offset in the pool
	uint32_t size;
	uint32_t gram; // the octets by which it is found
	uint32_t at;   // …begin there in the piece
};

struct keyword {
	uint32_t text, len, id, pieces; // pieces: index of the first one
};

// The pieces that are found by as many octets. Those of gram g: piece[start[g]] to piece[start[g + 1]].
struct grams {
	uint32_t *start;
	uint64_t *any; // a bit per gram: there is a piece
	uint32_t *piece;
};

struct alike_set {
	char *text; // pool
	size_t text_len, text_size;
	struct keyword *keyword;
	size_t keywords, keywords_size;
	struct set_piece *piece;
	size_t pieces, pieces_size;
	struct grams by[WIDTHS]; // by three, and by four octets
	uint32_t *tiny;		 // keywords without pieces
	size_t tinies, tinies_size;
};

static size_t grams_of(size_t width)
{
	return (size_t)1 << (CODE_BITS * (width + NARROW));
}

// Five bits of a folded octet.
static uint32_t code_of(char c)
{
	return c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a' + 1) : c == '.' ? 0 : 27 + (unsigned char)c % 5u;
}

static uint32_t gram_at(const char *text, size_t octets)
{
	uint32_t gram = 0;

	for (size_t i = 0; i < octets; i++)
		gram = gram << CODE_BITS | code_of(text[i]);
	return gram;
}

struct alike_set *alike_set_new(void)
{
	return calloc(1, sizeof(struct alike_set));
}

void alike_set_free(struct alike_set *s)
{
	if (!s)
		return;
	for (size_t width = 0; width < WIDTHS; width++) {
		free(s->by[width].start);
		free(s->by[width].any);
		free(s->by[width].piece);
	}
	free(s->text);
	free(s->tiny);
	free(s->keyword);
	free(s->piece);
	free(s);
}

// Room for one more item. False without memory.
static bool grow(void **items, size_t *size, size_t used, size_t item)
{
	if (used < *size)
		return true;
	size_t more = *size > 0 ? 2 * *size : 64;
	void *grown = reallocarray(*items, more, item);
	if (!grown)
		return false;
	*items = grown;
	*size = more;
	return true;
}

// Adds text to the pool. Returns its offset, or UINT32_MAX.
static uint32_t add_text(struct alike_set *s, const char *text, size_t len)
{
	while (s->text_len + len > s->text_size)
		if (s->text_size > UINT32_MAX / 4 || !grow((void **)&s->text, &s->text_size, s->text_size, 1))
			return UINT32_MAX;
	memcpy(s->text + s->text_len, text, len);
	s->text_len += len;
	return (uint32_t)(s->text_len - len);
}

static bool add_piece(struct alike_set *s, const char *text, size_t size)
{
	uint32_t at = add_text(s, text, size);

	if (at == UINT32_MAX || !grow((void **)&s->piece, &s->pieces_size, s->pieces, sizeof(*s->piece)))
		return false;
	s->piece[s->pieces++] =
		(struct set_piece){.keyword = (uint32_t)s->keywords, .text = at, .size = (uint32_t)size};
	return true;
}

// The pieces of the keyword that is added next.
static bool add_pieces(struct alike_set *s, const char *keyword, size_t len)
{
	struct alike_pieces pieces;

	if (len < NARROW) {
		if (!grow((void **)&s->tiny, &s->tinies_size, s->tinies, sizeof(*s->tiny)))
			return false;
		s->tiny[s->tinies++] = (uint32_t)s->keywords;
		return true;
	}
	alike_pieces(&pieces, keyword, len);
	for (size_t i = 0; i < pieces.len; i++)
		if (!add_piece(s, pieces.text[i], pieces.size[i]))
			return false;
	return true;
}

bool alike_set_add(struct alike_set *s, const char *keyword, size_t len, uint32_t id)
{
	size_t before = s->pieces;

	if (len == 0 || len >= TEXT_NAME_SIZE)
		return false;
	uint32_t text = add_text(s, keyword, len);
	if (text == UINT32_MAX || !grow((void **)&s->keyword, &s->keywords_size, s->keywords, sizeof(*s->keyword)))
		return false;
	if (!add_pieces(s, keyword, len)) {
		s->pieces = before;
		return false;
	}
	s->keyword[s->keywords++] =
		(struct keyword){.text = text, .len = (uint32_t)len, .id = id, .pieces = (uint32_t)before};
	return true;
}

static size_t width_of(const struct set_piece *p)
{
	return p->size > NARROW;
}

// The octets of a piece that fewest pieces have.
static void choose_gram(const struct alike_set *s, struct set_piece *p, const uint32_t *frequency)
{
	size_t octets = width_of(p) + NARROW;

	p->at = 0;
	p->gram = gram_at(s->text + p->text, octets);
	for (uint32_t at = 1; at + octets <= p->size; at++) {
		uint32_t gram = gram_at(s->text + p->text + at, octets);
		if (frequency[gram] < frequency[p->gram]) {
			p->gram = gram;
			p->at = at;
		}
	}
}

static void count_grams(const struct alike_set *s, size_t width, uint32_t *frequency)
{
	size_t octets = width + NARROW;

	for (size_t i = 0; i < s->pieces; i++) {
		const struct set_piece *p = &s->piece[i];
		if (width_of(p) == width)
			for (size_t at = 0; at + octets <= p->size; at++)
				frequency[gram_at(s->text + p->text + at, octets)]++;
	}
}

static bool seal_width(struct alike_set *s, size_t width)
{
	struct grams *by = &s->by[width];
	size_t grams = grams_of(width);
	uint32_t *frequency = calloc(grams, sizeof(*frequency));

	by->start = calloc(grams + 2, sizeof(*by->start));
	by->any = calloc(grams / 64, sizeof(*by->any));
	by->piece = calloc(s->pieces + 1, sizeof(*by->piece));
	if (!frequency || !by->start || !by->any || !by->piece) {
		free(frequency);
		return false;
	}
	count_grams(s, width, frequency);
	for (size_t i = 0; i < s->pieces; i++) {
		struct set_piece *p = &s->piece[i];
		if (width_of(p) != width)
			continue;
		choose_gram(s, p, frequency);
		by->start[p->gram + 2]++;
		by->any[p->gram / 64] |= UINT64_C(1) << p->gram % 64;
	}
	for (size_t g = 2; g < grams + 2; g++)
		by->start[g] += by->start[g - 1];
	for (size_t i = 0; i < s->pieces; i++) // afterwards start[g + 1] is where those of g end
		if (width_of(&s->piece[i]) == width)
			by->piece[by->start[s->piece[i].gram + 1]++] = (uint32_t)i;
	free(frequency);
	return true;
}

bool alike_set_seal(struct alike_set *s)
{
	return seal_width(s, 0) && seal_width(s, 1);
}

// --- reading

struct set_search {
	const struct alike_set *set;
	struct forms_name name;
	size_t folded_len;
	alike_hit *hit;
	void *arg;
	bool stopped;
};

static void compare_keyword(struct set_search *f, const struct keyword *k)
{
	struct forms_keyword form;

	forms_keyword(&form, f->set->text + k->text, k->len);
	enum alike_reason reason = compare_forms(&form, &f->name);
	if (reason != ALIKE_NONE)
		f->stopped = !f->hit(f->arg, k->id, reason);
}

// True if no place before this one, and no piece before this one, has led to the keyword.
static bool is_first(const struct set_search *f, const struct set_piece *p, const struct set_piece *first, size_t at)
{
	const char *text = f->set->text;

	for (const struct set_piece *other = first; other < p; other++)
		if (forms_contains(f->name.folded, f->folded_len, text + other->text, other->size))
			return false;
	return at == 0 || !forms_contains(f->name.folded, at + p->size - 1, text + p->text, p->size);
}

static void try_piece(struct set_search *f, const struct set_piece *p, size_t at)
{
	const struct keyword *k = &f->set->keyword[p->keyword];

	if (at < p->at || at - p->at + p->size > f->folded_len)
		return;
	if (memcmp(f->name.folded + at - p->at, f->set->text + p->text, p->size) == 0 &&
		is_first(f, p, &f->set->piece[k->pieces], at - p->at))
		compare_keyword(f, k);
}

static void try_gram(struct set_search *f, size_t width, uint32_t gram, size_t at)
{
	const struct grams *by = &f->set->by[width];

	if ((by->any[gram / 64] >> gram % 64 & 1) == 0)
		return;
	for (uint32_t i = by->start[gram]; i < by->start[gram + 1] && !f->stopped; i++)
		try_piece(f, &f->set->piece[by->piece[i]], at);
}

void alike_set_find(const struct alike_set *s, const char *name, size_t len, alike_hit *hit, void *arg)
{
	struct set_search f;
	uint32_t gram = 0;

	f.set = s;
	f.hit = hit;
	f.arg = arg;
	f.stopped = false;
	forms_name(&f.name, name, len);
	f.folded_len = f.name.len + 2;
	for (size_t i = 0; i < f.folded_len && !f.stopped; i++) {
		gram = gram << CODE_BITS | code_of(f.name.folded[i]);
		if (i + 1 >= NARROW)
			try_gram(&f, 0, gram & (uint32_t)(grams_of(0) - 1), i + 1 - NARROW);
		if (i >= NARROW)
			try_gram(&f, 1, gram & (uint32_t)(grams_of(1) - 1), i - NARROW);
	}
	for (size_t i = 0; i < s->tinies && !f.stopped; i++)
		compare_keyword(&f, &s->keyword[s->tiny[i]]);
}

struct best {
	enum alike_reason reason;
	uint32_t id;
};

static bool take_best(void *arg, uint32_t id, enum alike_reason reason)
{
	struct best *b = arg;

	if (b->reason == ALIKE_NONE || reason < b->reason || (reason == b->reason && id < b->id))
		*b = (struct best){.reason = reason, .id = id};
	return true;
}

enum alike_reason alike_set_best(const struct alike_set *s, const char *name, size_t len, uint32_t *id)
{
	struct best best = {.reason = ALIKE_NONE};

	alike_set_find(s, name, len, take_best, &best);
	if (id)
		*id = best.id;
	return best.reason;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/keywords.h"

#include "collector/query/query.h"
#include "collector/watch/latin.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEAD = 4, // letters of the table of heads; a keyword of three folded letters is in the other one
	SHORT_HEAD = 3,
	LETTER_BITS = 5,
	HEADS = 1 << (HEAD * LETTER_BITS),
	SHORT_HEADS = 1 << (SHORT_HEAD * LETTER_BITS),
	WORD_MAX = 64, // letters of a word for which one edit is tried
	NAME_SIZE = 4 * TEXT_NAME_SIZE,
	BITS_PER_EDIT = 16
};

// A keyword in folded form, or a hash of one with a letter less, in a list by head or by hash.
struct keyword_item {
	uint64_t key; // head, or hash
	uint32_t id;
	uint32_t at; // of the folded text in `texts`
	uint32_t len;
};

struct keyword_table {
	struct keyword_item *items; // sorted by key when finished
	size_t len, capacity;
	uint64_t *bits; // keys that there are
	size_t bits_mask;
	uint32_t *first; // by the upper bits of the hashed key: the first item
	size_t first_len;
	unsigned shift;
};

struct watch_keywords {
	struct keyword_table heads, short_heads, edits;
	char *texts;
	size_t texts_len, texts_capacity;
	size_t shortest, longest; // words for which an edit is tried
	size_t words;		  // most words of a keyword
	char folds[256];	  // alike_fold of each octet
};

static const uint64_t factor = 0x9e3779b97f4a7c15u;

struct watch_keywords *watch_keywords_new(void)
{
	struct watch_keywords *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->shortest = SIZE_MAX;
	for (int c = 0; c < 256; c++)
		k->folds[c] = alike_fold((char)c);
	return k;
}

static void free_table(struct keyword_table *t)
{
	free(t->items);
	free(t->bits);
	free(t->first);
}

void watch_keywords_free(struct watch_keywords *k)
{
	if (!k)
		return;
	free_table(&k->heads);
	free_table(&k->short_heads);
	free_table(&k->edits);
	free(k->texts);
	free(k);
}

// folding ──────────────────────────────────────────────────────────────────────────────────────

// One letter for all that look like it, as collector/alike has them. With `pairs`, rn is m and vv is w.
static size_t fold(const struct watch_keywords *k, const char *text, size_t len, bool pairs, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '.' || c == '-')
			continue;
		c = k->folds[(unsigned char)c];
		if (pairs && c == 'r' && i + 1 < len && text[i + 1] == 'n')
			c = 'm', i++;
		else if (pairs && c == 'v' && i + 1 < len && text[i + 1] == 'v')
			c = 'w', i++;
		out[n++] = c;
	}
	return n;
}

static unsigned letter(char c)
{
	return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') : 31;
}

// edits ────────────────────────────────────────────────────────────────────────────────────────

static uint64_t spread(uint64_t hash)
{
	hash ^= hash >> 31;
	hash *= factor;
	return hash ^ hash >> 29;
}

typedef void take_hash(void *arg, uint64_t hash);

// The hashes of a word of up to WORD_MAX letters, and of what is left without each of its letters.
static void each_hash(const char *word, size_t len, take_hash *take, void *arg)
{
	uint64_t head[WORD_MAX + 1], tail = 0, power = 1;

	head[0] = 1;
	for (size_t i = 0; i < len; i++)
		head[i + 1] = head[i] * factor + (unsigned char)word[i];
	take(arg, spread(head[len]));
	for (size_t i = len; i-- > 0;) {		    // head[i], then the letters after i
		if (i + 1 == len || word[i] != word[i + 1]) // the same without either of two equal letters
			take(arg, spread(head[i] * power + tail));
		tail += (unsigned char)word[i] * power;
		power *= factor;
	}
}

// What stays the same if similar letters are exchanged (alike/word.c: b d, c e, cl d, m rr, …): one letter for each group of them,
// runs of some are one, l is left out. Words that are similar have the same hash. 0: too short to tell.
static uint64_t hash_skeleton(const struct watch_keywords *k, const char *word, size_t len)
{
	static const char groups[256] = {['c'] = 'b',
		['d'] = 'b',
		['e'] = 'b',
		['k'] = 'b',
		['q'] = 'g',
		['n'] = 'm',
		['r'] = 'm',
		['v'] = 'u',
		['w'] = 'u'};
	uint64_t hash = 3;
	size_t n = 0;
	char last = 0;

	for (size_t i = 0; i < len; i++) {
		char c = k->folds[(unsigned char)word[i]];
		if (c == 'l' || word[i] == '.' || word[i] == '-')
			continue;
		c = groups[(unsigned char)c] ? groups[(unsigned char)c] : c;
		if (c == last && (c == 'm' || c == 'u'))
			continue;
		last = c;
		hash = hash * factor + (unsigned char)c;
		n++;
	}
	return n < 2 ? 0 : spread(hash);
}

// building ─────────────────────────────────────────────────────────────────────────────────────

static bool put(struct keyword_table *t, struct keyword_item item)
{
	if (t->len == t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 256;
		struct keyword_item *more = realloc(t->items, capacity * sizeof(*more));
		if (!more)
			return false;
		t->items = more;
		t->capacity = capacity;
	}
	t->items[t->len++] = item;
	return true;
}

static uint64_t head_of(const char *text, size_t letters)
{
	uint64_t head = 0;

	for (size_t i = 0; i < letters; i++)
		head = head << LETTER_BITS | letter(text[i]);
	return head;
}

static bool add_folded(struct watch_keywords *k, const char *folded, size_t len, uint32_t id)
{
	if (len < SHORT_HEAD)
		return true; // alike needs three letters as well
	if (k->texts_len + len > k->texts_capacity) {
		size_t capacity = 2 * k->texts_capacity + len + 4096;
		char *more = realloc(k->texts, capacity);
		if (!more)
			return false;
		k->texts = more;
		k->texts_capacity = capacity;
	}
	bool is_short = len < HEAD;
	struct keyword_item item = {.id = id, .at = (uint32_t)k->texts_len, .len = (uint32_t)len};
	item.key = head_of(folded, is_short ? SHORT_HEAD : HEAD);
	memcpy(k->texts + k->texts_len, folded, len);
	k->texts_len += len;
	return put(is_short ? &k->short_heads : &k->heads, item);
}

struct adding {
	struct watch_keywords *k;
	uint32_t id;
	bool good;
};

static void add_hash(void *arg, uint64_t hash)
{
	struct adding *a = arg;

	a->good = a->good && put(&a->k->edits, (struct keyword_item){.key = hash, .id = a->id});
}

bool watch_keywords_add(struct watch_keywords *k, const char *keyword, size_t len, bool edits, uint32_t id)
{
	char folded[2][TEXT_NAME_SIZE] = {""};
	struct adding a = {.k = k, .id = id, .good = true};

	if (len >= TEXT_NAME_SIZE)
		return false;
	size_t n = fold(k, keyword, len, true, folded[0]), m = fold(k, keyword, len, false, folded[1]);
	if (!add_folded(k, folded[0], n, id) || (m != n && !add_folded(k, folded[1], m, id)))
		return false;
	if (!edits || len > WORD_MAX)
		return true;
	uint64_t skeleton = hash_skeleton(k, keyword, len);
	if (skeleton)
		add_hash(&a, skeleton);
	if (len < ALIKE_EDIT_MIN)
		return a.good;
	k->shortest = len - 1 < k->shortest ? len - 1 : k->shortest;
	k->longest = len + 1 > k->longest ? len + 1 : k->longest;
	size_t words = 1;
	for (size_t i = 0; i < len; i++)
		words += keyword[i] == '-' || keyword[i] == '.';
	k->words = words > k->words ? words : k->words;
	each_hash(keyword, len, add_hash, &a);
	return a.good;
}

static int by_key(const void *a, const void *b)
{
	const struct keyword_item *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

// `keys`: how many keys there may be, if they are not hashes; else 0.
static bool finish_table(struct keyword_table *t, size_t keys)
{
	size_t bits = keys ? keys : 1024, lists = 1024;

	while (!keys && bits < BITS_PER_EDIT * t->len)
		bits *= 2;
	while (!keys && lists < t->len)
		lists *= 2;
	t->bits_mask = bits - 1;
	t->bits = calloc(bits / 64, sizeof(*t->bits));
	t->first_len = keys ? keys : lists;
	t->shift = keys ? 0 : 64 - (unsigned)__builtin_ctzll(lists);
	t->first = calloc(t->first_len + 1, sizeof(*t->first));
	if (!t->bits || !t->first)
		return false;
	if (t->len > 0)
		qsort(t->items, t->len, sizeof(*t->items), by_key);
	for (size_t i = 0; i < t->len; i++) {
		uint64_t key = t->items[i].key;
		t->bits[(key & t->bits_mask) / 64] |= 1ull << key % 64;
		t->first[(key >> t->shift) + 1]++;
	}
	for (size_t i = 0; i < t->first_len; i++)
		t->first[i + 1] += t->first[i];
	return true;
}

bool watch_keywords_finish(struct watch_keywords *k)
{
	return finish_table(&k->heads, HEADS) && finish_table(&k->short_heads, SHORT_HEADS) &&
	       finish_table(&k->edits, 0);
}

// lookups ──────────────────────────────────────────────────────────────────────────────────────

static bool may_have(const struct keyword_table *t, uint64_t key)
{
	return t->bits[(key & t->bits_mask) / 64] >> key % 64 & 1;
}

struct keyword_finding {
	const struct watch_keywords *k;
	watch_keywords_candidate *candidate;
	void *arg;
};

static void compare(struct keyword_finding *f, const struct keyword_table *t, uint64_t head, const char *text,
	size_t len)
{
	for (uint32_t i = t->first[head]; i < t->first[head + 1]; i++) {
		const struct keyword_item *item = &t->items[i];
		if (item->len <= len && memcmp(f->k->texts + item->at, text, item->len) == 0)
			f->candidate(f->arg, item->id);
	}
}

static void find_contained(struct keyword_finding *f, const char *folded, size_t len)
{
	uint64_t head = 0;

	for (size_t i = 0; i < len; i++) {
		head = (head << LETTER_BITS | letter(folded[i])) & (HEADS - 1);
		if (i + 1 >= HEAD && may_have(&f->k->heads, head))
			compare(f, &f->k->heads, head, folded + i + 1 - HEAD, len - (i + 1 - HEAD));
		if (i + 1 >= SHORT_HEAD && f->k->short_heads.len > 0 &&
			may_have(&f->k->short_heads, head & (SHORT_HEADS - 1)))
			compare(f, &f->k->short_heads, head & (SHORT_HEADS - 1), folded + i + 1 - SHORT_HEAD,
				len - (i + 1 - SHORT_HEAD));
	}
}

static void look_at_hash(void *arg, uint64_t hash)
{
	const struct keyword_finding *f = arg;
	const struct keyword_table *t = &f->k->edits;

	if (!may_have(t, hash))
		return;
	for (uint32_t i = t->first[hash >> t->shift]; i < t->first[(hash >> t->shift) + 1]; i++)
		if (t->items[i].key == hash)
			f->candidate(f->arg, t->items[i].id);
}

static size_t word_end(const char *name, size_t at, size_t len)
{
	while (at < len && name[at] != '.' && name[at] != '-')
		at++;
	return at;
}

// Each word, and each group of as many words as a keyword has, and one more.
static void find_edited(struct keyword_finding *f, const char *name, size_t len)
{
	size_t most = f->k->words > 1 ? f->k->words + 1 : 1;

	for (size_t at = 0; at < len; at = word_end(name, at, len) + 1) {
		size_t end = at;
		for (size_t words = 0; words < most && end <= len; words++, end++) {
			end = word_end(name, end, len);
			if (end - at >= f->k->shortest && end - at <= f->k->longest && end - at <= WORD_MAX)
				each_hash(name + at, end - at, look_at_hash, f);
			uint64_t skeleton =
				end > at && end - at <= WORD_MAX ? hash_skeleton(f->k, name + at, end - at) : 0;
			if (skeleton)
				look_at_hash(f, skeleton);
		}
	}
}

static bool has(const char *text, size_t len, const char *part)
{
	return memmem(text, len, part, strlen(part)) != NULL;
}

// `len` of at most NAME_SIZE.
static void find_in(struct keyword_finding *f, const char *name, size_t len)
{
	char folded[NAME_SIZE];

	folded[0] = '\0';
	size_t n = fold(f->k, name, len, true, folded);

	find_contained(f, folded, n);
	if (has(name, len, "rn") || has(name, len, "vv"))
		find_contained(f, folded, fold(f->k, name, len, false, folded));
	find_edited(f, name, len);
}

void watch_keywords_find(const struct watch_keywords *k, const char *name, size_t len,
	watch_keywords_candidate *candidate, void *arg)
{
	struct keyword_finding f = {.k = k, .candidate = candidate, .arg = arg};
	char latin[NAME_SIZE];

	if (len >= TEXT_NAME_SIZE || k->heads.len + k->short_heads.len + k->edits.len == 0)
		return;
	find_in(&f, name, len);
	if (has(name, len, "xn--")) {
		size_t n = watch_latin(name, len, latin, sizeof(latin));
		if (n > 0)
			find_in(&f, latin, n);
	}
}

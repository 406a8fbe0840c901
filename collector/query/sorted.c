// SPDX-License-Identifier: BSD-3-Clause
// Records in an order that Redis does not keep: a bounded heap with the worst of the best on top.
//
// The page sorts by the same rules (web/table.js, web/records.js), since it continues after a limited answer. Equal
// records are ordered newest first, then by owner, type and RDATA, descending, as in Redis. So no two records are equal, and
// pages by offset neither overlap nor omit a record.
#include "collector/query/rdata.h"
#include "dataplane/common/dns_layout.h"
#include "dataplane/common/monotonic.h"

#include <stdlib.h>
#include <string.h>

// What RDATA is sorted by: addresses as numbers, then names that are pointed to, then all else as text.
enum rdata_rank { RANK_IPV4, RANK_IPV6, RANK_TARGET, RANK_TEXT };

struct kept {
	struct query_record record;   // its texts point into the same allocation
	enum rdata_rank rank;	      // QUERY_ORDER_RDATA
	uint8_t address[16];	      // of an address
	size_t target_at, target_len; // in the RDATA, of a target
};

struct query_sorted {
	struct query q;
	struct query_run *run;
	struct query_db *db;
	struct query *rest; // the questions after this one, a copy
	size_t rest_pos;    // the next one
	int64_t start_ms;   // monotonic; the time limit is for all questions
	bool natural;	    // the run has the right order already
	bool sorted;	    // all records were read, `heap` is in order
	bool more;	    // some records were omitted
	bool failed;	    // the run failed after some records
	struct kept **heap;
	size_t len, capacity, bound;
	size_t pos;	 // the next one to be shown
	size_t bytes;	 // of the records in `heap`
	const char *why; // of a failure here, not in the run
};

// Of all runs of the process together; one of QUERY_SORTED_MAX records takes some 200 MB.
static size_t bytes_of_all;
enum { BYTES_MAX = 768 << 20 };

// False if there is no room for so much more.
static bool reserve(struct query_sorted *s, size_t bytes)
{
	if (__atomic_add_fetch(&bytes_of_all, bytes, __ATOMIC_RELAXED) > BYTES_MAX) {
		__atomic_sub_fetch(&bytes_of_all, bytes, __ATOMIC_RELAXED);
		s->why = "records to be sorted take too much memory, here or in other lookups; ask for fewer, or later";
		return false;
	}
	s->bytes += bytes;
	return true;
}

static void give_back(struct query_sorted *s, size_t bytes)
{
	__atomic_sub_fetch(&bytes_of_all, bytes, __ATOMIC_RELAXED);
	s->bytes -= bytes;
}

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

// Names from their last label on, so that hosts of a domain come together.
static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (;;) {
		size_t i = a_len, k = b_len;
		while (i > 0 && a[i - 1] != '.')
			i--;
		while (k > 0 && b[k - 1] != '.')
			k--;
		int order = compare_text(a + i, a_len - i, b + k, b_len - k);
		if (order != 0 || i == 0 || k == 0)
			return order != 0 ? order : (i > 0) - (k > 0);
		a_len = i - 1;
		b_len = k - 1;
	}
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static void set_rank(struct kept *k)
{
	const struct query_record *r = &k->record;
	char text[TEXT_ADDRESS_SIZE];
	const char *target;
	size_t size = 0;

	k->rank = RANK_TEXT;
	if (dns_layout_address_size(dns_layout_named(r->type, r->type_len)) > 0 && r->rdata_len < sizeof(text)) {
		memcpy(text, r->rdata, r->rdata_len);
		text[r->rdata_len] = '\0';
		size = query_address(text, k->address);
	}
	if (size > 0) {
		k->rank = size == 4 ? RANK_IPV4 : RANK_IPV6;
	} else if ((k->target_len = query_target(r, &target)) > 0) {
		k->rank = RANK_TARGET;
		k->target_at = (size_t)(target - r->rdata);
	}
}

static int compare_rdata(const struct kept *a, const struct kept *b)
{
	const struct query_record *x = &a->record, *y = &b->record;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->rank == RANK_IPV4 || a->rank == RANK_IPV6)
		return memcmp(a->address, b->address, a->rank == RANK_IPV4 ? 4 : 16);
	if (a->rank == RANK_TARGET)
		return compare_names(x->rdata + a->target_at, a->target_len, y->rdata + b->target_at, b->target_len);
	return compare_text(x->rdata, x->rdata_len, y->rdata, y->rdata_len);
}

static int compare_equals(const struct query_record *x, const struct query_record *y)
{
	int order = compare_numbers(y->last, x->last);

	if (order == 0)
		order = compare_text(y->owner, y->owner_len, x->owner, x->owner_len);
	if (order == 0)
		order = compare_text(y->type, y->type_len, x->type, x->type_len);
	return order != 0 ? order : compare_text(y->rdata, y->rdata_len, x->rdata, x->rdata_len);
}

// Below 0 if `a` is shown before `b`.
static int compare(const struct query *q, const struct kept *a, const struct kept *b)
{
	const struct query_record *x = &a->record, *y = &b->record;
	int order = 0;

	switch (q->order) {
	case QUERY_ORDER_LAST:
		order = compare_numbers(x->last, y->last);
		break;
	case QUERY_ORDER_FIRST:
		order = compare_numbers(x->first, y->first);
		break;
	case QUERY_ORDER_COUNT:
		order = compare_numbers(x->count, y->count);
		break;
	case QUERY_ORDER_NAME:
		order = compare_names(x->owner, x->owner_len, y->owner, y->owner_len);
		break;
	case QUERY_ORDER_TYPE:
		order = compare_text(x->type, x->type_len, y->type, y->type_len);
		break;
	case QUERY_ORDER_RDATA:
		order = compare_rdata(a, b);
		break;
	case QUERY_ORDER_NONE:
		break;
	}
	if (order != 0)
		return q->descending ? -order : order;
	return compare_equals(x, y);
}

static void sift_down(struct query_sorted *s, size_t at, size_t len)
{
	for (size_t child; (child = 2 * at + 1) < len; at = child) {
		if (child + 1 < len && compare(&s->q, s->heap[child + 1], s->heap[child]) > 0)
			child++;
		if (compare(&s->q, s->heap[child], s->heap[at]) <= 0)
			return;
		struct kept *swap = s->heap[at];
		s->heap[at] = s->heap[child];
		s->heap[child] = swap;
	}
}

static void sift_up(struct query_sorted *s, size_t at)
{
	while (at > 0 && compare(&s->q, s->heap[at], s->heap[(at - 1) / 2]) > 0) {
		struct kept *swap = s->heap[at];
		s->heap[at] = s->heap[(at - 1) / 2];
		s->heap[(at - 1) / 2] = swap;
		at = (at - 1) / 2;
	}
}

static size_t size_of(const struct query_record *r)
{
	return sizeof(struct kept) + r->owner_len + r->type_len + r->rdata_len;
}

static struct kept *copy_of(struct query_sorted *s, const struct kept *probe)
{
	const struct query_record *r = &probe->record;

	if (!reserve(s, size_of(r)))
		return NULL;
	struct kept *k = malloc(size_of(r));
	if (!k) {
		give_back(s, size_of(r));
		return NULL;
	}
	char *text = (char *)(k + 1);
	*k = *probe;
	k->record.owner = memcpy(text, r->owner, r->owner_len);
	k->record.type = memcpy(text + r->owner_len, r->type, r->type_len);
	k->record.rdata = memcpy(text + r->owner_len + r->type_len, r->rdata, r->rdata_len);
	return k;
}

// False without memory.
static bool keep(struct query_sorted *s, const struct query_record *record)
{
	struct kept probe = {.record = *record};

	if (s->q.order == QUERY_ORDER_RDATA)
		set_rank(&probe);
	if (s->len == s->bound) {
		s->more = true;
		if (s->bound == 0 || compare(&s->q, &probe, s->heap[0]) >= 0)
			return true;
	}
	struct kept *copy = copy_of(s, &probe);
	if (!copy)
		return false;
	if (s->len == s->bound) {
		give_back(s, size_of(&s->heap[0]->record));
		free(s->heap[0]);
		s->heap[0] = copy;
		sift_down(s, 0, s->len);
		return true;
	}
	if (s->len == s->capacity) {
		size_t capacity = s->capacity ? 2 * s->capacity : 1024;
		struct kept **grown = realloc(s->heap, capacity * sizeof(*grown));
		if (!grown) {
			free(copy);
			return false;
		}
		s->heap = grown;
		s->capacity = capacity;
	}
	s->heap[s->len++] = copy;
	sift_up(s, s->len - 1);
	return true;
}

// True if the run shows its records in this order by itself.
static bool is_natural(const struct query *q)
{
	bool one_key = q->kind == QUERY_NAME || q->kind == QUERY_TARGET ||
		       (q->kind == QUERY_ADDRESSES && !q->mapped && memcmp(q->first, q->last, q->address_size) == 0);

	if (q->kind == QUERY_TARGET || q->with_targets)
		one_key =
			false; // those that have to be resolved, and those that point to a name, come after the others
	return q->order == QUERY_ORDER_NONE || (q->order == QUERY_ORDER_LAST && q->descending && one_key);
}

struct query_sorted *query_sorted_start(const struct query *q, struct query_db *db)
{
	struct query_sorted *s = calloc(1, sizeof(*s));
	struct query all = *q;

	if (!s)
		return NULL;
	s->q = *q;
	s->db = db;
	s->start_ms = (int64_t)monotonic_ms();
	s->natural = is_natural(q) && q->also_len == 0;
	s->rest = q->also_len > 0 ? malloc(q->also_len * sizeof(*q->also)) : NULL;
	if (s->rest)
		memcpy(s->rest, q->also, q->also_len * sizeof(*q->also));
	if (!s->natural) {
		bool some = q->limit > 0 && q->limit < QUERY_SORTED_MAX && q->offset < QUERY_SORTED_MAX - q->limit;
		s->bound = some ? q->limit + q->offset : QUERY_SORTED_MAX;
		all.limit = all.offset = 0;
	}
	s->run = query_start(&all, db);
	if (!s->run || (q->also_len > 0 && !s->rest)) {
		query_sorted_stop(s);
		return NULL;
	}
	return s;
}

void query_sorted_stop(struct query_sorted *s)
{
	if (!s)
		return;
	query_stop(s->run);
	for (size_t i = 0; i < s->len; i++)
		free(s->heap[i]);
	give_back(s, s->bytes);
	free(s->heap);
	free(s->rest);
	free(s);
}

const char *query_sorted_why(const struct query_sorted *s)
{
	return s->why ? s->why : query_why(s->run);
}

// A SCAN may return a key twice.
static void drop_twins(struct query_sorted *s)
{
	size_t len = 0;

	for (size_t i = 0; i < s->len; i++) {
		if (len > 0 && compare_equals(&s->heap[len - 1]->record, &s->heap[i]->record) == 0)
			free(s->heap[i]);
		else
			s->heap[len++] = s->heap[i];
	}
	s->len = len;
}

// Heap sort, in place: the top is the one shown last.
static void finish(struct query_sorted *s)
{
	for (size_t len = s->len; len > 1; len--) {
		struct kept *swap = s->heap[0];
		s->heap[0] = s->heap[len - 1];
		s->heap[len - 1] = swap;
		sift_down(s, 0, len - 1);
	}
	drop_twins(s);
	s->sorted = true;
	s->pos = s->q.offset < s->len ? s->q.offset : s->len;
}

// Begins the next of the questions. False if there is none, or no memory.
static bool begin_next(struct query_sorted *s)
{
	if (s->rest_pos == s->q.also_len)
		return false;
	struct query *next = &s->rest[s->rest_pos++];
	double left = s->q.time_max_s - (double)((int64_t)monotonic_ms() - s->start_ms) / 1000;
	next->time_max_s = s->q.time_max_s <= 0 ? 0 : left > 0.001 ? left : 0.001;
	next->limit = next->offset = 0;
	struct query_run *run = query_start(next, s->db);
	if (!run)
		return false;
	query_stop(s->run);
	s->run = run;
	return true;
}

enum query_step query_sorted_next(struct query_sorted *s, struct query_record *record)
{
	if (s->natural)
		return query_next(s->run, record);
	while (!s->sorted) {
		struct query_record met;
		enum query_step step = query_next(s->run, &met);
		if (step == QUERY_BUSY || (step == QUERY_FAILED && !s->q.partial))
			return step;
		s->failed = step == QUERY_FAILED;
		if (step == QUERY_END && begin_next(s))
			return QUERY_BUSY;
		if (step == QUERY_END || s->failed) {
			finish(s);
		} else if (!keep(s, &met)) {
			s->why = s->why ? s->why : "out of memory";
			return QUERY_FAILED;
		}
	}
	if (s->pos == s->len)
		return s->failed ? QUERY_FAILED : s->more ? QUERY_LIMITED : QUERY_END;
	*record = s->heap[s->pos++]->record;
	return QUERY_RECORD;
}

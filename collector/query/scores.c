// SPDX-License-Identifier: BSD-3-Clause
// When a page's records were first seen and how often: from the sets that were read along with their
// names, else by ZMSCORE.
#include "collector/query/scores.h"

#include "collector/schema/keys.h"

#include <stdlib.h>

enum { SCORES_AT_ONCE = 500, SORT_FROM = 9, SORTED_MAX = QUERY_PAGE };

// --- sets read whole

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

struct scored {
	const redisReply *member, *score;
};

static int compare_scored(const void *a, const void *b)
{
	const redisReply *x = ((const struct scored *)a)->member, *y = ((const struct scored *)b)->member;
	return compare_text(x->str, x->len, y->str, y->len);
}

// The members of a set, sorted if they are many. Returns how many.
static size_t sort_set(const redisReply *set, struct scored *out)
{
	size_t n = set->elements / 2 < SORTED_MAX ? set->elements / 2 : SORTED_MAX;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct scored){.member = set->element[2 * i], .score = set->element[2 * i + 1]};
	if (n >= SORT_FROM)
		qsort(out, n, sizeof(*out), compare_scored);
	return n;
}

// The score of a member, or the default for a missing one.
static int64_t score_of(const struct scored *set, size_t len, const char *text, size_t text_len, int64_t missing)
{
	size_t low = 0, high = len;

	for (size_t i = 0; len < SORT_FROM && i < len; i++)
		if (compare_text(text, text_len, set[i].member->str, set[i].member->len) == 0)
			return reader_number(set[i].score);
	while (len >= SORT_FROM && low < high) {
		size_t middle = (low + high) / 2;
		int order = compare_text(text, text_len, set[middle].member->str, set[middle].member->len);
		if (order == 0)
			return reader_number(set[middle].score);
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return missing;
}

void query_scores_join(struct query_page *p, size_t from, const redisReply *first, const redisReply *count)
{
	struct scored firsts[SORTED_MAX], counts[SORTED_MAX];
	size_t firsts_len = sort_set(first, firsts), counts_len = sort_set(count, counts);

	if (p->bad)
		return;
	for (size_t i = from; i < p->len; i++) {
		struct query_item *item = &p->item[i];
		const char *member = p->text.bytes + item->member;
		item->first = score_of(firsts, firsts_len, member, item->member_len, item->last);
		item->count = score_of(counts, counts_len, member, item->member_len, 1);
		item->known = true;
	}
}

// --- by ZMSCORE

// How many items from `i` on share an owner and are not known, so that one command reads all of
// these; 0 if the one at `i` is known.
static size_t owner_run(const struct query_page *p, size_t i)
{
	size_t n = 0;

	while (i + n < p->len && n < SCORES_AT_ONCE && p->item[i + n].owner == p->item[i].owner &&
		!p->item[i + n].known)
		n++;
	return n;
}

static void ask_scores(struct reader *db, const struct query_page *p, size_t i, size_t n, const char *family)
{
	const struct query_item *item = &p->item[i];

	reader_command(db, 2 + (unsigned)n, "ZMSCORE", family, p->text.bytes + item->owner, item->owner_len);
	for (size_t k = 0; k < n; k++)
		redis_encode_bulk(&db->out, p->text.bytes + item[k].member, item[k].member_len);
}

// A record without first seen or count (an import of others, an erasure in progress) was seen once.
static void take_scores(struct query_item *item, size_t n, const redisReply *reply, bool count)
{
	for (size_t k = 0; k < n; k++) {
		bool known = k < reply->elements && reply->element[k]->type == REDIS_REPLY_STRING;
		if (count)
			item[k].count = known ? reader_number(reply->element[k]) : 1;
		else
			item[k].first = known ? reader_number(reply->element[k]) : item[k].last;
	}
}

int query_scores_read(struct query_run *run)
{
	struct reader *db = &run->db->reader;
	struct query_page *p = &run->page;
	bool count = false;

	reader_begin(db);
	for (size_t i = 0, n; i<p->len; i += n> 0 ? n : 1) {
		n = owner_run(p, i);
		if (n == 0)
			continue;
		ask_scores(db, p, i, n, FAMILY_FIRST);
		ask_scores(db, p, i, n, FAMILY_COUNT);
	}
	if (reader_send(db) != 0)
		return query_run_fail(run, "%s", db->why);
	for (size_t i = 0, n = 0; i < p->len; i += count ? 0 : n > 0 ? n : 1) {
		n = owner_run(p, i);
		if (n == 0)
			continue;
		redisReply *reply = reader_reply(db);
		if (!reply)
			return query_run_fail(run, "%s", db->why);
		take_scores(&p->item[i], n, reply, count);
		freeReplyObject(reply);
		count = !count;
	}
	return 0;
}

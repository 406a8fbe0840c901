// SPDX-License-Identifier: BSD-3-Clause
// Who was where at the same time, one after another, or began with others: what the times of visits say.
#include "collector/pivot/judge.h"

#include <math.h>
#include <stdlib.h>

// How far a visit is from the accepted ones, in time.
static void compare_with(const struct pivot_infra *x, struct pivot_visit *v, const struct pivot_visit *const *accepted,
	size_t n)
{
	v->apart = n > 0 ? INT64_MAX : v->first - v->last;
	v->behind = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct pivot_visit *a = accepted[i];
		int64_t apart = (a->first > v->first ? a->first : v->first) - (a->last < v->last ? a->last : v->last);
		int64_t behind = v->first > a->first ? v->first - a->first : a->first - v->first;
		v->apart = apart < v->apart ? apart : v->apart;
		// what was there when the sensor first looked may have begun at any time
		if (a->first > x->earliest + PIVOT_DAY && v->first > x->earliest + PIVOT_DAY && behind < v->behind)
			v->behind = behind;
	}
}

static int compare_beginnings(const void *a, const void *b)
{
	const struct pivot_visit *const *x = a, *const *y = b;

	return (*x)->first < (*y)->first ? -1 : (*x)->first > (*y)->first;
}

// Visits that follow each other without a gap, an accepted one among them: the address did not change hands in between.
static void find_chain(struct pivot_infra *x)
{
	struct pivot_visit *order[PIVOT_REFERENCES];
	size_t n = x->len;

	if (n > PIVOT_REFERENCES)
		return;
	for (size_t i = 0; i < n; i++)
		order[i] = &x->visit[i];
	qsort(order, n, sizeof(*order), compare_beginnings);
	for (size_t from = 0, to; from < n; from = to) {
		int64_t until = order[from]->last;
		bool accepted = false;
		for (to = from; to < n && order[to]->first <= until + PIVOT_DAY; to++) {
			until = order[to]->last > until ? order[to]->last : until;
			accepted = accepted || order[to]->accepted;
		}
		for (size_t i = from; i < to; i++)
			order[i]->chained = accepted;
	}
}

// What lives at an indicator that no other indicator lives at: what most others live with is meant, not what left before.
static void compare_all(struct pivot_infra *x)
{
	for (size_t i = 0; i < x->len && x->len >= 4 && x->len <= PIVOT_REFERENCES; i++) {
		struct pivot_visit *v = &x->visit[i];
		size_t together = 0;
		int64_t nearest = INT64_MAX;
		for (size_t k = 0; k < x->len; k++) {
			const struct pivot_visit *u = &x->visit[k];
			int64_t apart =
				(u->first > v->first ? u->first : v->first) - (u->last < v->last ? u->last : v->last);
			together += k != i && apart <= PIVOT_DAY;
			nearest = k != i && apart < nearest ? apart : nearest;
		}
		if (4 * together < x->len - 1)
			v->apart = nearest > 20 * PIVOT_DAY ? nearest : 20 * PIVOT_DAY;
	}
}

// In each ring around the accepted ones' beginnings: the part of beginnings there that is more than chance.
void pivot_times_bursts(struct pivot_infra *x, size_t references)
{
	static const int64_t rings[PIVOT_RINGS] = {3600, 6 * 3600, PIVOT_DAY, 3 * PIVOT_DAY};
	int64_t begin = x->earliest + PIVOT_DAY, end = begin;
	double inside[PIVOT_RINGS] = {0}, outside = 0;

	for (size_t i = 0; i < x->len; i++) {
		const struct pivot_visit *v = &x->visit[i];
		int ring = 0;
		end = v->first > end ? v->first : end;
		if (v->accepted || v->first <= begin)
			continue;
		while (ring < PIVOT_RINGS && v->behind > rings[ring])
			ring++;
		*(ring < PIVOT_RINGS ? &inside[ring] : &outside) += 1;
	}
	double free_time = (double)(end - begin) - 2.0 * (double)rings[PIVOT_RINGS - 1] * (double)references;
	for (int k = 0; k < PIVOT_RINGS; k++) {
		double width = 2.0 * (double)(rings[k] - (k > 0 ? rings[k - 1] : 0)) * (double)references;
		x->burst[k].ring = rings[k];
		x->burst[k].excess = 0;
		if (inside[k] < 3 || references == 0 || free_time < PIVOT_DAY)
			continue;
		double chance = outside / free_time * width,
		       excess = (inside[k] - chance - sqrt(chance + 1)) / inside[k];
		x->burst[k].excess = excess > 0 ? excess : 0;
	}
}

double pivot_times_burst(const struct pivot_infra *x, const struct pivot_visit *v, int32_t *hours)
{
	for (int k = 0; k < PIVOT_RINGS; k++) {
		if (v->behind > x->burst[k].ring)
			continue;
		*hours = (int32_t)(x->burst[k].ring / 3600);
		return 0.85 * x->burst[k].excess * x->burst[k].excess;
	}
	return 0;
}

size_t pivot_times_compare(struct pivot_infra *x)
{
	const struct pivot_visit *accepted[PIVOT_REFERENCES];
	size_t n = 0, references = 0;

	for (size_t i = 0; i < x->len && n < PIVOT_REFERENCES; i++) {
		if (!x->visit[i].accepted)
			continue;
		references += x->visit[i].first > x->earliest + PIVOT_DAY;
		accepted[n++] = &x->visit[i];
	}
	for (size_t i = 0; i < x->len; i++)
		compare_with(x, &x->visit[i], accepted, n);
	if (n == 0)
		compare_all(x);
	else
		find_chain(x);
	return references;
}

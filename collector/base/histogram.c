// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/histogram.h"

// clang-format off
#define BOUNDS(X) \
	X(500000, "0.0005") X(1000000, "0.001") X(2500000, "0.0025") X(5000000, "0.005") X(10000000, "0.01") \
	X(25000000, "0.025") X(50000000, "0.05") X(100000000, "0.1") X(250000000, "0.25") X(500000000, "0.5") \
	X(1000000000, "1.0") X(2500000000, "2.5") X(5000000000, "5.0") X(10000000000, "10.0")
// clang-format on

#define BOUND_NS(ns, text) UINT64_C(ns),
#define BOUND_TEXT(ns, text) text,

const uint64_t histogram_bound_ns[HISTOGRAM_BOUNDS] = {BOUNDS(BOUND_NS)};
const char *const histogram_bound_text[HISTOGRAM_BOUNDS] = {BOUNDS(BOUND_TEXT)};

struct histogram histogram_exec, histogram_lookup, histogram_page;

void histogram_add(struct histogram *h, uint64_t ns)
{
	int i = 0;

	while (i < HISTOGRAM_BOUNDS && ns > histogram_bound_ns[i])
		i++;
	stats_add(&h->bucket[i], 1);
	stats_add(&h->sum_ns, ns);
}

void histogram_since(struct histogram *h, uint64_t from_ns)
{
	if (from_ns > 0)
		histogram_add(h, histogram_now() - from_ns);
}

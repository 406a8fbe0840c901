// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/hyperloglog.h"

#include <math.h>

void hyperloglog_add(struct hyperloglog *h, uint64_t hash)
{
	unsigned at = (unsigned)(hash >> (64 - HYPERLOGLOG_BITS));
	uint8_t rank = (uint8_t)(__builtin_clzll(hash << HYPERLOGLOG_BITS | 1) + 1);

	if (rank > h->registers[at])
		h->registers[at] = rank;
}

// With linear counting for few values (§4 of the source).
uint64_t hyperloglog_estimate(const struct hyperloglog *h)
{
	double sum = 0, m = HYPERLOGLOG_REGISTERS;
	unsigned zeros = 0;

	for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++) {
		sum += ldexp(1, -h->registers[i]);
		zeros += h->registers[i] == 0;
	}
	double values = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (values <= 2.5 * m && zeros > 0)
		values = m * log(m / zeros);
	return values < 1 ? 1 : (uint64_t)(values + 0.5);
}

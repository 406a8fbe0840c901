// SPDX-License-Identifier: BSD-3-Clause
// How many different values there were, in a fixed memory: HyperLogLog, with a standard error of 3 %. Source: Flajolet
// et al., HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm, 2007.
#pragma once

#include <stdint.h>

enum { HYPERLOGLOG_BITS = 10, HYPERLOGLOG_REGISTERS = 1 << HYPERLOGLOG_BITS };

// All zeros: no value.
struct hyperloglog {
	uint8_t registers[HYPERLOGLOG_REGISTERS];
};

// `hash`: of the value, all 64 bits random.
void hyperloglog_add(struct hyperloglog *h, uint64_t hash);

// How many different values were added, at least 1.
uint64_t hyperloglog_estimate(const struct hyperloglog *h);

// SPDX-License-Identifier: BSD-3-Clause
// Leaves DPDK's memory out of core files: it has packets, also long after they were read. MADV_DONTDUMP, madvise(2).
#pragma once

// Conceals all memory of DPDK, and what it takes from now on. Call it once, after rte_eal_init and before the first packet.
void eal_conceal(void);

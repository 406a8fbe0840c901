// SPDX-License-Identifier: BSD-3-Clause
// Capabilities (capabilities(7)) of this process, to name those that are missing.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rights_for {
	RIGHTS_PACKET, // AF_PACKET through DPDK's driver: CAP_NET_RAW and CAP_NET_ADMIN
	RIGHTS_XDP     // AF_XDP with our program: also CAP_BPF and CAP_PERFMON
};

// Returns true if this process, or its helper, has all of them; else the missing ones in `missing`: "CAP_BPF, CAP_PERFMON".
bool rights_are_there(enum rights_for what, char *missing, size_t missing_size);

// Remembers the capabilities of now: the helper (helper.h) keeps them when this process drops its own.
void rights_remember(void);

// Whether so many octets may be locked in memory, as AF_XDP does with its buffers: with CAP_IPC_LOCK, or within RLIMIT_MEMLOCK,
// which is raised as far as possible. If not, `limit` is that limit.
bool rights_lock_memory(uint64_t octets, uint64_t *limit);

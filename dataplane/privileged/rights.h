// SPDX-License-Identifier: BSD-3-Clause
// Capabilities (capabilities(7)) that this process has in effect, so that what is missing can be named.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rights_for {
	RIGHTS_PACKET, // AF_PACKET through DPDK's driver: CAP_NET_RAW, CAP_NET_ADMIN
	RIGHTS_XDP     // AF_XDP with a program of ours: those, CAP_BPF and CAP_PERFMON
};

// True where all are there; else their names in `missing`: "CAP_BPF, CAP_PERFMON".
bool rights_are_there(enum rights_for what, char *missing, size_t missing_size);

// Keeps in mind what is there now: the helper (helper.h) will have it when this process has none any more.
void rights_remember(void);

// True where so many octets may be locked in memory, as AF_XDP does with its buffers: with CAP_IPC_LOCK, or within
// RLIMIT_MEMLOCK, which is raised as far as it goes. Else `limit` is that.
bool rights_lock_memory(uint64_t octets, uint64_t *limit);

// SPDX-License-Identifier: BSD-3-Clause
// Sleeping on the sockets that a driver reads from, while nothing comes. DPDK's drivers for AF_XDP
// and AF_PACKET have no receive interrupts, but their sockets can be waited for like any other.
#pragma once

#include <stdint.h>

enum { RX_WAIT_SOCKETS_MAX = 1024 };

// The sockets of this process of that address family (AF_XDP, AF_PACKET; the latter bound to
// `ifindex`), in order of their numbers, at most `max`. Returns how many.
unsigned rx_wait_sockets(int family, int ifindex, int *fds, unsigned max);

// Returns when one of the sockets has something to read, and after `timeout_us` at the latest. One
// that is broken (its interface is gone) is no reason to return at once.
void rx_wait(const int *fds, unsigned len, unsigned timeout_us);

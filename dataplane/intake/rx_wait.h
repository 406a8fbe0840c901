// SPDX-License-Identifier: BSD-3-Clause
// Sleeps until a socket of a driver has a packet. DPDK's drivers for AF_XDP and AF_PACKET have no RX interrupts, but their sockets
// can be polled like any other.
#pragma once

#include <stdint.h>

enum { RX_WAIT_SOCKETS_MAX = 1024 };

// Lists at most `max` sockets of this process of a family, AF_XDP or AF_PACKET (only those bound to `ifindex`), by ascending
// descriptor. Returns how many.
unsigned rx_wait_sockets(int family, int ifindex, int *fds, unsigned max);

// Returns when one of the sockets is readable, at the latest after `timeout_us`. A socket with an error (its interface has gone)
// does not end the wait.
void rx_wait(const int *fds, unsigned len, unsigned timeout_us);

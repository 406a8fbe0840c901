// SPDX-License-Identifier: BSD-3-Clause
// Calls of DPDK's drivers for interfaces that take rights. An interface that comes back is opened by its driver within the
// sandbox: there these calls, which are functions of this program by the names of the library's, go to the helper process.
// Without a sandbox, and before it, they are the library's own.
#pragma once

#include <stdbool.h>

// Keeps what is needed later. Before the sandbox. 0 or -errno.
int driver_calls_prepare(void);

// Sockets opened from now on are to prefer busy polling, which the driver itself may not set any more.
void driver_calls_busy_poll(bool prefer);

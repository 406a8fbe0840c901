// SPDX-License-Identifier: BSD-3-Clause
// Calls that need rights and that DPDK's drivers for interfaces make. When an interface comes back, its driver opens it inside
// the sandbox. driver_calls.c and xdp_calls.c define functions with the names of libc's and libbpf's, so that the drivers call
// these. Inside the sandbox they ask the helper process; before it, and without one, they do what the library does.
#pragma once

#include <stdbool.h>

// Opens a socket that is needed later. Call it before the sandbox. Returns 0 or -errno.
int driver_calls_prepare(void);

// Whether sockets opened from now on prefer busy polling; inside the sandbox the driver may not set it.
void driver_calls_busy_poll(bool prefer);

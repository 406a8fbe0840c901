// SPDX-License-Identifier: BSD-3-Clause
// Loads our XDP program, and attaches programs to interfaces: the calls that need rights. Inside the sandbox xdp_detach and
// xdp_attached ask the helper process (helper.h).
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Loads the program. Writes its descriptor, that of xsks_map, and those of its other maps. Returns how many, or -errno.
int xdp_load(int *files, unsigned max);

int xdp_attach(int ifindex, int program, uint32_t flags); // returns 0 or -errno
int xdp_detach(int ifindex, bool native);		  // any program. Returns 0 or -errno

// Returns the id of the program on an interface, 0: none; `native`: it runs in the driver.
uint32_t xdp_attached(int ifindex, bool *native);

void xdp_be_quiet(void); // turns off libbpf's own messages

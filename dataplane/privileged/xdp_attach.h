// SPDX-License-Identifier: BSD-3-Clause
// XDP programs on interfaces, and ours loaded: what takes rights. Of these the helper process (helper.h) does for the dataplane
// what it can no longer do itself.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Loads the program: its descriptor, that of xsks_map, those of its other maps. Returns how many, or -errno.
int xdp_load(int *files, unsigned max);

int xdp_attach(int ifindex, int program, uint32_t flags); // 0 or -errno
int xdp_detach(int ifindex, bool native);		  // whatever is on it. 0 or -errno

// Id of the program on an interface, 0: none; and whether it runs in the driver.
uint32_t xdp_attached(int ifindex, bool *native);

void xdp_be_quiet(void); // we say ourselves what fails

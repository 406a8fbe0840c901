// SPDX-License-Identifier: BSD-3-Clause
// What the kernel says about XDP on an interface. No rights are needed.
#pragma once

enum netlink_xdp {
	NETLINK_XDP_UNKNOWN,
	NETLINK_XDP_NONE,
	NETLINK_XDP_NATIVE,
	NETLINK_XDP_GENERIC,
	NETLINK_XDP_HARDWARE
};
enum netlink_copy { NETLINK_COPY_UNKNOWN, NETLINK_COPYING, NETLINK_ZERO_COPY };

// How an XDP program is attached to the interface.
enum netlink_xdp netlink_xdp_mode(int index);

// Whether the AF_XDP sockets of the interface share their memory with the driver. Unknown if there is no socket, or if the kernel does
// not report them.
enum netlink_copy netlink_xdp_copy(int index);

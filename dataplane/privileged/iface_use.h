// SPDX-License-Identifier: BSD-3-Clause
// Whether the host itself uses an interface. If it does, steering DNS to the workers would take it away from the host.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum iface_use_depth {
	IFACE_USE_QUICK, // addresses and what is stacked on it: cheap enough for once a second
	IFACE_USE_ROUTES // routes of the main table too
};

// True if the host sends or forwards over interface `name`, with the reason in `why` ("it has the address 192.0.2.2"):
// an address on it, on a VLAN or a bond above it; a bridge, macvlan or other device above it; a route over it.
// Link-local addresses alone do not count: every interface that is up has them, mirror ports too.
bool iface_use_is(const char *name, enum iface_use_depth depth, char *why, size_t why_size);

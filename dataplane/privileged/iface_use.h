// SPDX-License-Identifier: BSD-3-Clause
// Whether the host itself uses an interface. If so, steering DNS to the workers would take it away from the host.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum iface_use_depth {
	IFACE_USE_QUICK, // addresses and stacked devices: cheap enough for once a second
	IFACE_USE_ROUTES // and routes of the main table
};

// Returns true if the host sends or forwards over interface `name`, with the reason in `why` ("it has the address 192.0.2.2"):
// it, or a VLAN or bond on top of it, has an address; a bridge, macvlan or other device is on top of it; a route leads over it.
// Link-local addresses do not count: every interface that is up has one, mirror ports too.
bool iface_use_is(const char *name, enum iface_use_depth depth, char *why, size_t why_size);

// SPDX-License-Identifier: BSD-3-Clause
// The ports that speak DNS (setting `dns.ports`), over UDP and over TCP: one bit per port.
// Workers read it. It is filled before they start.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dns_ports {
	uint64_t bit[65536 / 64];
};

static inline void dns_ports_add(struct dns_ports *ports, uint16_t port)
{
	ports->bit[port / 64] |= 1ull << (port % 64);
}

static inline bool dns_ports_has(const struct dns_ports *ports, uint16_t port)
{
	return ports->bit[port / 64] >> (port % 64) & 1;
}

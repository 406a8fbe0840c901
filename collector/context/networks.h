// SPDX-License-Identifier: BSD-3-Clause
// Networks with a number each; the longest prefix that contains an address decides. Addresses are 16 octets in network order,
// IPv4 as ::ffff:a.b.c.d.
//
// Add all networks, then call finish; from then on the table is read-only, and any thread may search it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTEXT_NETWORKS_MAX = 4000000 }; // 32 octets each while they are read, and at most 40 afterwards

typedef unsigned __int128 context_wide; // an address as a number

struct context_networks {
	struct context_network *items; // until finish
	size_t len, capacity;
	context_wide *first6; // afterwards: where each range begins, sorted, without gaps
	uint32_t *value6;     // of each range
	size_t len6;
	uint32_t *first4, *value4; // the same for IPv4
	uint32_t *index4;	   // the range in which each /16 begins
};

// "192.0.2.0/24", "2001:db8::1" → address and prefix length (0..128; of IPv4 96 more). False if it is neither.
bool context_network_parse(const char *text, uint8_t address[static 16], unsigned *bits);

// Adds a network; `value` is not 0. If it was added before, the later value counts. False without memory, or if there are too many.
bool context_networks_add(struct context_networks *n, const uint8_t address[static 16], unsigned bits, uint32_t value);

// False without memory.
bool context_networks_finish(struct context_networks *n);

// The value of the most specific network; 0: none.
uint32_t context_networks_find(const struct context_networks *n, const uint8_t address[static 16]);

void context_networks_free(struct context_networks *n);

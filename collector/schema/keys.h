// SPDX-License-Identifier: BSD-3-Clause
// The keys of records and indexes: their families (redis/families.h) and the networks of FAMILY_NET.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/redis/families.h"
#include "collector/text/text.h"

// The networks of FAMILY_NET, in bits.
enum { SCHEMA_NET_BITS_IPV4 = 24, SCHEMA_NET_BITS_IPV6 = 48, SCHEMA_NET_SIZE = TEXT_ADDRESS_SIZE + 4 };

// The network of an address of `size` octets (4 or 16) as text: "192.0.2.0/24", "2001:db8:1::/48". Returns the length.
size_t schema_net_text(const uint8_t *address, size_t size, char out[static SCHEMA_NET_SIZE]);

// SPDX-License-Identifier: BSD-3-Clause
// The families of keys: a key is "<redis.prefix><family><tail>". What each contains: docs/schema.md. The writer's own
// keys (seq, fence, owner, lease) are not here: writer/.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/text/text.h"

// Sorted sets. Tail: owner name.
#define FAMILY_NAME "name:"   // "<TYPE> <rdata>" by last seen
#define FAMILY_FIRST "first:" // the same by first seen
#define FAMILY_COUNT "count:" // the same by how often

// Sorted sets of an index. Tail: what is looked up.
#define FAMILY_IP "ip:"	      // address: owner names by last seen
#define FAMILY_RDATA "rdata:" // name in RDATA: "<TYPE> <owner>" by last seen
#define FAMILY_ZONE "zone:"   // registered domain: owner names by first seen
#define FAMILY_NET "net:"     // network: addresses by first seen

// Without a tail.
#define FAMILY_FLOOD "flood"		 // sorted set: flooded zones by last seen
#define FAMILY_FLOOD_NAMES "flood:names" // sorted set: how many names were collapsed
#define FAMILY_NEW "new"		 // stream: records that Redis had not held before
#define FAMILY_IMPORTS "imports"	 // number: counts batches of imports

// The networks of FAMILY_NET, in bits.
enum { SCHEMA_NET_BITS_IPV4 = 24, SCHEMA_NET_BITS_IPV6 = 48, SCHEMA_NET_SIZE = TEXT_ADDRESS_SIZE + 4 };

// The network of an address of `size` octets (4 or 16) as text: "192.0.2.0/24", "2001:db8:1::/48". Returns the length.
size_t schema_net_text(const uint8_t *address, size_t size, char out[static SCHEMA_NET_SIZE]);

// SPDX-License-Identifier: BSD-3-Clause
// DNS that cannot be looked into: how many connections begin. DoT and DoQ by port 853, DoH by port 443
// of addresses that are known for it. A connection begins with a TCP SYN or a QUIC Initial packet of
// the client (RFC 9000 §17.2.2), so a repeated one counts again.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dataplane/packet/packet.h"
#include "dataplane/base/prefix.h"

enum encrypted_kind { ENCRYPTED_NONE, ENCRYPTED_DOT, ENCRYPTED_DOQ, ENCRYPTED_DOH };

// The setting doh.addresses: "builtin", networks or a file of them. 0, or -errno with one line in `why`.
int encrypted_addresses(struct prefix_list *list, const char *setting, char *why, size_t why_size);

// What begins with this frame, which is not DNS. Ethernet with at most one tag, and plain IP. `doh`:
// NULL where no address is known. No allocation.
enum encrypted_kind encrypted_look(const uint8_t *frame, size_t size, enum link_kind link,
	const struct prefix_set *doh);

// Octets before the IP header, or `size` where there is none. Ethernet with at most one tag, and plain IP.
size_t encrypted_ip(const uint8_t *frame, size_t size, enum link_kind link);

// Looks and counts.
void encrypted_count(const uint8_t *frame, size_t size, enum link_kind link, const struct prefix_set *doh,
	struct worker_stats *stats);

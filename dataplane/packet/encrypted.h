// SPDX-License-Identifier: BSD-3-Clause
// Encrypted DNS cannot be read; the connections that begin are counted. DoT and DoQ by port 853, DoH by port 443 of known
// addresses. A connection begins with a TCP SYN or a QUIC Initial packet of the client (RFC 9000 §17.2.2), so a repeated
// one counts again. No state, no allocation.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dataplane/packet/packet.h"
#include "dataplane/base/prefix.h"

enum encrypted_kind { ENCRYPTED_NONE, ENCRYPTED_DOT, ENCRYPTED_DOQ, ENCRYPTED_DOH };

// Reads the setting doh.addresses: "builtin", networks, or a file of them. Returns 0, or -errno with one line in `why`.
int encrypted_addresses(struct prefix_list *list, const char *setting, char *why, size_t why_size);

// What connection begins with this frame, which is not DNS. Reads Ethernet with at most one tag, and plain IP. `doh`: NULL
// if no address is known.
enum encrypted_kind encrypted_look(const uint8_t *frame, size_t size, enum link_kind link,
	const struct prefix_set *doh);

// Octets before the IP header, or `size` if there is none. Reads Ethernet with at most one tag, and plain IP.
size_t encrypted_ip(const uint8_t *frame, size_t size, enum link_kind link);

// Calls encrypted_look and counts its result.
void encrypted_count(const uint8_t *frame, size_t size, enum link_kind link, const struct prefix_set *doh,
	struct worker_stats *stats);

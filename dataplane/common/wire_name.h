// SPDX-License-Identifier: BSD-3-Clause
// Domain names in wire form without compression (RFC 1035 §3.1): the one walk over their labels, for both programs.
//
//     03 'w' 'w' 'w' 07 'e' 'x' 'a' 'm' 'p' 'l' 'e' 03 'c' 'o' 'm' 00
//     └ at 0         └ at 4                         └ at 12        └ the root's label, at 16; size 17
//
// A walk over a name that is known to be sound:
//
//     for (size_t at = 0; name[at] != 0; at = wire_name_next(name, at))
//
// Names with compression are read by dns_name_read (dns/name.c). No allocation.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_NAME_SIZE = 255, // octets of the longest name, with the root's label (RFC 1035 §2.3.4)
	WIRE_LABEL_SIZE = 63  // octets of the longest label, without its length octet
};

// Offset of the label after the one at `at`. The name is sound and the label at `at` is not the root's.
static inline size_t wire_name_next(const uint8_t *name, size_t at)
{
	return at + 1 + name[at];
}

// Offset of the first octet that begins no ordinary label: of the root's label, a compression pointer or a reserved kind.
// `limit` or more if the labels reach there.
static inline size_t wire_name_end(const uint8_t *name, size_t limit)
{
	size_t at = 0;

	while (at < limit && (uint8_t)(name[at] - 1) < WIRE_LABEL_SIZE)
		at = wire_name_next(name, at);
	return at;
}

// Size of the name at `name`, its root's label included: 1..255. 0 if there is no sound uncompressed name within `limit`
// octets.
static inline size_t wire_name_size(const uint8_t *name, size_t limit)
{
	limit = limit < WIRE_NAME_SIZE ? limit : WIRE_NAME_SIZE;
	size_t at = wire_name_end(name, limit);

	return at < limit && name[at] == 0 ? at + 1 : 0;
}

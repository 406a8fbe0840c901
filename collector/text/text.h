// SPDX-License-Identifier: BSD-3-Clause
// Wire form → presentation text, as Redis keys and members, HTTP and the command show it.
//
//     03 'w' 'w' 'w' 07 'e' … 00        www.example.com
//     MX  00 0a 04 'm' 'a' …            10 mail.example.com
//     any other  0a 00 00 01            \# 4 0a000001            (RFC 3597 §5)
//
// Names are lower case without the final dot, the root is "."; a backslash precedes each of
// " ( ) . ; \ @ $, octets outside 0x21–0x7e are \DDD. In quoted strings a backslash precedes
// " and \, octets outside 0x20–0x7e are \DDD. One space between fields; hexadecimal (lower case)
// and base64 in one piece. No allocation; any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TEXT_NAME_SIZE = 1024,	  // 253 octets as \DDD, dots, final zero
	TEXT_TYPE_SIZE = 16,	  // "TYPE65535" and the mnemonics, final zero
	TEXT_ADDRESS_SIZE = 48,	  // an IPv6 address with dots at its end, final zero
	TEXT_RDATA_SIZE = 720000, // 65,536 types in the bit maps of one NSEC, and names
};

// Text of the uncompressed name at `wire`, of at most `size` octets. Returns its length (always
// terminated), or 0 if there is no sound name.
size_t text_name(const uint8_t *wire, size_t size, char out[static TEXT_NAME_SIZE]);

// "MX", "TYPE65280". Returns the length (always terminated).
size_t text_type(uint16_t type, char out[static TEXT_TYPE_SIZE]);

// Text of an address, `size` 4 or 16 octets (RFC 5952). Returns the length (always terminated), or
// 0 for any other `size`.
size_t text_address(const uint8_t *address, size_t size, char out[static TEXT_ADDRESS_SIZE]);

// Text of canonical RDATA (dns_rdata_read) of class IN. RDATA that does not fit the layout of its
// type is written as RFC 3597 says. Returns the length (always terminated). It is 0 if the
// RDATA has no text (an APL without items) or if the text does not fit into `out_size`;
// TEXT_RDATA_SIZE is always enough.
size_t text_rdata(uint16_t type, const uint8_t *rdata, size_t size, char *out, size_t out_size);

// The name that a record points to, for its index: of CNAME, DNAME, NS, PTR, SOA (its MNAME), MX, SRV, SVCB and HTTPS. A
// view into `rdata`, `*target_size` octets in wire form; NULL for other types and if the name is not sound.
const uint8_t *text_rdata_target(uint16_t type, const uint8_t *rdata, size_t size, size_t *target_size);

// target.c: the same from text. The length of the name, a view into `rdata`; 0 for other types, the root and RFC 3597 text.
size_t text_target(const char *type, size_t type_len, const char *rdata, size_t rdata_len, const char **target);

// True if RDATA of the type contains such a name; if it is that name and nothing else.
bool text_type_has_target(const char *type, size_t len);
bool text_type_is_target(const char *type, size_t len);

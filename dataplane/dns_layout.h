// SPDX-License-Identifier: BSD-3-Clause
// The layout of RDATA by type, as a table: the dataplane checks and canonicalizes by it, the
// collector writes presentation text by it. A new type is one line in dns_layout.c.
//
//     MX   { U16, NAME }                      preference, exchange
//     DS   { U16, U8_ALGORITHM.., HEX_REST }  key tag, algorithm, digest type, digest
//
// Types without a line are opaque: kept as they stand, written as RFC 3597 says.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One field of RDATA: how far it reaches, and how it is written.
enum dns_field {
	DNS_FIELD_END = 0, // no more fields; what is left over is an error
	DNS_FIELD_NAME,	   // domain name, compressed or not
	DNS_FIELD_U8,	   // decimal
	DNS_FIELD_U16,	   // decimal
	DNS_FIELD_U32,	   // decimal
	DNS_FIELD_IPV4,	   // four octets
	DNS_FIELD_IPV6,	   // sixteen octets, RFC 5952
	DNS_FIELD_TYPE,	   // u16 that is an RR type
	DNS_FIELD_TIME,	   // u32 that is a time, YYYYMMDDHHMMSS (RFC 4034 §3.2)
	DNS_FIELD_STRING,  // <character-string>: length octet and text
	DNS_FIELD_STRINGS, // one or more <character-string>, to the end
	DNS_FIELD_HEX,	   // to the end, hexadecimal
	DNS_FIELD_BASE64,  // to the end, base64
	DNS_FIELD_SPECIAL, // to the end, by a function of the type's own (check and text)
	DNS_FIELD_MAX
};

enum { DNS_LAYOUT_FIELDS = 10 };

struct dns_layout {
	uint16_t type;			    // RR type
	bool in_only;			    // the layout holds in class IN alone
	const char *mnemonic;		    // as IANA lists it
	uint8_t fields[DNS_LAYOUT_FIELDS]; // enum dns_field, ended by DNS_FIELD_END
};

// The line of a type, or NULL where it has none. O(1).
const struct dns_layout *dns_layout_of(uint16_t type);

// The type of a mnemonic ("MX") or of "TYPE65280", in any case. Returns 0, or -EINVAL.
int dns_layout_type(const char *mnemonic, uint16_t *type);

// SPDX-License-Identifier: BSD-3-Clause
// The layout of RDATA by type. The dataplane checks and canonicalizes RDATA by it, the collector writes and reads
// presentation text by it. The table is in dns_types.h: a new type is one row there.
//
//     MX   { U16, NAME }            preference, exchange
//     DS   { U16, U8, U8, HEX }     key tag, algorithm, digest type, digest
//
// Read-only, so any thread may call all of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/common/dns_types.h"

// A field of RDATA: its size, and how its text is written. Fields "to the end" are last.
enum dns_field {
	DNS_FIELD_END = 0, // no more fields; what is left over is an error

	// of a fixed size
	DNS_FIELD_U8,	     // decimal
	DNS_FIELD_U16,	     // decimal
	DNS_FIELD_U32,	     // decimal
	DNS_FIELD_U48,	     // decimal
	DNS_FIELD_U64,	     // decimal
	DNS_FIELD_IPV4,	     // four octets
	DNS_FIELD_IPV6,	     // sixteen octets, RFC 5952
	DNS_FIELD_EUI48,     // six octets, 00-00-5e-00-53-2a (RFC 7043 §3.2)
	DNS_FIELD_EUI64,     // eight octets, the same way (RFC 7043 §4.2)
	DNS_FIELD_LOCATOR64, // eight octets, 2001:0db8:1140:1000 (RFC 6742 §2.1.2)
	DNS_FIELD_TYPE,	     // u16 that is an RR type
	DNS_FIELD_TIME,	     // u32 that is a time, YYYYMMDDHHMMSS (RFC 4034 §3.2)
	DNS_FIELD_CERT_TYPE, // u16, a mnemonic if there is one (RFC 4398 §2.1)
	DNS_FIELD_ALGORITHM, // u8, DNSSEC algorithm, a mnemonic if there is one (RFC 4398 §2.2)
	DNS_FIELD_RCODE,     // u16, extended RCODE, a mnemonic if there is one (RFC 8945 §3)
	DNS_FIELD_SCHEME,    // u8, NOTIFY for 1 (RFC 9859 §2.2)
	DNS_FIELD_LOC,	     // sixteen octets, RFC 1876

	// with their own length
	DNS_FIELD_NAME,		   // domain name, compressed or not
	DNS_FIELD_STRING,	   // <character-string>: length octet and text, in quotes
	DNS_FIELD_STRING_OPTIONAL, // the same, or nothing
	DNS_FIELD_TAG,		   // the same, without quotes (RFC 8659 §4.1)
	DNS_FIELD_HEX8,		   // length octet and octets, hexadecimal, "-" if empty (RFC 5155 §3.3)
	DNS_FIELD_BASE32_8,	   // length octet and octets, base32hex without padding (RFC 5155 §3.3)
	DNS_FIELD_BASE64_16,	   // u16 length and octets, base64
	DNS_FIELD_SIZED64,	   // the same, after the length in decimal (TSIG)
	DNS_FIELD_HIP,		   // HIT and public key with their lengths (RFC 8005 §5)
	DNS_FIELD_GATEWAY,	   // by the type in the second octet of the RDATA (RFC 4025 §2.5)
	DNS_FIELD_RELAY,	   // D bit, relay type, relay (RFC 8777 §4.2)
	DNS_FIELD_A6,		   // prefix length, the rest of an address, name of the prefix (RFC 2874 §3.1)

	// to the end
	DNS_FIELD_STRINGS,     // <character-string>s
	DNS_FIELD_NAMES,       // domain names
	DNS_FIELD_TEXT,	       // octets in quotes
	DNS_FIELD_HEX,	       // hexadecimal
	DNS_FIELD_HEX0X,       // hexadecimal after "0x" (RFC 1706 §6)
	DNS_FIELD_BASE64,      // base64
	DNS_FIELD_BASE64_DASH, // base64, "-" if empty
	DNS_FIELD_ATMA,	       // format, address: digits after "+", or hexadecimal (af-dans-0152 §5)
	DNS_FIELD_PORTS,       // bit map of ports (RFC 1035 §3.4.2)
	DNS_FIELD_TYPES,       // bit map of types (RFC 4034 §4.1.2)
	DNS_FIELD_TYPES_NXT,   // bit map of types below 128 (RFC 2535 §5.2)
	DNS_FIELD_PREFIXES,    // address prefixes (RFC 3123 §4)
	DNS_FIELD_SVC_PARAMS,  // service parameters (RFC 9460 §2.2)
	DNS_FIELD_OPTIONS,     // EDNS options (RFC 6891 §6.1.2)
	DNS_FIELD_OPAQUE,      // no layout: the type has a mnemonic only
	DNS_FIELD_MAX
};

enum { DNS_LAYOUT_FIELDS = 10 };

// A row of the table. What the properties mean is in dns_types.h.
struct dns_layout {
	const char *mnemonic;		   // as IANA lists it
	uint8_t mnemonic_len;		   // characters
	uint8_t points_by;		   // number, from 1, of the field that is a name with an index; 0: none
	uint16_t type;			   // RR type
	bool in_only;			   // IN_ONLY
	bool lenient;			   // LENIENT
	bool is_rewritten;		   // REWRITTEN
	bool is_dnssec;			   // DNSSEC
	bool is_skipped;		   // SKIPPED
	bool is_cof;			   // COF
	uint8_t fields[DNS_LAYOUT_FIELDS]; // enum dns_field, ended by DNS_FIELD_END
};

// The row of a type, NULL if it has none. O(1).
const struct dns_layout *dns_layout_of(uint16_t type);

// The row of a mnemonic in upper case, `len` characters, as Redis holds it. NULL if it has none, which includes
// "TYPE65280". A search through the table.
const struct dns_layout *dns_layout_named(const char *mnemonic, size_t len);

// The next row of the table from `*at` on (0 at first), NULL after the last one.
const struct dns_layout *dns_layout_next(size_t *at);

// The type of a mnemonic ("MX") or of "TYPE65280", in any case. Returns 0, or -EINVAL.
int dns_layout_type(const char *mnemonic, uint16_t *type);

// Octets of the address that RDATA of this type is (4: A, 16: AAAA), 0 if it is not just an address. NULL has none.
size_t dns_layout_address_size(const struct dns_layout *layout);

// Octets that a field of a fixed size takes, 0 if its size is not fixed. O(1).
size_t dns_layout_field_size(enum dns_field field);

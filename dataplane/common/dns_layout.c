// SPDX-License-Identifier: BSD-3-Clause
// The table of RR types. Order of IANA's registry "Resource Record (RR) TYPEs".
#include "dataplane/common/dns_layout.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

// Short names for the table alone.
enum {
	U8 = DNS_FIELD_U8,
	U16 = DNS_FIELD_U16,
	U32 = DNS_FIELD_U32,
	U48 = DNS_FIELD_U48,
	U64 = DNS_FIELD_U64,
	IPV4 = DNS_FIELD_IPV4,
	IPV6 = DNS_FIELD_IPV6,
	EUI48 = DNS_FIELD_EUI48,
	EUI64 = DNS_FIELD_EUI64,
	LOCATOR64 = DNS_FIELD_LOCATOR64,
	TYPE = DNS_FIELD_TYPE,
	TIME = DNS_FIELD_TIME,
	CERT_TYPE = DNS_FIELD_CERT_TYPE,
	ALGORITHM = DNS_FIELD_ALGORITHM,
	RCODE = DNS_FIELD_RCODE,
	SCHEME = DNS_FIELD_SCHEME,
	LOC = DNS_FIELD_LOC,
	NAME = DNS_FIELD_NAME,
	STRING = DNS_FIELD_STRING,
	STRING_OPTIONAL = DNS_FIELD_STRING_OPTIONAL,
	TAG = DNS_FIELD_TAG,
	HEX8 = DNS_FIELD_HEX8,
	BASE32_8 = DNS_FIELD_BASE32_8,
	BASE64_16 = DNS_FIELD_BASE64_16,
	SIZED64 = DNS_FIELD_SIZED64,
	HIP = DNS_FIELD_HIP,
	GATEWAY = DNS_FIELD_GATEWAY,
	RELAY = DNS_FIELD_RELAY,
	A6 = DNS_FIELD_A6,
	STRINGS = DNS_FIELD_STRINGS,
	NAMES = DNS_FIELD_NAMES,
	TEXT = DNS_FIELD_TEXT,
	HEX = DNS_FIELD_HEX,
	HEX0X = DNS_FIELD_HEX0X,
	BASE64 = DNS_FIELD_BASE64,
	BASE64_DASH = DNS_FIELD_BASE64_DASH,
	ATMA = DNS_FIELD_ATMA,
	PORTS = DNS_FIELD_PORTS,
	TYPES = DNS_FIELD_TYPES,
	TYPES_NXT = DNS_FIELD_TYPES_NXT,
	PREFIXES = DNS_FIELD_PREFIXES,
	SVC_PARAMS = DNS_FIELD_SVC_PARAMS,
	OPTIONS = DNS_FIELD_OPTIONS,
	OPAQUE = DNS_FIELD_OPAQUE
};

// Three kinds of lines: the layout holds in every class, in class IN alone, or where it fits.
// The last is for types that few parsers know, or that are obsolete or drafts: a message is not
// refused over them, since most receivers take them as they stand (RFC 3597 §3).
#define ANY(number, name, ...) [number] = {.mnemonic = name, .type = number, .fields = {__VA_ARGS__}}
#define IN(number, name, ...) [number] = {.mnemonic = name, .type = number, .in_only = true, .fields = {__VA_ARGS__}}
#define FIT(number, name, ...) [number] = {.mnemonic = name, .type = number, .lenient = true, .fields = {__VA_ARGS__}}

static const struct dns_layout table[] = {
	IN(1, "A", IPV4),
	ANY(2, "NS", NAME),
	FIT(3, "MD", NAME),
	FIT(4, "MF", NAME),
	ANY(5, "CNAME", NAME),
	ANY(6, "SOA", NAME, NAME, U32, U32, U32, U32, U32),
	FIT(7, "MB", NAME),
	FIT(8, "MG", NAME),
	FIT(9, "MR", NAME),
	ANY(10, "NULL", OPAQUE),
	IN(11, "WKS", IPV4, U8, PORTS),
	ANY(12, "PTR", NAME),
	ANY(13, "HINFO", STRING, STRING),
	FIT(14, "MINFO", NAME, NAME),
	ANY(15, "MX", U16, NAME),
	ANY(16, "TXT", STRINGS),
	ANY(17, "RP", NAME, NAME),
	ANY(18, "AFSDB", U16, NAME),
	ANY(19, "X25", STRING),
	ANY(20, "ISDN", STRING, STRING_OPTIONAL),
	ANY(21, "RT", U16, NAME),
	IN(22, "NSAP", HEX0X),
	IN(23, "NSAP-PTR", NAME),
	FIT(24, "SIG", TYPE, U8, U8, U32, TIME, TIME, U16, NAME, BASE64),
	FIT(25, "KEY", U16, U8, U8, BASE64),
	IN(26, "PX", U16, NAME, NAME),
	ANY(27, "GPOS", TAG, TAG, TAG),
	IN(28, "AAAA", IPV6),
	ANY(29, "LOC", LOC),
	FIT(30, "NXT", NAME, TYPES_NXT),
	FIT(31, "EID", HEX),
	FIT(32, "NIMLOC", HEX),
	IN(33, "SRV", U16, U16, U16, NAME),
	FIT(34, "ATMA", ATMA),
	IN(35, "NAPTR", U16, U16, STRING, STRING, STRING, NAME),
	IN(36, "KX", U16, NAME),
	ANY(37, "CERT", CERT_TYPE, U16, ALGORITHM, BASE64),
	FIT(38, "A6", A6),
	ANY(39, "DNAME", NAME),
	FIT(40, "SINK", U8, U8, U8, BASE64),
	ANY(41, "OPT", OPTIONS),
	IN(42, "APL", PREFIXES),
	ANY(43, "DS", U16, U8, U8, HEX),
	ANY(44, "SSHFP", U8, U8, HEX),
	IN(45, "IPSECKEY", U8, U8, U8, GATEWAY, BASE64),
	ANY(46, "RRSIG", TYPE, U8, U8, U32, TIME, TIME, U16, NAME, BASE64),
	ANY(47, "NSEC", NAME, TYPES),
	ANY(48, "DNSKEY", U16, U8, U8, BASE64),
	IN(49, "DHCID", BASE64),
	ANY(50, "NSEC3", U8, U8, U16, HEX8, BASE32_8, TYPES),
	ANY(51, "NSEC3PARAM", U8, U8, U16, HEX8),
	ANY(52, "TLSA", U8, U8, U8, HEX),
	ANY(53, "SMIMEA", U8, U8, U8, HEX),
	ANY(55, "HIP", HIP, NAMES),
	ANY(56, "NINFO", STRINGS),
	FIT(57, "RKEY", U16, U8, U8, BASE64),
	FIT(58, "TALINK", NAME, NAME),
	ANY(59, "CDS", U16, U8, U8, HEX),
	ANY(60, "CDNSKEY", U16, U8, U8, BASE64),
	ANY(61, "OPENPGPKEY", BASE64),
	ANY(62, "CSYNC", U32, U16, TYPES),
	ANY(63, "ZONEMD", U32, U8, U8, HEX),
	IN(64, "SVCB", U16, NAME, SVC_PARAMS),
	IN(65, "HTTPS", U16, NAME, SVC_PARAMS),
	FIT(66, "DSYNC", TYPE, SCHEME, U16, NAME),
	FIT(67, "HHIT", BASE64),
	FIT(68, "BRID", BASE64),
	ANY(99, "SPF", STRINGS),
	ANY(100, "UINFO", OPAQUE),
	ANY(101, "UID", OPAQUE),
	ANY(102, "GID", OPAQUE),
	ANY(103, "UNSPEC", OPAQUE),
	ANY(104, "NID", U16, LOCATOR64),
	ANY(105, "L32", U16, IPV4),
	ANY(106, "L64", U16, LOCATOR64),
	ANY(107, "LP", U16, NAME),
	ANY(108, "EUI48", EUI48),
	ANY(109, "EUI64", EUI64),
	ANY(128, "NXNAME", OPAQUE),
	ANY(249, "TKEY", NAME, U32, U32, U16, U16, BASE64_16, BASE64_16),
	ANY(250, "TSIG", NAME, U48, U16, SIZED64, U16, RCODE, SIZED64),
	ANY(251, "IXFR", OPAQUE),
	ANY(252, "AXFR", OPAQUE),
	ANY(253, "MAILB", OPAQUE),
	ANY(254, "MAILA", OPAQUE),
	ANY(255, "ANY", OPAQUE),
	ANY(256, "URI", U16, U16, TEXT),
	ANY(257, "CAA", U8, TAG, TEXT),
	ANY(258, "AVC", STRINGS),
	FIT(259, "DOA", U32, U32, U8, STRING, BASE64_DASH),
	ANY(260, "AMTRELAY", U8, RELAY),
	FIT(261, "RESINFO", STRINGS),
	FIT(262, "WALLET", STRINGS),
	FIT(263, "CLA", STRINGS),
	FIT(264, "IPN", U64),
};

enum { HIGH_FIRST = 32768 };

// What lies far above the others; the numbers count from HIGH_FIRST.
static const struct dns_layout high_table[] = {
	[0] = {.mnemonic = "TA", .type = 32768, .lenient = true, .fields = {U16, U8, U8, HEX}},
	[1] = {.mnemonic = "DLV", .type = 32769, .fields = {U16, U8, U8, HEX}}, // RFC 4431
};

enum { TABLE_LEN = sizeof(table) / sizeof(*table), HIGH_LEN = sizeof(high_table) / sizeof(*high_table) };

const struct dns_layout *dns_layout_of(uint16_t type)
{
	if (type < TABLE_LEN)
		return table[type].mnemonic ? &table[type] : NULL;
	if (type >= HIGH_FIRST && type < HIGH_FIRST + HIGH_LEN)
		return &high_table[type - HIGH_FIRST];
	return NULL;
}

// "TYPE65280" (RFC 3597 §5).
static int generic_type(const char *text, uint16_t *type)
{
	if (strncasecmp(text, "TYPE", 4) != 0 || text[4] < '0' || text[4] > '9')
		return -EINVAL;
	char *end;
	errno = 0;
	unsigned long number = strtoul(text + 4, &end, 10);
	if (errno != 0 || *end != '\0' || number > UINT16_MAX)
		return -EINVAL;
	*type = (uint16_t)number;
	return 0;
}

int dns_layout_type(const char *mnemonic, uint16_t *type)
{
	for (size_t i = 0; i < TABLE_LEN + HIGH_LEN; i++) {
		const struct dns_layout *l = i < TABLE_LEN ? &table[i] : &high_table[i - TABLE_LEN];
		if (l->mnemonic && strcasecmp(l->mnemonic, mnemonic) == 0) {
			*type = l->type;
			return 0;
		}
	}
	return generic_type(mnemonic, type);
}

size_t dns_layout_field_size(enum dns_field field)
{
	// clang-format off
	static const uint8_t sizes[DNS_FIELD_MAX] = {
		[U8] = 1, [U16] = 2, [U32] = 4, [U48] = 6, [U64] = 8,
		[IPV4] = 4, [IPV6] = 16, [EUI48] = 6, [EUI64] = 8, [LOCATOR64] = 8,
		[TYPE] = 2, [TIME] = 4, [CERT_TYPE] = 2, [ALGORITHM] = 1, [RCODE] = 2, [SCHEME] = 1, [LOC] = 16,
	};
	// clang-format on
	return sizes[field];
}

// SPDX-License-Identifier: BSD-3-Clause
// Reads the table of RR types (dns_types.h): by number, by mnemonic.
#include "dataplane/common/dns_layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Short names of the fields and the properties, for the table only.
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

enum property {
	PLAIN = 0,
	IN_ONLY = 1,
	LENIENT = 2,
	REWRITTEN = 4,
	DNSSEC = 8,
	SKIPPED = 16,
	COF = 32,
	POINTS_SHIFT = 8
};

#define POINTS_BY(field) ((field) << POINTS_SHIFT)

// clang-format off: table
#define ROW(text, number, properties, ...) \
	{ \
		.mnemonic = (text), .mnemonic_len = sizeof(text) - 1, .type = (number), \
		.in_only = ((properties)&IN_ONLY) != 0, .lenient = ((properties)&LENIENT) != 0, \
		.is_rewritten = ((properties)&REWRITTEN) != 0, .is_dnssec = ((properties)&DNSSEC) != 0, \
		.is_skipped = ((properties)&SKIPPED) != 0, .is_cof = ((properties)&COF) != 0, \
		.points_by = (properties) >> POINTS_SHIFT, .fields = { \
			__VA_ARGS__ \
		} \
	}
// clang-format on

// By number, with gaps.
static const struct dns_layout table[] = {
#define LOW_ROW(identifier, text, number, ...) [number] = ROW(text, number, __VA_ARGS__),
	DNS_TYPES_LOW(LOW_ROW)
#undef LOW_ROW
};

enum { HIGH_FIRST = 32768 };

// By number less HIGH_FIRST.
static const struct dns_layout high_table[] = {
#define HIGH_ROW(identifier, text, number, ...) [(number)-HIGH_FIRST] = ROW(text, number, __VA_ARGS__),
	DNS_TYPES_HIGH(HIGH_ROW)
#undef HIGH_ROW
};

enum { TABLE_LEN = sizeof(table) / sizeof(*table), HIGH_LEN = sizeof(high_table) / sizeof(*high_table) };

// Place `i` of both tables; it may be empty.
static inline const struct dns_layout *place(size_t i)
{
	return i < TABLE_LEN ? &table[i] : &high_table[i - TABLE_LEN];
}

const struct dns_layout *dns_layout_of(uint16_t type)
{
	const struct dns_layout *l = NULL;

	if (type < TABLE_LEN)
		l = &table[type];
	else if (type >= HIGH_FIRST && type < HIGH_FIRST + HIGH_LEN)
		l = &high_table[type - HIGH_FIRST];
	return l && l->mnemonic ? l : NULL; // numbers between two types have a row, but no type
}

const struct dns_layout *dns_layout_next(size_t *at)
{
	while (*at < TABLE_LEN + HIGH_LEN) {
		const struct dns_layout *l = place((*at)++);
		if (l->mnemonic)
			return l;
	}
	return NULL;
}

const struct dns_layout *dns_layout_named(const char *mnemonic, size_t len)
{
	for (size_t i = 0; i < TABLE_LEN + HIGH_LEN; i++) {
		const struct dns_layout *l = place(i);
		if (l->mnemonic_len == len && len > 0 && memcmp(l->mnemonic, mnemonic, len) == 0)
			return l;
	}
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
	const struct dns_layout *l;

	for (size_t at = 0; (l = dns_layout_next(&at)) != NULL;) {
		if (strcasecmp(l->mnemonic, mnemonic) == 0) {
			*type = l->type;
			return 0;
		}
	}
	return generic_type(mnemonic, type);
}

size_t dns_layout_address_size(const struct dns_layout *l)
{
	if (!l || l->fields[1] != DNS_FIELD_END)
		return 0;
	return l->fields[0] == DNS_FIELD_IPV4 ? 4 : l->fields[0] == DNS_FIELD_IPV6 ? 16 : 0;
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

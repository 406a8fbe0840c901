// SPDX-License-Identifier: BSD-3-Clause
// Fields of RDATA as text, by the kinds of common/dns_layout.h.
#include "collector/text/out.h"

#include <time.h>

// RFC 4034 §3.2, in UTC.
static void put_time(struct text_out *o, uint32_t seconds)
{
	time_t t = seconds;
	struct tm tm;
	char text[16];

	gmtime_r(&t, &tm);
	text_put(o, text, strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm));
}

static void put_mnemonic(struct text_out *o, const char *mnemonic, unsigned number)
{
	if (mnemonic)
		text_put_word(o, mnemonic);
	else
		text_put_number(o, number);
}

static const char *cert_type(uint16_t type)
{
	static const char *const names[] = {NULL, "PKIX", "SPKI", "PGP", "IPKIX", "ISPKI", "IPGP", "ACPKIX", "IACPKIX"};

	if (type < sizeof(names) / sizeof(*names))
		return names[type];
	return type == 253 ? "URI" : type == 254 ? "OID" : NULL;
}

static const char *algorithm(uint8_t number)
{
	static const char *const names[256] = {
		[1] = "RSAMD5",
		[2] = "DH",
		[3] = "DSA",
		[4] = "ECC",
		[5] = "RSASHA1",
		[6] = "DSANSEC3SHA1",
		[7] = "RSASHA1NSEC3SHA1",
		[8] = "RSASHA256",
		[10] = "RSASHA512",
		[12] = "ECCGOST",
		[13] = "ECDSAP256SHA256",
		[14] = "ECDSAP384SHA384",
		[15] = "ED25519",
		[16] = "ED448",
		[252] = "INDIRECT",
		[253] = "PRIVATEDNS",
		[254] = "PRIVATEOID",
	};
	return names[number];
}

static const char *rcode(uint16_t number)
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI", NULL, NULL, NULL, NULL, "BADSIG",
		"BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE"};

	return number < sizeof(names) / sizeof(*names) ? names[number] : NULL;
}

// `size` octets (an even number) in groups of `group`.
static void put_groups(struct text_out *o, const uint8_t *p, size_t size, size_t group, char separator)
{
	for (size_t i = 0; i < size; i += group) {
		if (i > 0)
			text_put_char(o, separator);
		text_put_hex(o, p + i, group);
	}
}

// RFC 1876 §3: a coordinate in thousandths of a second of arc.
static void put_coordinate(struct text_out *o, uint32_t wire, char positive, char negative)
{
	int64_t angle = (int64_t)wire - (INT64_C(1) << 31);
	uint64_t n = (uint64_t)(angle < 0 ? -angle : angle);
	char thousandths[] = {'.', (char)('0' + n / 100 % 10), (char)('0' + n / 10 % 10), (char)('0' + n % 10), ' ',
		angle < 0 ? negative : positive, ' '};

	text_put_number(o, n / 3600000);
	text_put_char(o, ' ');
	text_put_number(o, n / 60000 % 60);
	text_put_char(o, ' ');
	text_put_number(o, n / 1000 % 60);
	text_put(o, thousandths, sizeof(thousandths));
}

static void put_metres(struct text_out *o, int64_t centimetres)
{
	uint64_t n = (uint64_t)(centimetres < 0 ? -centimetres : centimetres);
	char rest[] = {'.', (char)('0' + n / 10 % 10), (char)('0' + n % 10), 'm'};

	if (centimetres < 0)
		text_put_char(o, '-');
	text_put_number(o, n / 100);
	text_put(o, rest, sizeof(rest));
}

// RFC 1876 §2. Size and precisions are left out if they are the defaults.
static bool put_loc(struct text_out *o, const uint8_t *p)
{
	static const uint8_t defaults[] = {0x12, 0x16, 0x13}; // 1 m, 10 km, 10 m

	if (p[0] != 0)
		return false;
	put_coordinate(o, cursor_load32(p + 4), 'N', 'S');
	put_coordinate(o, cursor_load32(p + 8), 'E', 'W');
	put_metres(o, (int64_t)cursor_load32(p + 12) - 10000000);
	for (int i = 1; memcmp(p + 1, defaults, 3) != 0 && i <= 3; i++) {
		int64_t centimetres = p[i] >> 4;
		for (int power = p[i] & 15; power > 0; power--)
			centimetres *= 10;
		text_put_char(o, ' ');
		put_metres(o, centimetres);
	}
	return true;
}

static bool put_fixed(struct text_out *o, const uint8_t *p, size_t size, enum dns_field field)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size && i < 8; i++)
		number = number << 8 | p[i];
	switch (field) {
	case DNS_FIELD_IPV4:
		text_put_ipv4(o, p);
		return true;
	case DNS_FIELD_IPV6:
		text_put_ipv6(o, p);
		return true;
	case DNS_FIELD_EUI48:
	case DNS_FIELD_EUI64:
		put_groups(o, p, size, 1, '-');
		return true;
	case DNS_FIELD_LOCATOR64:
		put_groups(o, p, size, 2, ':');
		return true;
	case DNS_FIELD_TYPE:
		text_put_type(o, (uint16_t)number);
		return true;
	case DNS_FIELD_TIME:
		put_time(o, (uint32_t)number);
		return true;
	case DNS_FIELD_CERT_TYPE:
		put_mnemonic(o, cert_type((uint16_t)number), (unsigned)number);
		return true;
	case DNS_FIELD_ALGORITHM:
		put_mnemonic(o, algorithm((uint8_t)number), (unsigned)number);
		return true;
	case DNS_FIELD_RCODE:
		put_mnemonic(o, rcode((uint16_t)number), (unsigned)number);
		return true;
	case DNS_FIELD_SCHEME:
		put_mnemonic(o, number == 1 ? "NOTIFY" : NULL, (unsigned)number);
		return true;
	case DNS_FIELD_LOC:
		return put_loc(o, p);
	default:
		text_put_number(o, number);
		return true;
	}
}

// RFC 4648 §7 in lower case, without padding.
static void put_base32(struct text_out *o, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	unsigned bits = 0, v = 0;

	for (size_t i = 0; i < n; i++) {
		v = v << 8 | p[i];
		for (bits += 8; bits >= 5; bits -= 5)
			text_put_char(o, digits[v >> (bits - 5) & 31]);
	}
	if (bits > 0)
		text_put_char(o, digits[v << (5 - bits) & 31]);
}

static void put_sized(struct text_out *o, const uint8_t *p, size_t n, enum dns_field field)
{
	switch (field) {
	case DNS_FIELD_STRING:
	case DNS_FIELD_TEXT:
		text_put_quoted(o, p, n);
		break;
	case DNS_FIELD_STRING_OPTIONAL:
		if (n > 0)
			text_put_quoted(o, p, n);
		break;
	case DNS_FIELD_TAG:
		text_put_escaped(o, p, n);
		break;
	case DNS_FIELD_HEX8:
		if (n == 0)
			text_put_char(o, '-');
		text_put_hex(o, p, n);
		break;
	case DNS_FIELD_BASE32_8:
		put_base32(o, p, n);
		break;
	case DNS_FIELD_SIZED64:
		text_put_number(o, n);
		text_put_char(o, ' ');
		text_put_base64(o, p, n);
		break;
	case DNS_FIELD_HEX0X:
		text_put_word(o, "0x");
		text_put_hex(o, p, n);
		break;
	case DNS_FIELD_HEX:
		text_put_hex(o, p, n);
		break;
	case DNS_FIELD_BASE64_DASH:
		if (n == 0)
			text_put_char(o, '-');
		text_put_base64(o, p, n);
		break;
	default: // base64
		text_put_base64(o, p, n);
	}
}

// How many octets the field's own length says, which is consumed.
static size_t take_size(struct cursor *c, enum dns_field field)
{
	switch (field) {
	case DNS_FIELD_STRING_OPTIONAL:
		return cursor_left(c) > 0 ? cursor_u8(c) : 0;
	case DNS_FIELD_STRING:
	case DNS_FIELD_TAG:
	case DNS_FIELD_HEX8:
	case DNS_FIELD_BASE32_8:
		return cursor_u8(c);
	case DNS_FIELD_BASE64_16:
	case DNS_FIELD_SIZED64:
		return cursor_u16(c);
	case DNS_FIELD_TEXT:
	case DNS_FIELD_HEX:
	case DNS_FIELD_HEX0X:
	case DNS_FIELD_BASE64:
	case DNS_FIELD_BASE64_DASH:
		return cursor_left(c);
	default:
		return SIZE_MAX;
	}
}

bool text_put_field(struct text_out *o, struct cursor *c, enum dns_field field)
{
	size_t size = dns_layout_field_size(field);

	if (size > 0) {
		const uint8_t *p = cursor_take(c, size);
		return p && put_fixed(o, p, size, field);
	}
	if (field == DNS_FIELD_NAME)
		return text_put_name(o, c);
	size = take_size(c, field);
	if (size == SIZE_MAX)
		return text_put_special(o, c, field);
	const uint8_t *p = cursor_take(c, size);
	if (!p || c->bad)
		return false;
	put_sized(o, p, size, field);
	return true;
}

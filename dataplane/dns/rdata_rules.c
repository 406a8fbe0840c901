// SPDX-License-Identifier: BSD-3-Clause
// What a type requires of its values, in addition to the layout: digest lengths, reserved numbers, ranges. The fields were
// found sound before, so the octets read here exist.
#include "dataplane/dns/rdata.h"

#include <stdlib.h>

static bool is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

static bool is_alnum(uint8_t octet)
{
	return is_digit(octet) || (uint8_t)((octet | 0x20) - 'a') < 26;
}

// Digest types 1..4 have one length (RFC 3658, 4509, 5933, 6605); 0 is reserved, and in CDS it asks
// to delete, with one octet in place of the digest (RFC 8078 §4).
static bool digest_sound(const uint8_t *rdata, size_t size, bool may_delete)
{
	static const uint8_t sizes[] = {1, 20, 32, 32, 48};
	uint8_t digest_type = rdata[3];

	if (digest_type == 0 && !may_delete)
		return false;
	return digest_type >= sizeof(sizes) || size - 4 == sizes[digest_type];
}

// RFC 8976 §2.2: scheme and hash algorithm are not 0; SHA-384 and SHA-512 have one length.
static bool zonemd_sound(const uint8_t *rdata, size_t size)
{
	uint8_t scheme = rdata[4], hash = rdata[5];

	if (scheme == 0 || hash == 0)
		return false;
	return hash > 2 || size - 6 == (hash == 1 ? 48 : 64);
}

// RFC 1876 §2: version 0, powers of ten with both digits up to 9, latitude and longitude (in
// thousandths of a second of arc, from 2^31) within a quarter and a half of a circle.
static bool loc_sound(const uint8_t *rdata)
{
	const int64_t degree = 3600000, middle = INT64_C(1) << 31;
	int64_t latitude = cursor_load32(rdata + 4) - middle;
	int64_t longitude = cursor_load32(rdata + 8) - middle;

	for (int i = 1; i <= 3; i++) // size, horizontal and vertical precision
		if (rdata[i] >> 4 > 9 || (rdata[i] & 0x0f) > 9)
			return false;
	return rdata[0] == 0 && llabs(latitude) <= 90 * degree && llabs(longitude) <= 180 * degree;
}

// A decimal number with an optional sign and an optional point, as a <character-string>; its value
// goes to `*value`.
static bool number_read(struct cursor *c, double *value)
{
	char text[256];
	uint8_t size = cursor_u8(c);
	const uint8_t *p = cursor_take(c, size);
	unsigned digits = 0, points = 0;

	if (!p || size == 0)
		return false;
	for (size_t i = p[0] == '-' || p[0] == '+'; i < size; i++) {
		digits += is_digit(p[i]);
		points += p[i] == '.';
		if (!is_digit(p[i]) && p[i] != '.')
			return false;
	}
	memcpy(text, p, size);
	text[size] = '\0';
	*value = strtod(text, NULL);
	return digits > 0 && points <= 1;
}

// RFC 1712 §3: latitude, longitude, altitude.
static bool gpos_sound(const uint8_t *rdata, size_t size)
{
	struct cursor c = cursor_make(rdata, size);
	double latitude, longitude, altitude;

	if (!number_read(&c, &latitude) || !number_read(&c, &longitude) || !number_read(&c, &altitude))
		return false;
	return latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180;
}

// RFC 8659 §4.1: the tag is letters and digits, at least one.
static bool caa_sound(const uint8_t *rdata)
{
	uint8_t size = rdata[1];

	for (size_t i = 0; i < size; i++)
		if (!is_alnum(rdata[2 + i]))
			return false;
	return size > 0;
}

// RFC 8945 §4.2: the extended RCODE has twelve bits. It precedes the length of the other data
// at the end, so it is found from the front: name, 10 octets, MAC, original ID.
static bool tsig_sound(const uint8_t *rdata, size_t size)
{
	struct cursor c = cursor_make(rdata, size);

	// the algorithm's name ends with a zero octet or with a pointer (RFC 1035 §4.1.4)
	for (uint8_t label = cursor_u8(&c); label != 0; label = cursor_u8(&c)) {
		cursor_skip(&c, label >= 0xc0 ? 1 : label);
		if (label >= 0xc0)
			break;
	}
	cursor_skip(&c, 8);
	cursor_skip(&c, cursor_u16(&c));
	cursor_skip(&c, 2);
	return cursor_u16(&c) <= 4095 && !c.bad;
}

// RFC 9460 §2.4.2: an alias (priority 0) has no parameters.
static bool svcb_sound(const uint8_t *rdata, size_t size)
{
	struct cursor c = cursor_make(rdata, size);

	if (cursor_u16(&c) != 0)
		return true;
	for (uint8_t label = cursor_u8(&c); label != 0; label = cursor_u8(&c)) {
		cursor_skip(&c, label >= 0xc0 ? 1 : label);
		if (label >= 0xc0)
			break;
	}
	return cursor_left(&c) == 0;
}

bool dns_rdata_rules(const uint8_t *rdata, size_t size, uint16_t type)
{
	switch (type) {
	case DNS_TYPE_DS:
	case DNS_TYPE_DLV:
	case DNS_TYPE_CDS:
		return digest_sound(rdata, size, type == DNS_TYPE_CDS);
	case DNS_TYPE_ZONEMD:
		return zonemd_sound(rdata, size);
	case DNS_TYPE_SVCB:
	case DNS_TYPE_HTTPS:
		return svcb_sound(rdata, size);
	case DNS_TYPE_CAA:
		return caa_sound(rdata);
	case DNS_TYPE_URI:
		return size > 4; // RFC 7553 §4.4: the target is not empty
	case DNS_TYPE_LOC:
		return loc_sound(rdata);
	case DNS_TYPE_GPOS:
		return gpos_sound(rdata, size);
	case DNS_TYPE_TSIG:
		return tsig_sound(rdata, size);
	default:
		return true;
	}
}

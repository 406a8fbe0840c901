// SPDX-License-Identifier: BSD-3-Clause
// Fields of RDATA that are lists, or whose kind is given by another octet, as text.
#include "collector/text/out.h"

// RFC 4025 §2.3, RFC 8777 §4.2.3: none, IPv4, IPv6, name.
static bool put_gateway(struct text_out *o, struct cursor *c, uint8_t type)
{
	switch (type) {
	case 0:
		text_put_char(o, '.');
		return true;
	case 1:
		return text_put_field(o, c, DNS_FIELD_IPV4);
	case 2:
		return text_put_field(o, c, DNS_FIELD_IPV6);
	case 3:
		return text_put_name(o, c);
	default:
		return false;
	}
}

// RFC 8777 §4.3.1: D bit, type, relay.
static bool put_relay(struct text_out *o, struct cursor *c)
{
	uint8_t octet = cursor_u8(c);

	if (c->bad)
		return false;
	text_put_number(o, octet >> 7);
	text_put_char(o, ' ');
	text_put_number(o, octet & 0x7f);
	text_put_char(o, ' ');
	return put_gateway(o, c, octet & 0x7f);
}

// RFC 2874 §3.2: prefix length, what it leaves of the address, name of the prefix.
static bool put_a6(struct text_out *o, struct cursor *c)
{
	uint8_t address[16] = {0}, prefix = cursor_u8(c);
	size_t size = prefix > 128 ? 0 : (size_t)(128 - prefix + 7) / 8;
	const uint8_t *suffix = cursor_take(c, size);

	if (c->bad || prefix > 128 || (prefix % 8 != 0 && suffix[0] >> (8 - prefix % 8) != 0))
		return false;
	memcpy(address + 16 - size, suffix, size);
	text_put_number(o, prefix);
	text_put_char(o, ' ');
	if (size > 0)
		text_put_ipv6(o, address);
	if (size > 0 && prefix > 0)
		text_put_char(o, ' ');
	return prefix == 0 || text_put_name(o, c);
}

// af-dans-0152 §5: a telephone number after "+", or an address in hexadecimal.
static bool put_atma(struct text_out *o, struct cursor *c)
{
	uint8_t format = cursor_u8(c);
	size_t size = cursor_left(c);
	const char *digits = (const char *)c->at;

	if (size == 0 || format > 1)
		return false;
	if (format == 0) {
		text_put_hex(o, cursor_take(c, size), size);
		return true;
	}
	for (size_t i = 0; i < size; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	text_put_char(o, '+');
	text_put(o, digits, size);
	cursor_skip(c, size);
	return true;
}

// RFC 8005 §6: algorithm, HIT in hexadecimal, key in base64.
static bool put_hip(struct text_out *o, struct cursor *c)
{
	uint8_t hit_size = cursor_u8(c), key_algorithm = cursor_u8(c);
	uint16_t key_size = cursor_u16(c);
	const uint8_t *hit = cursor_take(c, hit_size), *key = cursor_take(c, key_size);

	if (c->bad)
		return false;
	text_put_number(o, key_algorithm);
	text_put_char(o, ' ');
	text_put_hex(o, hit, hit_size);
	text_put_char(o, ' ');
	text_put_base64(o, key, key_size);
	return true;
}

static bool put_list(struct text_out *o, struct cursor *c, enum dns_field item)
{
	for (bool first = true; cursor_left(c) > 0; first = false) {
		if (!first)
			text_put_char(o, ' ');
		if (!text_put_field(o, c, item))
			return false;
	}
	return true;
}

// The numbers of the bits that are set, the first bit of an octet being the highest, plus `base`.
static void put_bits(struct text_out *o, const uint8_t *map, size_t size, unsigned base, bool types)
{
	bool first = true;

	for (size_t bit = 0; bit < 8 * size; bit++) {
		if (!(map[bit / 8] & 0x80 >> bit % 8))
			continue;
		if (!first)
			text_put_char(o, ' ');
		first = false;
		if (types)
			text_put_type(o, (uint16_t)(base + bit));
		else
			text_put_number(o, base + bit);
	}
}

// RFC 1035 §3.4.2. There are 65,536 ports; a longer map has no text.
static bool put_ports(struct text_out *o, struct cursor *c)
{
	size_t size = cursor_left(c);
	if (size > 65536 / 8)
		return false;
	put_bits(o, cursor_take(c, size), size, 0, false);
	return true;
}

// RFC 2535 §5.2: types below 128, in at most sixteen octets.
static bool put_types_nxt(struct text_out *o, struct cursor *c)
{
	size_t size = cursor_left(c);
	if (size > 128 / 8)
		return false;
	put_bits(o, cursor_take(c, size), size, 0, true);
	return true;
}

// RFC 4034 §4.1.2, §4.2.
static bool put_types(struct text_out *o, struct cursor *c)
{
	int last = -1;

	while (cursor_left(c) > 0) {
		uint8_t window = cursor_u8(c), size = cursor_u8(c);
		const uint8_t *map = cursor_take(c, size);
		if (!map || window <= last || size > 32)
			return false;
		if (last >= 0)
			text_put_char(o, ' ');
		last = window;
		put_bits(o, map, size, window * 256u, true);
	}
	return true;
}

// RFC 3123 §5. An address of a family that is not known here is written in hexadecimal.
static bool put_prefix(struct text_out *o, struct cursor *c)
{
	uint8_t address[16] = {0};
	uint16_t family = cursor_u16(c);
	uint8_t bits = cursor_u8(c), octet = cursor_u8(c);
	uint8_t size = octet & 0x7f;
	const uint8_t *p = cursor_take(c, size);

	if (!p || (family == 1 && size > 4) || (family == 2 && size > 16))
		return false;
	if (octet & 0x80) // negated
		text_put_char(o, '!');
	text_put_number(o, family);
	text_put_char(o, ':');
	if (family == 1 || family == 2)
		memcpy(address, p, size);
	if (family == 1)
		text_put_ipv4(o, address);
	else if (family == 2)
		text_put_ipv6(o, address);
	else
		text_put_hex(o, p, size);
	text_put_char(o, '/');
	text_put_number(o, bits);
	return true;
}

static bool put_prefixes(struct text_out *o, struct cursor *c)
{
	for (bool first = true; cursor_left(c) > 0; first = false) {
		if (!first)
			text_put_char(o, ' ');
		if (!put_prefix(o, c))
			return false;
	}
	return true;
}

bool text_put_special(struct text_out *o, struct cursor *c, enum dns_field field)
{
	switch (field) {
	case DNS_FIELD_HIP:
		return put_hip(o, c);
	case DNS_FIELD_GATEWAY: // the type is in the second octet of the RDATA
		return put_gateway(o, c, c->base[1]);
	case DNS_FIELD_RELAY:
		return put_relay(o, c);
	case DNS_FIELD_A6:
		return put_a6(o, c);
	case DNS_FIELD_ATMA:
		return put_atma(o, c);
	case DNS_FIELD_STRINGS:
		return put_list(o, c, DNS_FIELD_STRING);
	case DNS_FIELD_NAMES:
		return put_list(o, c, DNS_FIELD_NAME);
	case DNS_FIELD_PORTS:
		return put_ports(o, c);
	case DNS_FIELD_TYPES:
		return put_types(o, c);
	case DNS_FIELD_TYPES_NXT:
		return put_types_nxt(o, c);
	case DNS_FIELD_PREFIXES:
		return put_prefixes(o, c);
	case DNS_FIELD_SVC_PARAMS:
		return text_put_svc_params(o, c);
	default: // opaque, and EDNS options, which have no presentation form
		return false;
	}
}

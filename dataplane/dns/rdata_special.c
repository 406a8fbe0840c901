// SPDX-License-Identifier: BSD-3-Clause
// RDATA fields with a structure of their own: gateways, lists of names or strings, bit maps,
// address prefixes, service parameters, EDNS options. RFC 9267 lists what goes wrong in them.
#include "dataplane/dns/rdata.h"

#include "dataplane/dns/dns.h"
#include "dataplane/common/wire_name.h"

enum gateway_type { GATEWAY_NONE, GATEWAY_IPV4, GATEWAY_IPV6, GATEWAY_NAME }; // RFC 4025 §2.3

static bool walk_gateway(struct dns_rdata_walk *w, uint8_t type)
{
	switch (type) {
	case GATEWAY_NONE:
		return true;
	case GATEWAY_IPV4:
		return cursor_take(&w->c, 4) != NULL;
	case GATEWAY_IPV6:
		return cursor_take(&w->c, 16) != NULL;
	case GATEWAY_NAME:
		return dns_rdata_name(w);
	default:
		return false;
	}
}

// RFC 8777 §4.2: the upper bit of the type says that discovery is optional.
static bool walk_relay(struct dns_rdata_walk *w)
{
	uint8_t type = cursor_u8(&w->c);
	return !w->c.bad && walk_gateway(w, type & 0x7f);
}

// RFC 2874 §3.1: of the address only what the prefix does not cover, its first octet filled up with zero
// bits; the prefix has a name unless it is empty.
static bool walk_a6(struct dns_rdata_walk *w)
{
	uint8_t prefix = cursor_u8(&w->c);

	if (w->c.bad || prefix > 128)
		return false;
	const uint8_t *suffix = cursor_take(&w->c, (size_t)(128 - prefix + 7) / 8);
	if (!suffix || (prefix % 8 != 0 && suffix[0] >> (8 - prefix % 8) != 0))
		return false;
	return prefix == 0 || dns_rdata_name(w);
}

// An address of an end system (format 0), or a telephone number (format 1).
static bool walk_atma(struct cursor *c)
{
	uint8_t format = cursor_u8(c);
	size_t size = cursor_left(c);
	const uint8_t *address = cursor_take(c, size);

	for (size_t i = 0; format == 1 && i < size; i++)
		if (address[i] < '0' || address[i] > '9')
			return false;
	return format <= 1 && size > 0;
}

// RFC 8005 §5: length of the HIT, algorithm, length of the key, HIT, key.
static bool walk_hip(struct cursor *c)
{
	uint8_t hit_size = cursor_u8(c);
	cursor_skip(c, 1);
	uint16_t key_size = cursor_u16(c);
	cursor_skip(c, hit_size);
	cursor_skip(c, key_size);
	return !c->bad;
}

static bool walk_strings(struct cursor *c)
{
	while (cursor_left(c) > 0)
		cursor_skip(c, cursor_u8(c));
	return !c->bad;
}

static bool is_compressed(const struct cursor *c)
{
	size_t left = cursor_left(c), at = wire_name_end(c->at, left);

	return at < left && c->at[at] != 0;
}

// RFC 8005 §5.6: rendezvous servers are not compressed. Thousands of pointers in one record would
// cost more time and room than the packet that brought them.
static bool walk_names(struct dns_rdata_walk *w)
{
	while (cursor_left(&w->c) > 0)
		if (is_compressed(&w->c) || !dns_rdata_name(w))
			return false;
	return true;
}

// RFC 4034 §4.1.2: blocks of window number, length 1..32, bit map, the windows ascending.
static bool walk_types(struct cursor *c)
{
	int last = -1;

	while (cursor_left(c) > 0) {
		int window = cursor_u8(c);
		uint8_t size = cursor_u8(c);
		if (window <= last || size < 1 || size > 32)
			return false;
		last = window;
		cursor_skip(c, size);
	}
	return !c->bad;
}

// RFC 2535 §5.2: one bit a type, those below 128 only.
static bool walk_types_nxt(struct cursor *c)
{
	size_t size = cursor_left(c);
	cursor_skip(c, size);
	return size <= 128 / 8;
}

// RFC 3123 §4. Of a family that is not known here the address may have 63 octets, half of what the
// seven bits of its length allow: no address is longer, and other implementations have the same limit.
static bool walk_prefixes(struct cursor *c)
{
	while (cursor_left(c) > 0) {
		uint16_t family = cursor_u16(c);
		uint8_t prefix = cursor_u8(c);
		uint8_t size = cursor_u8(c) & 0x7f;
		size_t size_max = family == 1 ? 4 : family == 2 ? 16 : 63;
		uint8_t prefix_max = family == 1 ? 32 : family == 2 ? 128 : 255;
		if (size > size_max || prefix > prefix_max)
			return false;
		cursor_skip(c, size);
	}
	return !c->bad;
}

bool dns_rdata_special(struct dns_rdata_walk *w, enum dns_field field)
{
	switch (field) {
	case DNS_FIELD_HIP:
		return walk_hip(&w->c);
	case DNS_FIELD_GATEWAY:
		return walk_gateway(w, w->start[1]);
	case DNS_FIELD_RELAY:
		return walk_relay(w);
	case DNS_FIELD_A6:
		return walk_a6(w);
	case DNS_FIELD_ATMA:
		return walk_atma(&w->c);
	case DNS_FIELD_STRINGS:
		return walk_strings(&w->c);
	case DNS_FIELD_NAMES:
		return walk_names(w);
	case DNS_FIELD_TYPES:
		return walk_types(&w->c);
	case DNS_FIELD_TYPES_NXT:
		return walk_types_nxt(&w->c);
	case DNS_FIELD_PREFIXES:
		return walk_prefixes(&w->c);
	case DNS_FIELD_SVC_PARAMS:
		return dns_rdata_svc_params(&w->c);
	case DNS_FIELD_OPTIONS:
		return dns_rdata_options(&w->c);
	default:
		return false;
	}
}

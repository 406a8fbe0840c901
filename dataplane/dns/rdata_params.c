// SPDX-License-Identifier: BSD-3-Clause
// Lists of key, length, value inside RDATA: the service parameters of SVCB and HTTPS (RFC 9460)
// and the options of OPT (RFC 6891).
#include "dataplane/dns/rdata.h"

enum svc_key { // RFC 9460 §14.3.2
	SVC_MANDATORY = 0,
	SVC_ALPN = 1,
	SVC_NO_DEFAULT_ALPN = 2,
	SVC_PORT = 3,
	SVC_IPV4HINT = 4,
	SVC_IPV6HINT = 6
};

enum edns_option { OPTION_ECS = 8, OPTION_EDE = 15 };

// A cursor over the next `size` octets, which are consumed.
static struct cursor take_value(struct cursor *c, size_t size)
{
	const uint8_t *p = cursor_take(c, size);
	return p ? cursor_make(p, size) : cursor_make(c->at, 0);
}

// True if a list of parameters has the key. Its lengths must be sound.
static bool has_key(struct cursor params, uint16_t key)
{
	while (cursor_left(&params) > 0) {
		if (cursor_u16(&params) == key)
			return !params.bad;
		cursor_skip(&params, cursor_u16(&params));
	}
	return false;
}

// RFC 9460 §8: keys in ascending order, none twice, not "mandatory" itself.
static bool mandatory_sound(struct cursor value)
{
	int last = SVC_MANDATORY;

	while (cursor_left(&value) > 0) {
		uint16_t key = cursor_u16(&value);
		if (value.bad || key <= last)
			return false;
		last = key;
	}
	return true;
}

// RFC 9460 §7.1.1: protocol names, each after its length octet, none empty.
static bool alpn_sound(struct cursor value)
{
	while (cursor_left(&value) > 0) {
		uint8_t size = cursor_u8(&value);
		if (size == 0)
			return false;
		cursor_skip(&value, size);
	}
	return !value.bad;
}

static bool svc_value_sound(uint16_t key, struct cursor value)
{
	size_t size = cursor_left(&value);

	switch (key) {
	case SVC_MANDATORY:
		return mandatory_sound(value);
	case SVC_ALPN:
		return alpn_sound(value);
	case SVC_NO_DEFAULT_ALPN:
		return size == 0;
	case SVC_PORT:
		return size == 2;
	case SVC_IPV4HINT:
		return size % 4 == 0;
	case SVC_IPV6HINT:
		return size % 16 == 0;
	default:
		return true;
	}
}

// True if every key listed as mandatory is present (RFC 9460 §8). Both ascend, so one pass over both is enough.
static bool mandatory_present(struct cursor params)
{
	struct cursor all = params;

	// it is the first parameter, if any; of a repeated key the last one holds
	struct cursor list = cursor_make(params.at, 0);
	while (cursor_left(&params) > 0 && cursor_u16(&params) == SVC_MANDATORY)
		list = take_value(&params, cursor_u16(&params));
	while (cursor_left(&list) > 0) {
		uint16_t wanted = cursor_u16(&list), key = 0;
		while (key < wanted && cursor_left(&all) > 0) {
			key = cursor_u16(&all);
			cursor_skip(&all, cursor_u16(&all));
		}
		if (key != wanted)
			return false;
	}
	return true;
}

// RFC 9460 §2.2. A key that is repeated directly is accepted, as other readers do.
bool dns_rdata_svc_params(struct cursor *c)
{
	struct cursor params = *c;
	uint16_t last = 0;

	while (cursor_left(c) > 0) {
		uint16_t key = cursor_u16(c);
		struct cursor value = take_value(c, cursor_u16(c));
		if (c->bad || key < last || !svc_value_sound(key, value))
			return false;
		last = key;
	}
	if (has_key(params, SVC_NO_DEFAULT_ALPN) && !has_key(params, SVC_ALPN))
		return false; // RFC 9460 §7.1.1
	return mandatory_present(params);
}

// RFC 7871 §6: family, source and scope prefix length, as many octets of address as the source
// prefix length takes.
static bool client_subnet_sound(struct cursor value)
{
	uint16_t family = cursor_u16(&value);
	uint8_t source = cursor_u8(&value);
	uint8_t scope = cursor_u8(&value);
	uint8_t bits = family == 1 ? 32 : 128;

	if (value.bad || family < 1 || family > 2 || source > bits || scope > bits)
		return false;
	return cursor_left(&value) == (size_t)(source + 7) / 8;
}

// Octets of a UTF-8 sequence by its first octet, 0 if none begins so (RFC 3629 §4).
static size_t utf8_size(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static bool utf8_sound(struct cursor text)
{
	while (cursor_left(&text) > 0) {
		size_t size = utf8_size(*text.at);
		const uint8_t *p = size > 0 ? cursor_take(&text, size) : NULL;
		if (!p)
			return false;
		for (size_t i = 1; i < size; i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
		// overlong forms, surrogates, beyond U+10FFFF
		if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
			(p[0] == 0xf4 && p[1] > 0x8f))
			return false;
	}
	return true;
}

// RFC 8914 §2: a code, and a text in UTF-8 that may end with a zero octet.
static bool extended_error_sound(struct cursor value)
{
	cursor_skip(&value, 2);
	return !value.bad && utf8_sound(value);
}

bool dns_rdata_options(struct cursor *c)
{
	while (cursor_left(c) > 0) {
		uint16_t code = cursor_u16(c);
		struct cursor value = take_value(c, cursor_u16(c));
		if (c->bad)
			return false;
		if (code == OPTION_ECS && !client_subnet_sound(value))
			return false;
		if (code == OPTION_EDE && !extended_error_sound(value))
			return false;
	}
	return !c->bad;
}

// SPDX-License-Identifier: BSD-3-Clause
// Service parameters of SVCB and HTTPS as text (RFC 9460 §2.1, appendix A). Values are always in
// quotes. Keys that RFC 9460 does not name are written keyNNNNN, which every reader understands.
#include "collector/text/out.h"

enum { KEY_MANDATORY, KEY_ALPN, KEY_NO_DEFAULT_ALPN, KEY_PORT, KEY_IPV4HINT, KEY_ECH, KEY_IPV6HINT, KEY_MAX };

static void put_key(struct text_out *o, uint16_t key)
{
	static const char *const names[KEY_MAX] = {"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech",
		"ipv6hint"};

	if (key < KEY_MAX) {
		text_put_word(o, names[key]);
	} else {
		text_put_word(o, "key");
		text_put_number(o, key);
	}
}

// A protocol name is escaped twice: as an item of a list, where a comma would end it (appendix A.1),
// and then as all text in quotes.
static void put_alpn_id(struct text_out *o, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"' || p[i] == '\\') {
			text_put(o, (const char[]){'\\', '\\', '\\', (char)p[i]}, 4);
		} else if (p[i] == ',') {
			text_put(o, "\\\\,", 3);
		} else {
			if (p[i] < 0x20 || p[i] > 0x7e)
				text_put_char(o, '\\');
			text_put_escaped(o, p + i, 1);
		}
	}
}

// One item of a list of values.
static bool put_item(struct text_out *o, struct cursor *value, uint16_t key)
{
	if (key == KEY_MANDATORY) {
		put_key(o, cursor_u16(value));
	} else if (key == KEY_ALPN) {
		uint8_t size = cursor_u8(value);
		const uint8_t *p = cursor_take(value, size);
		if (p)
			put_alpn_id(o, p, size);
	} else if (key == KEY_PORT) {
		text_put_number(o, cursor_u16(value));
	} else if (key == KEY_IPV4HINT) {
		return text_put_field(o, value, DNS_FIELD_IPV4);
	} else {
		return text_put_field(o, value, DNS_FIELD_IPV6);
	}
	return !value->bad;
}

static bool put_items(struct text_out *o, struct cursor value, uint16_t key)
{
	for (bool first = true; cursor_left(&value) > 0; first = false) {
		if (!first)
			text_put_char(o, ',');
		if (!put_item(o, &value, key))
			return false;
	}
	return true;
}

// RFC 9460 §2.1: a value may be left out if it is empty; keys whose value is a list or base64
// keep their quotes.
static bool put_param(struct text_out *o, uint16_t key, const uint8_t *p, size_t size)
{
	bool sound = true;

	put_key(o, key);
	if (size == 0 && (key == KEY_NO_DEFAULT_ALPN || key >= KEY_MAX))
		return true;
	text_put(o, "=\"", 2);
	if (key == KEY_ECH)
		text_put_base64(o, p, size);
	else if (key >= KEY_MAX)
		text_put_escaped(o, p, size);
	else
		sound = key != KEY_NO_DEFAULT_ALPN && put_items(o, cursor_make(p, size), key);
	text_put_char(o, '"');
	return sound;
}

bool text_put_svc_params(struct text_out *o, struct cursor *c)
{
	bool first = true;

	while (cursor_left(c) > 0) {
		uint16_t key = cursor_u16(c), size = cursor_u16(c);
		const uint8_t *p = cursor_take(c, size);
		if (!p)
			return false;
		// if a key comes twice, the last counts
		if (cursor_left(c) >= 2 && cursor_load16(c->at) == key)
			continue;
		if (!first)
			text_put_char(o, ' ');
		first = false;
		if (!put_param(o, key, p, size))
			return false;
	}
	return true;
}

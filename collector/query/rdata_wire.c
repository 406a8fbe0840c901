// SPDX-License-Identifier: BSD-3-Clause
// RDATA that points to a name, from its text (text/text.h) back into wire form: what DNSDB's flexible search calls raw_rdata.
#include "collector/query/rdata_wire.h"

#include "dataplane/common/dns_layout.h"

#include "collector/question/name.h"
#include "collector/query/rdata.h"
#include "dataplane/common/wire_name.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wire_out {
	uint8_t *at, *end;
	bool bad;
};

static void put(struct wire_out *o, const void *octets, size_t size)
{
	if (size > (size_t)(o->end - o->at)) {
		o->bad = true;
		return;
	}
	memcpy(o->at, octets, size);
	o->at += size;
}

// A whole number in decimal, as `octets` octets.
static void put_number(struct wire_out *o, const char *text, size_t len, int octets)
{
	uint64_t number = 0;
	uint8_t wire[4];

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || len > 10)
			o->bad = true;
		number = number * 10 + (uint64_t)(text[i] - '0');
	}
	if (len == 0 || o->bad || number >> (8 * octets))
		o->bad = true;
	for (int i = 0; i < octets; i++)
		wire[i] = (uint8_t)(number >> (8 * (octets - 1 - i)));
	put(o, wire, (size_t)octets);
}

static void put_name(struct wire_out *o, const char *text, size_t len)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	size_t size = query_name_wire(text, len, wire);

	o->bad = o->bad || size == 0;
	put(o, wire, size);
}

// --- service parameters (text/params.c)

static const char *const param_names[] = {"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech",
	"ipv6hint"};
enum { KEY_MANDATORY, KEY_ALPN, KEY_NO_DEFAULT_ALPN, KEY_PORT, KEY_IPV4HINT, KEY_ECH, KEY_IPV6HINT, KEY_NAMES };

// The number of a key; -1 if it is none.
static int key_number(const char *text, size_t len)
{
	uint8_t wire[2];
	struct wire_out number = {.at = wire, .end = wire + 2};

	for (int i = 0; i < KEY_NAMES; i++)
		if (strlen(param_names[i]) == len && memcmp(param_names[i], text, len) == 0)
			return i;
	if (len <= 3 || memcmp(text, "key", 3) != 0)
		return -1;
	put_number(&number, text + 3, len - 3, 2);
	return number.bad ? -1 : wire[0] << 8 | wire[1];
}

// One character, or what follows a backslash. Returns the characters used; 0 if it is broken.
static size_t unescape(const char *text, size_t len, uint8_t *out)
{
	int value = 0;

	if (text[0] != '\\') {
		*out = (uint8_t)text[0];
		return 1;
	}
	if (len < 2)
		return 0;
	if (text[1] < '0' || text[1] > '9') {
		*out = (uint8_t)text[1];
		return 2;
	}
	for (int i = 1; i <= 3; i++) {
		if ((size_t)i >= len || text[i] < '0' || text[i] > '9')
			return 0;
		value = 10 * value + text[i] - '0';
	}
	*out = (uint8_t)value;
	return value <= 255 ? 4 : 0;
}

// The octets of a text in quotes. Their number, SIZE_MAX if it is broken.
static size_t unquote(const char *text, size_t len, char *out, size_t out_size)
{
	size_t n = 0, used;

	for (size_t i = 0; i < len; i += used) {
		used = n < out_size ? unescape(text + i, len - i, (uint8_t *)out + n++) : 0;
		if (used == 0)
			return SIZE_MAX;
	}
	return n;
}

static void put_alpn(struct wire_out *o, const char *list, size_t len)
{
	for (size_t i = 0; i < len && !o->bad; i++) { // after a comma
		uint8_t id[256];
		size_t n = 1;
		while (i < len && list[i] != ',' && !o->bad) {
			size_t used = n < sizeof(id) ? unescape(list + i, len - i, &id[n++]) : 0;
			o->bad = used == 0;
			i += used;
		}
		id[0] = (uint8_t)(n - 1);
		put(o, id, n);
	}
}

static void put_base64(struct wire_out *o, const char *text, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < len && text[i] != '='; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		o->bad = o->bad || !digit;
		bits = bits << 6 | (uint32_t)(digit ? digit - digits : 0);
		have += 6;
		if (have >= 8) {
			uint8_t octet = (uint8_t)(bits >> (have -= 8));
			put(o, &octet, 1);
		}
	}
}

// One item of the other lists.
static void put_item(struct wire_out *o, int key, const char *text, size_t len)
{
	char item[64];
	uint8_t address[16] = {0};

	snprintf(item, sizeof(item), "%.*s", (int)(len < sizeof(item) ? len : 0), text);
	if (key == KEY_MANDATORY) {
		int number = key_number(text, len);
		o->bad = o->bad || number < 0;
		put(o, (const uint8_t[]){(uint8_t)(number >> 8), (uint8_t)number}, 2);
	} else if (key == KEY_PORT) {
		put_number(o, text, len, 2);
	} else {
		bool four = key == KEY_IPV4HINT;
		o->bad = o->bad || inet_pton(four ? AF_INET : AF_INET6, item, address) != 1;
		put(o, address, four ? 4 : 16);
	}
}

static void put_value(struct wire_out *o, int key, const char *value, size_t len)
{
	if (key == KEY_ALPN) {
		put_alpn(o, value, len);
	} else if (key == KEY_ECH) {
		put_base64(o, value, len);
	} else if (key >= KEY_NAMES) {
		put(o, value, len);
	} else {
		for (size_t i = 0; i < len; i++) {
			const char *comma = memchr(value + i, ',', len - i);
			size_t n = comma ? (size_t)(comma - value) - i : len - i;
			put_item(o, key, value + i, n);
			i += n;
		}
	}
}

// key, or key="value"
static void put_param(struct wire_out *o, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : len, n = 0;
	int key = key_number(text, name_len);
	char value[8192];

	if (equals && len >= name_len + 3 && equals[1] == '"' && text[len - 1] == '"')
		n = unquote(equals + 2, len - name_len - 3, value, sizeof(value));
	else if (equals)
		n = SIZE_MAX;
	if (key < 0 || n == SIZE_MAX) {
		o->bad = true;
		return;
	}
	put(o, (const uint8_t[]){(uint8_t)(key >> 8), (uint8_t)key, 0, 0}, 4);
	uint8_t *start = o->at;
	put_value(o, key, value, n);
	size_t size = (size_t)(o->at - start);
	o->bad = o->bad || size > UINT16_MAX;
	if (!o->bad) {
		start[-2] = (uint8_t)(size >> 8);
		start[-1] = (uint8_t)size;
	}
}

// --- RDATA

// The fields of a type with a target, NULL for others. They are names, numbers, and parameters at the end.
static const uint8_t *fields_of(const struct query_record *r)
{
	const struct dns_layout *l = dns_layout_named(r->type, r->type_len);

	return l && l->points_by > 0 ? l->fields : NULL;
}

size_t query_rdata_wire(const struct query_record *r, uint8_t *out, size_t out_size)
{
	struct wire_out o = {.at = out, .end = out + out_size};
	const uint8_t *fields = fields_of(r);

	for (size_t at = 0; fields && at < r->rdata_len && !o.bad;) {
		const char *text = r->rdata + at;
		size_t len = query_field_len(text, r->rdata_len - at);
		if (*fields == DNS_FIELD_NAME)
			put_name(&o, text, len);
		else if (*fields == DNS_FIELD_SVC_PARAMS)
			put_param(&o, text, len);
		else if (*fields != DNS_FIELD_END)
			put_number(&o, text, len, (int)dns_layout_field_size(*fields));
		o.bad = o.bad || *fields == DNS_FIELD_END;
		fields += *fields != DNS_FIELD_SVC_PARAMS;
		at += len + 1;
	}
	return fields && !o.bad && (*fields == DNS_FIELD_END || *fields == DNS_FIELD_SVC_PARAMS) ? (size_t)(o.at - out)
												 : 0;
}

int query_raw_targets(const struct query *q, int (*take)(void *arg, const char *name, size_t len), void *arg)
{
	static const size_t offsets[] = {0, 2, 6}; // of the name in NS and its like, in MX and SVCB, in SRV
	char name[TEXT_NAME_SIZE];
	int n = 0;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		if (offsets[i] >= q->raw_size)
			continue;
		size_t size = wire_name_size(q->raw + offsets[i], q->raw_size - offsets[i]);
		if (size < 2)
			continue; // no name, or the root, which no index has
		size_t len = text_name(q->raw + offsets[i], size, name);
		if (len == 0)
			continue;
		if (take && take(arg, name, len) != 0)
			return -1;
		n++;
	}
	return n;
}

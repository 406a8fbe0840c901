// SPDX-License-Identifier: BSD-3-Clause
// RDATA by its layout: check, and copy in canonical form (names decompressed and lower case).
#include "dataplane/dns/rdata.h"

#include "dataplane/dns/dns.h"

// An address of Chaosnet is a name and sixteen bits (RFC 1035 §3.2.4, class CH).
static const struct dns_layout chaos_a = {.mnemonic = "A",
	.type = DNS_TYPE_A,
	.fields = {DNS_FIELD_NAME, DNS_FIELD_U16}};

static const struct dns_layout *layout_in_class(uint16_t type, uint16_t class)
{
	const struct dns_layout *l = dns_layout_of(type);
	if (!l || class == DNS_CLASS_IN || !l->in_only)
		return l;
	return type == DNS_TYPE_A && class == DNS_CLASS_CH ? &chaos_a : NULL;
}

// Appends to the canonical form, if one is written.
static bool put(struct dns_rdata_walk *w, const uint8_t *p, size_t n)
{
	if (!w->out)
		return true;
	if (n > (size_t)(w->out_end - w->out)) {
		w->full = true;
		return false;
	}
	memcpy(w->out, p, n);
	w->out += n;
	return true;
}

// Copies what was read since the last copy.
static bool copy_run(struct dns_rdata_walk *w)
{
	const uint8_t *from = w->copied;
	w->copied = w->c.at;
	return put(w, from, (size_t)(w->c.at - from));
}

bool dns_rdata_name(struct dns_rdata_walk *w)
{
	uint8_t name[DNS_NAME_SIZE];

	if (!copy_run(w))
		return false;
	size_t size = dns_names_copy(w->names, &w->c, name);
	w->copied = w->c.at;
	return size > 0 && put(w, name, size);
}

// Every field that is a plain run of octets, by how it says its length.
static bool walk_field(struct dns_rdata_walk *w, enum dns_field field)
{
	struct cursor *c = &w->c;
	size_t size = dns_layout_field_size(field);

	if (size > 0)
		return cursor_take(c, size) != NULL;
	switch (field) {
	case DNS_FIELD_NAME:
		return dns_rdata_name(w);
	case DNS_FIELD_STRING:
	case DNS_FIELD_TAG:
	case DNS_FIELD_HEX8:
	case DNS_FIELD_BASE32_8:
		cursor_skip(c, cursor_u8(c));
		return !c->bad;
	case DNS_FIELD_STRING_OPTIONAL:
		if (cursor_left(c) > 0)
			cursor_skip(c, cursor_u8(c));
		return !c->bad;
	case DNS_FIELD_BASE64_16:
	case DNS_FIELD_SIZED64:
		cursor_skip(c, cursor_u16(c));
		return !c->bad;
	case DNS_FIELD_TEXT:
	case DNS_FIELD_HEX:
	case DNS_FIELD_HEX0X:
	case DNS_FIELD_BASE64:
	case DNS_FIELD_BASE64_DASH:
	case DNS_FIELD_PORTS:
	case DNS_FIELD_OPAQUE:
		cursor_skip(c, cursor_left(c));
		return true;
	default:
		return dns_rdata_special(w, field);
	}
}

static bool walk(struct dns_rdata_walk *w, const struct dns_layout *l)
{
	size_t size = cursor_left(&w->c);

	for (const uint8_t *f = l->fields; *f != DNS_FIELD_END; f++)
		if (!walk_field(w, *f))
			return false;
	return cursor_left(&w->c) == 0 && copy_run(w) && dns_rdata_rules(w->start, size, l->type);
}

bool dns_rdata_check(struct cursor c, uint16_t type, uint16_t class, struct dns_names *names)
{
	const struct dns_layout *l = layout_in_class(type, class);

	if (!l || l->lenient)
		return true;
	struct dns_rdata_walk w = {.c = c, .names = names, .start = c.at, .copied = c.at};
	return walk(&w, l);
}

static size_t copy_opaque(const struct cursor *c, uint8_t *out, size_t out_size)
{
	size_t size = cursor_left(c);
	if (size > out_size)
		return SIZE_MAX;
	memcpy(out, c->at, size);
	return size;
}

size_t dns_rdata_read(struct cursor c, uint16_t type, uint16_t class, struct dns_names *names, uint8_t *out,
	size_t out_size)
{
	const struct dns_layout *l = layout_in_class(type, class);

	if (!l)
		return copy_opaque(&c, out, out_size);
	struct dns_rdata_walk w =
		{.c = c, .names = names, .start = c.at, .out = out, .out_end = out + out_size, .copied = c.at};
	if (walk(&w, l))
		return (size_t)(w.out - out);
	return l->lenient && !w.full ? copy_opaque(&c, out, out_size) : SIZE_MAX;
}

// SPDX-License-Identifier: BSD-3-Clause
// Records as text: names, types, RDATA by the layout of its type.
#include "collector/text/text.h"

#include "collector/text/out.h"
#include "dataplane/common/wire_name.h"

// Room for the final zero is kept back.
static struct text_out out_make(char *out, size_t size)
{
	return (struct text_out){.at = out, .end = out + size - 1, .full = false};
}

static size_t out_finish(struct text_out *o, char *start)
{
	if (o->full)
		o->at = start;
	*o->at = '\0';
	return (size_t)(o->at - start);
}

size_t text_name(const uint8_t *wire, size_t size, char out[static TEXT_NAME_SIZE])
{
	struct text_out o = out_make(out, TEXT_NAME_SIZE);
	struct cursor c = cursor_make(wire, size);

	if (!text_put_name(&o, &c))
		o.at = out;
	return out_finish(&o, out);
}

size_t text_type(uint16_t type, char out[static TEXT_TYPE_SIZE])
{
	struct text_out o = out_make(out, TEXT_TYPE_SIZE);
	text_put_type(&o, type);
	return out_finish(&o, out);
}

size_t text_address(const uint8_t *address, size_t size, char out[static TEXT_ADDRESS_SIZE])
{
	struct text_out o = out_make(out, TEXT_ADDRESS_SIZE);

	if (size == 4)
		text_put_ipv4(&o, address);
	else if (size == 16)
		text_put_ipv6(&o, address);
	return out_finish(&o, out);
}

// RFC 3597 §5.
static void put_opaque(struct text_out *o, const uint8_t *rdata, size_t size)
{
	text_put_word(o, "\\# ");
	text_put_number(o, size);
	if (size > 0)
		text_put_char(o, ' ');
	text_put_hex(o, rdata, size);
}

// Fields with a space between them. Fields that turn out empty leave no space at the end.
static bool put_layout(struct text_out *o, struct cursor *c, const struct dns_layout *l)
{
	const char *start = o->at;

	for (const uint8_t *f = l->fields; *f != DNS_FIELD_END; f++) {
		if (f != l->fields)
			text_put_char(o, ' ');
		if (!text_put_field(o, c, *f))
			return false;
	}
	while (o->at > start && o->at[-1] == ' ')
		o->at--;
	return cursor_left(c) == 0 && !c->bad;
}

// The few types that make up most of the traffic, without the table.
static bool put_common(struct text_out *o, struct cursor *c, uint16_t type)
{
	switch (type) {
	case DNS_TYPE_A:
		return text_put_field(o, c, DNS_FIELD_IPV4) && cursor_left(c) == 0;
	case DNS_TYPE_AAAA:
		return text_put_field(o, c, DNS_FIELD_IPV6) && cursor_left(c) == 0;
	case DNS_TYPE_NS:
	case DNS_TYPE_CNAME:
	case DNS_TYPE_PTR:
		return text_put_name(o, c) && cursor_left(c) == 0;
	default:
		return false;
	}
}

size_t text_rdata(uint16_t type, const uint8_t *rdata, size_t size, char *out, size_t out_size)
{
	if (out_size == 0)
		return 0;
	struct text_out o = out_make(out, out_size);
	struct cursor c = cursor_make(rdata, size);
	if (put_common(&o, &c, type))
		return out_finish(&o, out);

	const struct dns_layout *l = dns_layout_of(type);
	bool opaque = !l || (l->lenient && size == 0);
	o = out_make(out, out_size);
	c = cursor_make(rdata, size);
	if (opaque || !put_layout(&o, &c, l)) {
		o = out_make(out, out_size);
		put_opaque(&o, rdata, size);
	}
	return out_finish(&o, out);
}

// Octets before the name that the record points to; SIZE_MAX if there is none.
static size_t target_offset(uint16_t type)
{
	const struct dns_layout *l = dns_layout_of(type);
	size_t offset = 0;

	if (!l || l->points_by == 0)
		return SIZE_MAX;
	for (unsigned i = 0; i + 1 < l->points_by; i++)
		offset += dns_layout_field_size(l->fields[i]);
	return offset;
}

const uint8_t *text_rdata_target(uint16_t type, const uint8_t *rdata, size_t size, size_t *target_size)
{
	size_t offset = target_offset(type);

	if (offset >= size)
		return NULL;
	*target_size = wire_name_size(rdata + offset, size - offset);
	return *target_size > 0 ? rdata + offset : NULL;
}

// SPDX-License-Identifier: BSD-3-Clause
// The rarer parts of ordinary answers (answer.h): other types than addresses and CNAME, the zones above the
// question's name, their name servers and the addresses of these.
#include "dataplane/loop/answer.h"

enum { SERVERS_MAX = ANSWER_RECORDS_MAX };

// The target of an NS record, which may have glue.
struct server {
	size_t offset; // in the message
	bool has_glue; // it is the zone or below it
};

struct delegation {
	struct answer_owner zone;	     // of the last authority record
	uint8_t zone_name[ANSWER_NAME_SIZE]; // its name
	uint32_t servers_len;
	struct server servers[SERVERS_MAX];
};

// Checks, canonicalizes and prepares the record at `p` of the given owner, class IN. Returns its octets, or 0 if it is malformed
// or its key too long for the pipeline.
static size_t prepare(const struct answer_context *x, struct table_pending *slot, const struct answer_owner *o,
	const uint8_t *p, const uint8_t *end)
{
	uint16_t type = cursor_load16(p + 2);
	size_t rdata_size = cursor_load16(p + 10);
	struct cursor c = {.base = x->wire, .at = p + ANSWER_FIXED_SIZE, .end = p + ANSWER_FIXED_SIZE + rdata_size};

	if (rdata_size > (size_t)(end - p) - ANSWER_FIXED_SIZE)
		return 0;
	uint8_t *rdata = answer_key(slot, o, type);
	size_t size =
		dns_rdata_read(c, type, DNS_CLASS_IN, NULL, rdata, TABLE_KEY_SHORT - TABLE_KEY_HEAD - (size_t)o->size);
	if (size == SIZE_MAX)
		return 0;
	memset(rdata + size, 0,
		TABLE_FIRST_LINE +
			8); // RDATA that does not fit its layout may have been written in part before it is kept as opaque
	table_prepared(x->table, slot, TABLE_KEY_HEAD + o->size + size, table_hash(x->key, o->hash, type, rdata, size),
		x->time_s);
	return ANSWER_FIXED_SIZE + rdata_size;
}

// Counts the record at `p`, which is left out for its type. Returns its octets, or 0 if it is malformed.
static size_t leave_out(const struct answer_context *x, struct answer *a, const uint8_t *p, const uint8_t *end)
{
	uint16_t type = cursor_load16(p + 2);
	size_t rdata_size = cursor_load16(p + 10);
	struct cursor c = {.base = x->wire, .at = p + ANSWER_FIXED_SIZE, .end = p + ANSWER_FIXED_SIZE + rdata_size};

	if (rdata_size > (size_t)(end - p) - ANSWER_FIXED_SIZE || type == DNS_TYPE_OPT || type == DNS_TYPE_TSIG ||
		!dns_rdata_check(c, type, DNS_CLASS_IN, NULL))
		return 0;
	a->skipped++;
	return ANSWER_FIXED_SIZE + rdata_size;
}

static size_t take(const struct answer_context *x, struct answer *a, const struct answer_owner *o, const uint8_t *p,
	const uint8_t *end)
{
	size_t taken = prepare(x, table_prepare(x->table, a->records), o, p, end);

	a->records += taken > 0;
	return taken;
}

static bool type_is_taken(const struct answer_context *x, uint16_t type)
{
	return x->options->type[type / 64] >> (type % 64) & 1;
}

size_t answer_other(const struct answer_context *x, struct answer *a, const struct answer_owner *o, const uint8_t *p,
	const uint8_t *end)
{
	uint16_t type = cursor_load16(p + 2);

	if (cursor_load16(p + 4) != DNS_CLASS_IN || type == DNS_TYPE_DNAME || type == DNS_TYPE_OPT ||
		type == DNS_TYPE_TSIG)
		return 0;
	return type_is_taken(x, type) ? take(x, a, o, p, end) : leave_out(x, a, p, end);
}

// The zone that owns an authority record: a pointer to a label of the question's name.
static bool read_zone(const struct answer_context *x, struct delegation *d, const uint8_t *p)
{
	size_t offset = cursor_load16(p) ^ 0xc000u, at = DNS_HEADER_SIZE;

	if (d->zone.size > 0 && d->zone.pointer == answer_raw16(p))
		return true;
	while (at < offset && x->wire[at] != 0)
		at = wire_name_next(x->wire, at);
	if (at != offset || x->wire[at] == 0)
		return false;
	answer_own(&d->zone, x->key, x->wire + at, answer_name_size(x->wire, at, x->size), at);
	octets_store(d->zone_name, d->zone.block[0]);
	octets_store(d->zone_name + OCTETS, d->zone.block[1]);
	return true;
}

// Remembers the target of the NS at `p`, whose RDATA was checked and fits a key.
static bool read_server(const struct answer_context *x, struct delegation *d, const uint8_t *p)
{
	struct server *s = &d->servers[d->servers_len++];
	struct cursor c = {.base = x->wire, .at = p + ANSWER_FIXED_SIZE, .end = x->wire + x->size};
	uint8_t name[DNS_NAME_SIZE];

	s->offset = (size_t)(c.at - x->wire);
	size_t size = dns_name_read(&c, name);
	s->has_glue = dns_name_is_under(name, size, d->zone_name, d->zone.size);
	return size > 0;
}

static size_t take_authority(const struct answer_context *x, struct answer *a, struct delegation *d, const uint8_t *p,
	const uint8_t *end)
{
	if (end - p < ANSWER_FIXED_SIZE || cursor_load16(p + 4) != DNS_CLASS_IN || !read_zone(x, d, p))
		return 0;
	uint16_t type = cursor_load16(p + 2);
	if (type != DNS_TYPE_NS && type != DNS_TYPE_SOA && type != DNS_TYPE_DS)
		return leave_out(x, a, p, end);
	if (!type_is_taken(x, type)) // if NS are left out, their glue may still be taken
		return type == DNS_TYPE_NS ? 0 : leave_out(x, a, p, end);
	size_t taken = take(x, a, &d->zone, p, end);
	return taken > 0 && type == DNS_TYPE_NS && !read_server(x, d, p) ? 0 : taken;
}

// A record of a server that an NS has named: its owner is a pointer to that name.
static size_t take_glue(const struct answer_context *x, struct answer *a, const struct delegation *d, const uint8_t *p,
	const uint8_t *end)
{
	const struct server *s = d->servers, *last = d->servers + d->servers_len;

	if (end - p < ANSWER_FIXED_SIZE || cursor_load16(p + 4) != DNS_CLASS_IN)
		return 0;
	while (s < last && s->offset + 0xc000 != cursor_load16(p))
		s++;
	if (s == last)
		return 0;
	// read through its own pointer: whatever the type, the name must be sound
	uint8_t name[DNS_NAME_SIZE];
	struct cursor c = {.base = x->wire, .at = p, .end = end};
	size_t size = dns_name_read(&c, name);
	if (size == 0)
		return 0;
	uint16_t type = cursor_load16(p + 2);
	if (type != DNS_TYPE_A && type != DNS_TYPE_AAAA)
		return leave_out(x, a, p, end);
	if (!s->has_glue || size > ANSWER_NAME_SIZE) // out of bailiwick, unless another server has the same name
		return 0;
	struct answer_owner owner;
	answer_own(&owner, x->key, name, size, s->offset);
	return take(x, a, &owner, p, end);
}

bool answer_sections(const struct answer_context *x, struct answer *a, const uint8_t *p, const uint8_t *end)
{
	uint32_t authorities = cursor_load16(x->wire + 8), additionals = cursor_load16(x->wire + 10);
	struct delegation d;

	if (!x->options->section[DNS_AUTHORITY] || a->records + authorities + additionals > ANSWER_RECORDS_MAX)
		return false;
	d.zone.size = d.servers_len = 0;
	for (; authorities > 0; authorities--) {
		size_t taken = take_authority(x, a, &d, p, end);
		if (taken == 0)
			return false;
		p += taken;
	}
	for (; additionals > 0; additionals--) {
		if (additionals == 1 && p < end && *p == 0) {
			a->skipped++;
			return answer_opt(x->wire, p, end);
		}
		size_t taken = take_glue(x, a, &d, p, end);
		if (taken == 0)
			return false;
		p += taken;
	}
	return p == end;
}

// SPDX-License-Identifier: BSD-3-Clause
// The rarer records of ordinary answers (answer.h): other types than addresses and CNAME, and the SOA
// of a negative answer.
#include "dataplane/answer.h"

// The record at `p` of the owner given, class IN, checked, canonicalized and prepared. Returns its
// octets, or 0 where it is not sound or its key too long for the pipeline.
static size_t prepare(const struct answer_context *x, struct table_pending *slot, const struct answer_owner *o, const uint8_t *p,
	const uint8_t *end)
{
	uint16_t type = cursor_load16(p + 2);
	size_t rdata_size = cursor_load16(p + 10);
	struct cursor c = {.base = x->wire, .at = p + ANSWER_FIXED_SIZE, .end = p + ANSWER_FIXED_SIZE + rdata_size};

	if (rdata_size > (size_t)(end - p) - ANSWER_FIXED_SIZE)
		return 0;
	uint8_t *rdata = answer_key(slot, o, type);
	size_t size = dns_rdata_read(c, type, DNS_CLASS_IN, rdata, TABLE_KEY_SHORT - TABLE_KEY_HEAD - (size_t)o->size);
	if (size == SIZE_MAX)
		return 0;
	memset(rdata + size, 0, TABLE_FIRST_LINE + 8); // what does not fit its type's layout is longer before it is kept as it stands
	table_prepared(x->table, slot, TABLE_KEY_HEAD + o->size + size, table_hash(x->key, o->hash, type, rdata, size), x->time_s);
	return ANSWER_FIXED_SIZE + rdata_size;
}

size_t answer_other(const struct answer_context *x, struct table_pending *slot, const struct answer_owner *o, const uint8_t *p,
	const uint8_t *end)
{
	uint16_t type = cursor_load16(p + 2);

	if (cursor_load16(p + 4) != DNS_CLASS_IN || type == DNS_TYPE_DNAME || !(x->options->type[type / 64] >> (type % 64) & 1))
		return 0;
	return prepare(x, slot, o, p, end);
}

size_t answer_negative(const struct answer_context *x, struct table_pending *slot, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *wire = x->wire;
	size_t at = DNS_HEADER_SIZE;
	struct answer_owner zone;

	if (end - p < ANSWER_FIXED_SIZE || cursor_load16(p + 2) != DNS_TYPE_SOA || cursor_load16(p + 4) != DNS_CLASS_IN ||
		!x->options->section[DNS_AUTHORITY] || !(x->options->type[0] >> DNS_TYPE_SOA & 1))
		return 0;
	// the owner: a pointer to a label of the question's name
	size_t offset = cursor_load16(p) ^ 0xc000u;
	while (at < offset && wire[at] != 0)
		at += 1 + (size_t)wire[at];
	if (at != offset || wire[at] == 0)
		return 0;
	answer_own(&zone, x->key, wire + at, answer_name_size(wire, at, (size_t)(end - wire)), at);
	return prepare(x, slot, &zone, p, end);
}

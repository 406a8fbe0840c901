// SPDX-License-Identifier: BSD-3-Clause
// The fast path of a DNS message: an ordinary answer, read in one pass from the wire to the table's keys. Ordinary is:
//
//     header      a response, NOERROR or NXDOMAIN, one question of class IN
//     answer      records of the question's name; or a chain of CNAMEs in order, and the records of its last name
//     authority   nothing, or NS, SOA and DS of zones above the question's name
//     additional  glue of these NS, then an OPT or nothing
//
// Most responses from and to a resolver are ordinary. Between these records there may be others whose type is skipped
// (RRSIG). Every other message, and every malformed one, is left to message.h: dns_parse and admit_message have all the rules.
// Both paths lead to the same records, keys and hashes; tests/fuzz/dns.c compares them.
// Inlined into the loop. Source: RFC 1034 §3.6.2, RFC 1035 §4.1, RFC 6891 §6.1.
#pragma once

#include "dataplane/admit/admit.h"
#include "dataplane/dns/dns.h"
#include "dataplane/base/octets.h"
#include "dataplane/table/inline.h"

enum {
	ANSWER_RECORDS_MAX = TABLE_BATCH, // per message; more are not ordinary
	ANSWER_NAME_SIZE = 2 * OCTETS,	  // wire form; longer names are not ordinary
	ANSWER_FIXED_SIZE = 12,		  // pointer, type, class, TTL, RDLENGTH
	ANSWER_A_SIZE = ANSWER_FIXED_SIZE + 4,
	ANSWER_AAAA_SIZE = ANSWER_FIXED_SIZE + 16,
	ANSWER_OPT_SIZE = 11 // root, type, class, TTL, RDLENGTH
};

// The result: what is prepared in the table's pipeline, and not yet added.
struct answer {
	uint32_t records;
	uint32_t skipped; // records left out for their type, OPT among them
};

// A message, and what it is read with.
struct answer_context {
	struct table *table;
	const struct hash_key *key;
	const struct admit_options *options; // must take answers, additionals, A, AAAA and CNAME
	const uint8_t *wire;
	size_t size; // of the message
	size_t room; // octets that can be read from `wire`, at least `size`; those after the message may hold anything
	size_t name_size; // of the question's name, uncompressed and at most ANSWER_NAME_SIZE; 0: unknown
	uint32_t time_s;  // of the message
};

// A name that owns records: lower case, followed by zeros.
struct answer_owner {
	octets block[2];
	uint64_t hash;
	uint32_t size;	  // wire length
	uint16_t pointer; // the compression pointer to it, in network byte order
};

#define answer_likely(x) __builtin_expect(!!(x), 1)
#define answer_unlikely(x) __builtin_expect(!!(x), 0)
#define answer_inline static inline __attribute__((always_inline))

answer_inline uint16_t answer_raw16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

// Size of the uncompressed name at `at`, which ends before `end`; 0 if it is not ordinary. A walk of its own instead of
// wire_name_size, because that takes four instructions more per response here.
answer_inline size_t answer_name_size(const uint8_t *wire, size_t at, size_t end)
{
	size_t from = at, limit = from + ANSWER_NAME_SIZE < end ? from + ANSWER_NAME_SIZE : end;

	while (at < limit) {
		uint8_t label = wire[at];
		if (label == 0)
			return at + 1 - from;
		if (answer_unlikely(label > WIRE_LABEL_SIZE))
			return 0;
		at += 1 + (size_t)label;
	}
	return 0;
}

// The size of the question's name for answer_context; its whole size is `question_size`, or 0.
answer_inline size_t answer_name_of(size_t question_size)
{
	size_t size = question_size - DNS_QUESTION_FIXED_SIZE;

	return size <= ANSWER_NAME_SIZE ? size : 0;
}

// The name of `size` octets at `p`, of which ANSWER_NAME_SIZE can be read.
answer_inline void answer_own(struct answer_owner *o, const struct hash_key *key, const uint8_t *p, size_t size,
	size_t offset)
{
	uint8_t name[ANSWER_NAME_SIZE];

	o->size = (uint32_t)size;
	o->pointer = htobe16((uint16_t)(0xc000 | offset));
	o->block[0] = octets_lower(octets_load(p)) & octets_within(size, 0);
	octets_store(name, o->block[0]);
	if (answer_unlikely(size > OCTETS)) {
		o->block[1] = octets_lower(octets_load(p + OCTETS)) & octets_within(size, 1);
		octets_store(name + OCTETS, o->block[1]);
	} else {
		o->block[1] = (octets){0};
	}
	o->hash = hash_padded(key, name, size);
}

// Writes head and owner of a key, followed by zeros. Returns where the RDATA goes.
answer_inline uint8_t *answer_key(struct table_pending *p, const struct answer_owner *o, uint16_t type)
{
	uint32_t head = type | o->size << 16;
	uint8_t *name = p->key + TABLE_KEY_HEAD;

	memcpy(p->key, &head, sizeof(head));
	octets_store(name, o->block[0]);
	octets_store(name + OCTETS, o->block[1]);
	if (answer_unlikely(o->size > OCTETS))
		octets_store(name + 2 * OCTETS, (octets){0});
	return name + o->size;
}

// The target of a CNAME, whose RDATA is wire[at, end): labels, and at most one pointer, to labels that end before them. Written
// to `to` in lower case, followed by zeros up to ANSWER_NAME_SIZE. Returns its size, or 0. ANSWER_NAME_SIZE octets can be read
// from each place of the message on.
answer_inline size_t answer_target(uint8_t *to, const uint8_t *wire, size_t at, size_t end)
{
	uint8_t name[2 * ANSWER_NAME_SIZE];
	size_t limit = end - at < ANSWER_NAME_SIZE ? end - at : ANSWER_NAME_SIZE;
	size_t size = wire_name_end(wire + at, limit);

	if (size >= limit)
		return 0;
	octets_store(name, octets_load(wire + at));
	octets_store(name + OCTETS, octets_load(wire + at + OCTETS));
	if (wire[at + size] == 0) {
		if (at + ++size != end)
			return 0;
	} else {
		if ((wire[at + size] & 0xc0) != 0xc0 || at + size + 2 != end)
			return 0;
		size_t from = (size_t)(wire[at + size] & 0x3f) << 8 | wire[at + size + 1];
		if (from < DNS_HEADER_SIZE || from >= at)
			return 0;
		size_t more = answer_name_size(wire, from, at);
		if (more == 0)
			return 0;
		octets_store(name + size, octets_load(wire + from));
		octets_store(name + size + OCTETS, octets_load(wire + from + OCTETS));
		size += more;
	}
	if (size > ANSWER_NAME_SIZE)
		return 0;
	octets_store(to, octets_lower(octets_load(name)) & octets_within(size, 0));
	octets_store(to + OCTETS,
		size > OCTETS ? octets_lower(octets_load(name + OCTETS)) & octets_within(size, 1) : (octets){0});
	return size;
}

// Prepares the CNAME at `p`; its target is the owner from now on. Returns the octets of the record, or 0.
answer_inline size_t answer_cname(const struct answer_context *x, struct table_pending *slot, struct answer_owner *o,
	const uint8_t *p, const uint8_t *end)
{
	size_t rdata_size = cursor_load16(p + 10), at = (size_t)(p + ANSWER_FIXED_SIZE - x->wire);
	uint8_t target[ANSWER_NAME_SIZE];

	if (rdata_size > (size_t)(end - p) - ANSWER_FIXED_SIZE || at > 0x3fff)
		return 0;
	size_t size = answer_target(target, x->wire, at, at + rdata_size);
	if (size == 0)
		return 0;
	uint8_t *rdata = answer_key(slot, o, DNS_TYPE_CNAME);
	octets_store(rdata, octets_load(target));
	octets_store(rdata + OCTETS, octets_load(target + OCTETS));
	octets_store(rdata + ANSWER_NAME_SIZE,
		(octets){0}); // up to a multiple of eight, where owner and target are long
	table_prepared(x->table, slot, TABLE_KEY_HEAD + o->size + size,
		table_hash(x->key, o->hash, DNS_TYPE_CNAME, target, size), x->time_s);
	answer_own(o, x->key, target, size, at);
	return ANSWER_FIXED_SIZE + rdata_size;
}

// The OPT at the end. False if it is malformed, or if its extended RCODE says that the response is an error.
answer_inline bool answer_opt(const uint8_t *wire, const uint8_t *p, const uint8_t *end)
{
	if (end - p < ANSWER_OPT_SIZE || p[0] != 0 || cursor_load16(p + 1) != DNS_TYPE_OPT || p[5] != 0)
		return false;
	size_t rdata_size = cursor_load16(p + 9);
	if ((size_t)(end - p) != ANSWER_OPT_SIZE + rdata_size)
		return false;
	struct cursor options = {.base = wire, .at = p + ANSWER_OPT_SIZE, .end = end};
	return answer_likely(rdata_size == 0) || dns_rdata_check(options, DNS_TYPE_OPT, cursor_load16(p + 3), NULL);
}

// answer.c: another record of the owner at `p`, prepared or left out for its type. Returns its octets, or 0.
size_t answer_other(const struct answer_context *x, struct answer *a, const struct answer_owner *o, const uint8_t *p,
	const uint8_t *end);

// answer.c: authority and additional section, from `p` on. False if they are not ordinary.
bool answer_sections(const struct answer_context *x, struct answer *a, const uint8_t *p, const uint8_t *end);

// The record at `p`, which is prepared in `slot` if it is an A or AAAA record of the owner. Returns its octets, or 0.
answer_inline size_t answer_address(const struct answer_context *x, struct table_pending *slot,
	const struct answer_owner *o, const uint8_t *p, const uint8_t *end)
{
	uint32_t type_class = hash_load32(p + 2);
	uint16_t rdata_size = answer_raw16(p + 10);

	if (answer_likely(type_class == htobe32(DNS_TYPE_A << 16 | DNS_CLASS_IN) && rdata_size == htobe16(4) &&
			  end - p >= ANSWER_A_SIZE)) {
		uint32_t address = hash_load32(p + ANSWER_FIXED_SIZE);
		memcpy(answer_key(slot, o, DNS_TYPE_A), &address, sizeof(address));
		table_prepared(x->table, slot, TABLE_KEY_HEAD + o->size + 4, table_hash_a(x->key, o->hash, address),
			x->time_s);
		return ANSWER_A_SIZE;
	}
	if (type_class == htobe32(DNS_TYPE_AAAA << 16 | DNS_CLASS_IN) && rdata_size == htobe16(16) &&
		end - p >= ANSWER_AAAA_SIZE) {
		memcpy(answer_key(slot, o, DNS_TYPE_AAAA), p + ANSWER_FIXED_SIZE, 16);
		table_prepared(x->table, slot, TABLE_KEY_HEAD + o->size + 16,
			table_hash_sixteen(x->key, o->hash, DNS_TYPE_AAAA, p + ANSWER_FIXED_SIZE), x->time_s);
		return ANSWER_AAAA_SIZE;
	}
	return 0;
}

// Any other record at `p`, the n-th of the message that is prepared: prepared, or left out for its type, which sets `*skipped`
// to 1. A CNAME makes its target the owner. Returns its octets, or 0 if it is not ordinary.
answer_inline size_t answer_record(const struct answer_context *x, struct table_pending *slot, struct answer_owner *o,
	uint32_t n, const uint8_t *p, const uint8_t *end, uint32_t *skipped)
{
	if (hash_load32(p + 2) == htobe32(DNS_TYPE_CNAME << 16 | DNS_CLASS_IN))
		return answer_cname(x, slot, o, p, end);
	const struct answer_context x_here = *x; // copies, so that x and o can stay in registers
	const struct answer_owner o_here = *o;
	struct answer a_here = {.records = n};
	size_t taken = answer_other(&x_here, &a_here, &o_here, p, end);
	*skipped = a_here.skipped;
	return taken;
}

// True if the message is an ordinary answer: its records are then prepared in the table's pipeline, and table_commit adds
// them. The caller has begun a message (table_next_message). False: nothing has changed.
answer_inline bool answer_read(struct answer *a, const struct answer_context *x)
{
	const uint8_t *wire = x->wire;
	size_t size = x->size;

	if (answer_unlikely(size < DNS_HEADER_SIZE + 5 || size > DNS_MESSAGE_SIZE || x->room < size + ANSWER_NAME_SIZE))
		return false;
	uint64_t head = be64toh(hash_load64(wire)); // ID, flags, QDCOUNT, ANCOUNT
	uint32_t answers = (uint32_t)(head & 0xffff), others = hash_load32(wire + 8);
	const uint64_t fixed =
		(uint64_t)(DNS_FLAG_QR | DNS_FLAG_OPCODE | DNS_FLAG_TC | DNS_FLAG_RCODE) << 32 | 0xffff0000;
	head = (head & fixed) ^ ((uint64_t)DNS_FLAG_QR << 32 | 0x10000);
	if (answer_unlikely((head != 0 && head != (uint64_t)DNS_RCODE_NXDOMAIN << 32) ||
			    answers >= ANSWER_RECORDS_MAX || (others & ~htobe32(0xf000f)) != 0))
		return false;
	size_t owner_size = x->name_size ? x->name_size : answer_name_size(wire, DNS_HEADER_SIZE, size);
	const uint8_t *p = wire + DNS_HEADER_SIZE + owner_size, *end = wire + size;
	if (answer_unlikely(owner_size == 0 || end - p < 4 || cursor_load16(p + 2) != DNS_CLASS_IN))
		return false;
	struct answer_owner owner;
	answer_own(&owner, x->key, wire + DNS_HEADER_SIZE, owner_size, DNS_HEADER_SIZE);
	p += 4;
	for (uint32_t n = 0; n < answers; n++) {
		struct table_pending *slot = table_prepare(x->table, n);
		if (answer_unlikely(end - p < ANSWER_FIXED_SIZE || answer_raw16(p) != owner.pointer))
			return false;
		size_t taken = answer_address(x, slot, &owner, p, end);
		if (answer_unlikely(taken == 0)) {
			uint32_t skipped = 0;
			taken = answer_record(x, slot, &owner, n, p, end, &skipped);
			if (taken == 0)
				return false;
			answers -= skipped;
			n -= skipped; // the next record takes its place
		}
		p += taken;
	}
	a->records = answers;
	a->skipped = cursor_load16(wire + 6) - answers;
	if (answer_likely((others & ~htobe32(1)) == 0)) {
		a->skipped += others != 0;
		return others != 0 ? answer_opt(wire, p, end) : p == end;
	}
	const struct answer_context x_here = *x;
	struct answer a_here = *a;
	bool taken = answer_sections(&x_here, &a_here, p, end);
	*a = a_here;
	return taken;
}

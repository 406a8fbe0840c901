// SPDX-License-Identifier: BSD-3-Clause
// Header, question and records of a message, checked to the last octet.
#include "dataplane/dns/dns.h"

#include <stdlib.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

enum {
	FIXED_SIZE = 10,			    // type, class, TTL, RDLENGTH, RFC 1035 §4.1.3
	QUESTION_POINTER = 0xc000 | DNS_HEADER_SIZE // to the question's name
};

struct dns_message *dns_message_new(const struct hash_key *key)
{
	struct dns_message *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->names = dns_names_new(key);
	if (!m->names) {
		free(m);
		return NULL;
	}
	return m;
}

void dns_message_free(struct dns_message *m)
{
	if (m) {
		dns_names_free(m->names);
		free(m);
	}
}

// The verdict by the twelve octets of the header only.
static enum dns_verdict check_header(const struct dns_message *m, uint16_t questions)
{
	if (!(m->flags & DNS_FLAG_QR))
		return DNS_QUERY;
	if ((m->flags & DNS_FLAG_OPCODE) != DNS_OPCODE_QUERY || questions != 1)
		return DNS_NOT_QUERY_ANSWER;
	if (m->flags & DNS_FLAG_TC)
		return DNS_TRUNCATED;
	uint16_t rcode = m->flags & DNS_FLAG_RCODE;
	if (rcode != DNS_RCODE_NOERROR && rcode != DNS_RCODE_NXDOMAIN)
		return DNS_ERROR_RCODE;
	return DNS_TAKEN;
}

// Rules of the two records that describe the message itself: RFC 6891 §6.1.1 (OPT: one, in the
// additional section, owned by the root) and RFC 8945 §5.1 (TSIG: last, class ANY).
static bool check_special(const struct dns_message *m, const struct dns_record *r, bool last, bool *opt_seen)
{
	if (r->type == DNS_TYPE_OPT) {
		if (r->section != DNS_ADDITIONAL || *opt_seen || dns_names_get(m->names, r->owner)->size != 1)
			return false;
		*opt_seen = true;
	} else if (r->type == DNS_TYPE_TSIG) {
		return r->section == DNS_ADDITIONAL && r->class == DNS_CLASS_ANY && last;
	}
	return true;
}

// RDATA of the types that nearly all records have, without a lookup in the table.
static inline bool check_rdata(struct dns_names *names, const uint8_t *base, const uint8_t *rdata,
	const struct dns_record *r)
{
	if (likely(r->class == DNS_CLASS_IN)) {
		if (likely(r->type == DNS_TYPE_A))
			return r->rdata_size == 4;
		if (r->type == DNS_TYPE_AAAA)
			return r->rdata_size == 16;
	}
	if (r->type == DNS_TYPE_OPT && r->rdata_size == 0)
		return true;
	struct cursor within = {.base = base, .at = rdata, .end = rdata + r->rdata_size};
	return dns_rdata_check(within, r->type, r->class, names);
}

// The owner of a record: nearly always the pointer C00C to the question's name.
static inline uint16_t read_owner(struct dns_message *m, struct cursor *c)
{
	if (likely(cursor_left(c) >= 2 && cursor_load16(c->at) == QUESTION_POINTER)) {
		c->at += 2;
		return 0;
	}
	return dns_names_read(m->names, c);
}

struct opt {
	bool seen;
	uint8_t rcode_high; // extended RCODE, RFC 6891 §6.1.3
};

// Reads one section. False if anything in it is not sound.
static bool read_section(struct dns_message *m, struct cursor *c, enum dns_section section, uint16_t len,
	struct opt *opt)
{
	if (len > DNS_RECORDS_MAX - m->records_len)
		return false;
	struct dns_record *r = &m->records[m->records_len], *end = r + len;
	for (; r < end; r++) {
		r->owner = read_owner(m, c);
		const uint8_t *fixed = c->at; // type, class, TTL, RDLENGTH
		size_t left = cursor_left(c);
		if (unlikely(left < FIXED_SIZE))
			return false;
		r->type = cursor_load16(fixed);
		r->class = cursor_load16(fixed + 2);
		r->rdata_size = cursor_load16(fixed + 8);
		r->section = (uint8_t)section;
		const uint8_t *rdata = fixed + FIXED_SIZE;
		r->rdata_at = (uint16_t)(rdata - c->base);
		if (unlikely(r->rdata_size > left - FIXED_SIZE) || unlikely(!check_rdata(m->names, c->base, rdata, r)))
			return false;
		c->at = rdata + r->rdata_size;
		if (unlikely(r->type == DNS_TYPE_OPT || r->type == DNS_TYPE_TSIG)) {
			if (!check_special(m, r, r + 1 == end, &opt->seen))
				return false;
			if (r->type == DNS_TYPE_OPT)
				opt->rcode_high = fixed[4];
		}
	}
	m->records_len = (uint16_t)(m->records_len + len);
	m->section_end[section] = m->records_len;
	return true;
}

enum dns_verdict dns_parse(struct dns_message *m, const uint8_t *wire, size_t size)
{
	if (size < DNS_HEADER_SIZE || size > DNS_MESSAGE_SIZE)
		return DNS_MALFORMED;
	m->wire = wire;
	m->size = size;
	m->id = cursor_load16(wire);
	m->flags = cursor_load16(wire + 2);
	enum dns_verdict verdict = check_header(m, cursor_load16(wire + 4));
	if (verdict != DNS_TAKEN)
		return verdict;

	struct cursor c = cursor_make(wire, size);
	c.at += DNS_HEADER_SIZE;
	if (!dns_names_first(m->names, &c) || cursor_left(&c) < DNS_QUESTION_FIXED_SIZE)
		return DNS_MALFORMED;
	m->qclass = cursor_load16(c.at + 2);
	c.at += DNS_QUESTION_FIXED_SIZE;
	struct opt opt = {0};
	m->records_len = 0;
	if (!read_section(m, &c, DNS_ANSWER, cursor_load16(wire + 6), &opt) ||
		!read_section(m, &c, DNS_AUTHORITY, cursor_load16(wire + 8), &opt) ||
		!read_section(m, &c, DNS_ADDITIONAL, cursor_load16(wire + 10), &opt))
		return DNS_MALFORMED;
	if (cursor_left(&c) != 0)
		return DNS_MALFORMED;
	if (opt.rcode_high != 0)
		return DNS_ERROR_RCODE;
	return m->qclass == DNS_CLASS_IN ? DNS_TAKEN : DNS_NOT_QUERY_ANSWER;
}

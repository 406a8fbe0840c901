// SPDX-License-Identifier: BSD-3-Clause
// Bailiwick: which records of a message belong to what was asked. All others are counted as out_of_bailiwick (sort_out).
//
//     answer      records of the question's name, and of each name that CNAMEs and DNAMEs lead to
//     authority   NS, SOA and DS of a zone at or above one of these names
//     additional  addresses of the NS taken there, if the server's name is in that zone (glue)
//
// Rules and reasons: docs/admission.md. Names are marked first (enum name_mark), then records follow from the marks.
#include "dataplane/admit/admit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/common/dns_layout.h"

enum name_mark {
	NAME_REACHED = 1, // the question's name, or reached from it
	NAME_ABOVE = 2,	  // a reached name, or an ancestor of one
	NAME_GLUE = 4	  // target of an NS that was taken, at or under that NS's owner
};

enum {
	WALK_FEW = 64,	       // ancestors that a message may have walked before they are remembered
	TARGET_OCTETS = 32768, // of the names of CNAMEs' targets, and of servers: further ones are not followed
	PASSED_LEN = 1 << 16   // a power of two; a message has half as many labels at most
};

struct passed {
	uint64_t hash;	// of an ancestor that was walked past
	uint32_t round; // of the message; others are stale
};

struct admit {
	uint8_t mark[DNS_NAMES_MAX];	   // enum name_mark, by name index
	uint16_t first_of[DNS_NAMES_MAX];  // first answer record + 1 that the name owns, by name index
	uint16_t next_of[DNS_RECORDS_MAX]; // next answer record + 1 of the same owner
	uint16_t queue[DNS_NAMES_MAX];	   // reached names whose records are still to be looked at
	uint8_t admitted[DNS_RECORDS_MAX];
	uint16_t taken[DNS_RECORDS_MAX];
	uint8_t rdata[DNS_RDATA_SIZE]; // one canonical name at a time
	uint16_t marks_len;	       // marks in use, to be cleared
	uint32_t reached;	       // octets of the names that CNAMEs lead to
	uint32_t walked;	       // ancestors looked up in this message
	uint32_t round;		       // counts messages; makes forgetting O(1)
	struct passed passed[PASSED_LEN];
};

struct admit *admit_new(void)
{
	return calloc(1, sizeof(struct admit));
}

void admit_free(struct admit *a)
{
	free(a);
}

static bool type_is_taken(const struct admit_options *options, uint16_t type)
{
	return options->type[type / 64] >> (type % 64) & 1;
}

// Index of the name that is the whole RDATA of a CNAME, DNAME or NS. The record was checked.
static uint16_t target_of(struct admit *a, struct dns_message *m, const struct dns_record *r)
{
	struct cursor c = {.base = m->wire, .at = m->wire + r->rdata_at, .end = m->wire + r->rdata_at + r->rdata_size};
	uint16_t index = dns_names_read(m->names, &c);

	if (index != DNS_NAME_NONE && a->marks_len < dns_names_len(m->names)) {
		// a name that occurs only in RDATA is new: its mark begins clear
		memset(a->mark + a->marks_len, 0, dns_names_len(m->names) - a->marks_len);
		a->marks_len = (uint16_t)dns_names_len(m->names);
	}
	return index;
}

// True if the walk was at this name before in this message; if not, it is noted. By the keyed hash alone: of two names with
// the same 64 bits the second is not marked, and its records are not believed.
static bool passed_before(struct admit *a, uint64_t hash)
{
	size_t slot = hash % PASSED_LEN;

	for (; a->passed[slot].round == a->round; slot = (slot + 1) % PASSED_LEN)
		if (a->passed[slot].hash == hash)
			return true;
	a->passed[slot] = (struct passed){.hash = hash, .round = a->round};
	return false;
}

// Marks the ancestors of a reached name that occur in the message. Stops at an ancestor that an earlier walk has marked, so the
// work over a whole message is bounded by its labels.
static void mark_ancestors(struct admit *a, struct dns_message *m, uint16_t index)
{
	const struct dns_name *name = dns_names_get(m->names, index);
	const uint8_t *bytes = dns_names_bytes(m->names, index);

	for (size_t at = 0; at < name->size; at = wire_name_next(bytes, at)) {
		uint64_t hash = name->hash;
		uint16_t above = at == 0 ? index : dns_names_find(m->names, bytes + at, name->size - at, &hash);
		if (++a->walked > WALK_FEW && passed_before(a, hash))
			return;
		if (above != DNS_NAME_NONE) {
			if (a->mark[above] & NAME_ABOVE)
				return;
			a->mark[above] |= NAME_ABOVE;
		}
		if (bytes[at] == 0)
			return;
	}
}

static bool is_answer_in(const struct dns_record *r)
{
	return r->class == DNS_CLASS_IN;
}

// The target of a CNAME that is reached, or DNS_NAME_NONE if the chain is longer than any that a resolver follows.
static uint16_t follow_cname(struct admit *a, struct dns_message *m, const struct dns_record *r)
{
	if (a->reached > TARGET_OCTETS)
		return DNS_NAME_NONE;
	uint16_t target = target_of(a, m, r);
	if (target != DNS_NAME_NONE)
		a->reached += dns_names_get(m->names, target)->size;
	return target;
}

// One pass in the order of the message, which is all that an ordinary answer needs. True if a record is left that
// follow_any_order might still reach.
static bool follow_in_order(struct admit *a, struct dns_message *m, uint16_t end)
{
	bool left = false, chains = false;

	for (uint16_t i = 0; i < end; i++) {
		const struct dns_record *r = &m->records[i];
		bool reached = a->mark[r->owner] & NAME_REACHED;
		chains |= r->type == DNS_TYPE_CNAME || r->type == DNS_TYPE_DNAME;
		a->admitted[i] = reached && is_answer_in(r);
		left |= !reached;
		if (a->admitted[i] && r->type == DNS_TYPE_CNAME) {
			uint16_t target = follow_cname(a, m, r);
			if (target != DNS_NAME_NONE)
				a->mark[target] |= NAME_REACHED;
		}
	}
	return left && chains;
}

// Admits what a reached name owns and queues what its CNAMEs reach.
static size_t reach(struct admit *a, struct dns_message *m, uint16_t owner, size_t queued)
{
	for (uint16_t i = a->first_of[owner]; i != 0; i = a->next_of[i - 1]) {
		const struct dns_record *r = &m->records[i - 1];
		a->admitted[i - 1] = true;
		if (r->type != DNS_TYPE_CNAME)
			continue;
		uint16_t target = follow_cname(a, m, r);
		if (target != DNS_NAME_NONE && !(a->mark[target] & NAME_REACHED)) {
			a->mark[target] |= NAME_REACHED;
			a->queue[queued++] = target;
		}
	}
	return queued;
}

// For answers whose chain is not in order, or that have a DNAME. Looks at each record a bounded number of times.
static void follow_any_order(struct admit *a, struct dns_message *m, uint16_t end)
{
	size_t queued = 0, len = dns_names_len(m->names);

	memset(a->first_of, 0, DNS_NAMES_MAX * sizeof(a->first_of[0]));
	for (uint16_t i = end; i-- > 0;) {
		const struct dns_record *r = &m->records[i];
		if (!is_answer_in(r))
			continue;
		a->next_of[i] = a->first_of[r->owner];
		a->first_of[r->owner] = (uint16_t)(i + 1);
	}
	for (uint16_t i = 0; i < len; i++)
		if (a->mark[i] & NAME_REACHED)
			a->queue[queued++] = i;
	for (size_t at = 0; at < queued; at++) {
		queued = reach(a, m, a->queue[at], queued);
		mark_ancestors(a, m, a->queue[at]);
	}
	// a DNAME is admitted if a reached name is at or under its owner. Its target need not be followed: the message also
	// has the CNAME that was synthesized from it (RFC 6672 §3.1)
	for (uint16_t i = 0; i < end; i++) {
		const struct dns_record *r = &m->records[i];
		if (r->type == DNS_TYPE_DNAME && is_answer_in(r) && a->mark[r->owner] & NAME_ABOVE)
			a->admitted[i] = true;
	}
}

// NS, SOA and DS at or above a reached name; the targets of those NS that may have glue are marked.
static void follow_authority(struct admit *a, struct dns_message *m, uint16_t at, uint16_t end)
{
	if (at == end)
		return;
	for (uint16_t i = 0, len = (uint16_t)dns_names_len(m->names); i < len; i++)
		if (a->mark[i] & NAME_REACHED)
			mark_ancestors(a, m, i);
	size_t octets = 0;
	for (; at < end; at++) {
		const struct dns_record *r = &m->records[at];
		bool type_fits = r->type == DNS_TYPE_NS || r->type == DNS_TYPE_SOA || r->type == DNS_TYPE_DS;
		a->admitted[at] = type_fits && r->class == DNS_CLASS_IN && a->mark[r->owner] & NAME_ABOVE;
		if (!a->admitted[at] || r->type != DNS_TYPE_NS || octets > TARGET_OCTETS)
			continue;
		uint16_t target = target_of(a, m, r);
		if (target == DNS_NAME_NONE)
			continue;
		octets += dns_names_get(m->names, target)->size;
		if (dns_name_is_under(dns_names_bytes(m->names, target), dns_names_get(m->names, target)->size,
			    dns_names_bytes(m->names, r->owner), dns_names_get(m->names, r->owner)->size))
			a->mark[target] |= NAME_GLUE;
	}
}

static void follow_additional(struct admit *a, const struct dns_message *m, uint16_t at, uint16_t end)
{
	for (; at < end; at++) {
		const struct dns_record *r = &m->records[at];
		a->admitted[at] = (r->type == DNS_TYPE_A || r->type == DNS_TYPE_AAAA) && r->class == DNS_CLASS_IN &&
				  a->mark[r->owner] & NAME_GLUE;
	}
}

// True if the rule of the section admits the type at all.
static bool section_takes(const struct dns_record *r)
{
	if (r->section == DNS_AUTHORITY)
		return r->type == DNS_TYPE_NS || r->type == DNS_TYPE_SOA || r->type == DNS_TYPE_DS;
	return r->section != DNS_ADDITIONAL || r->type == DNS_TYPE_A || r->type == DNS_TYPE_AAAA;
}

// The last step: counts what is refused, by reason, and lists what is admitted.
static uint16_t sort_out(struct admit *a, const struct dns_message *m, const struct admit_options *options,
	struct worker_stats *stats)
{
	uint16_t taken = 0;

	for (uint16_t i = 0; i < m->records_len; i++) {
		const struct dns_record *r = &m->records[i];
		if (!options->section[r->section])
			stats_add(&stats->rr_section_skipped, 1);
		else if (!type_is_taken(options, r->type) || !section_takes(r))
			stats_add(&stats->rr_type_skipped, 1);
		else if (r->class != DNS_CLASS_IN)
			stats_add(&stats->rr_not_in, 1);
		else if (!a->admitted[i])
			stats_add(&stats->rr_out_of_bailiwick, 1);
		else
			a->taken[taken++] = i;
	}
	return taken;
}

uint16_t admit_message(struct admit *a, struct dns_message *m, const struct admit_options *options,
	struct worker_stats *stats, const uint16_t **taken)
{
	a->marks_len = (uint16_t)dns_names_len(m->names);
	memset(a->mark, 0, a->marks_len);
	a->mark[0] = NAME_REACHED; // names[0] is the question's
	a->walked = 0;
	a->reached = 0;
	if (__builtin_expect(++a->round == 0, 0)) { // the counter has wrapped: old marks would look new
		memset(a->passed, 0, sizeof(a->passed));
		a->round = 1;
	}
	uint16_t answers = m->section_end[DNS_ANSWER], authorities = m->section_end[DNS_AUTHORITY];

	if (options->section[DNS_ANSWER]) {
		if (follow_in_order(a, m, answers))
			follow_any_order(a, m, answers);
	}
	if (options->section[DNS_AUTHORITY])
		follow_authority(a, m, answers, authorities);
	if (options->section[DNS_ADDITIONAL])
		follow_additional(a, m, authorities, m->records_len);
	*taken = a->taken;
	return sort_out(a, m, options, stats);
}

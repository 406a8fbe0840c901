// SPDX-License-Identifier: BSD-3-Clause
// Which records of a message are believed: the answer to the question that was asked, the delegation above it, and the glue
// of that delegation (docs/admission.md). No DPDK, no allocation per message. Source: RFC 2181 §5.4.1 (ranking), RFC 5452 §6
// (bailiwick). One thread per object, unless it says otherwise.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/dns/dns.h"
#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"
#include "dataplane/common/stats.h"

// options.c ──────────────────────────────────────────────────────────────────────────────────

// Settings `sections`, `types` and `types_skip`. Workers read it; it is replaced as a whole.
struct admit_options {
	bool section[DNS_SECTION_MAX]; // by enum dns_section: is it taken
	uint64_t type[65536 / 64];     // by type: one bit, 1: taken
};

// All three sections; all types but the usual skips: OPT, TSIG, RRSIG, NSEC and others that say nothing lasting about a name.
void admit_options_default(struct admit_options *options);

// From the text of a setting. 0, or -EINVAL with what was expected in `why`. `sections`: answer[,authority[,additional]].
// `types`: the only types to take, comma-separated; empty: all but the usual skips. `types_skip`: skipped besides these.
int admit_set_sections(struct admit_options *options, const char *text, char *why, size_t why_size);
int admit_set_types(struct admit_options *options, const char *types, const char *types_skip, char *why,
	size_t why_size);

// bailiwick.c ────────────────────────────────────────────────────────────────────────────────

struct admit; // scratch memory of one worker

struct admit *admit_new(void); // NULL: out of memory
void admit_free(struct admit *a);

// Decides about every record of a message that dns_parse has taken. Returns how many are admitted. `*taken` lists their
// indices in m->records, in the order of the message; `a` owns it, until the next call. The other records are counted here,
// in records_total by reason; the admitted ones are counted by the table, which knows duplicates. Time is linear in the size
// of the message, whatever it contains.
uint16_t admit_message(struct admit *a, struct dns_message *m, const struct admit_options *options,
	struct worker_stats *stats, const uint16_t **taken);

// match.c ────────────────────────────────────────────────────────────────────────────────────

enum admit_match_mode { ADMIT_MATCH_OFF, ADMIT_MATCH_PREFER, ADMIT_MATCH_REQUIRE };

struct admit_match; // queries waiting for their answers, of one worker

// Room for `size` queries, which time out after `timeout_s`; in huge pages if asked for and there are any. NULL: out of memory.
struct admit_match *admit_match_new(uint32_t size, uint32_t timeout_s, bool huge_pages, const struct hash_key *key,
	struct worker_stats *stats);
void admit_match_free(struct admit_match *t);
size_t admit_match_memory(uint32_t size);	       // octets of memory that it maps
bool admit_match_is_huge(const struct admit_match *t); // whether it is in huge pages

// What a query and its response have in common: 128 bits of keyed hash over addresses, ports, transport, ID and question.
// The case of the question counts (0x20).
struct admit_match_key {
	uint64_t half[2];
	uint32_t question_size; // octets of name, type and class; 0: the message has no question, and no key
};

// The key of a message, which is a query or a response by its QR bit. Prefetches the memory for it, so look it up a few
// messages later. `room`: octets that can be read from `wire`, at least `size`.
void admit_match_begin(const struct admit_match *t, const struct pkt *pkt, bool tcp, const uint8_t *wire, size_t size,
	size_t room, struct admit_match_key *out);

// Remembers a query. A query seen twice waits for two responses. If there is no room, the oldest is evicted.
void admit_match_query(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s);

// True if the response answers a remembered query, which is then forgotten.
bool admit_match_response(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s);

// Forgets queries that have timed out, a few per call. For the housekeeping of the loop.
void admit_match_expire(struct admit_match *t, uint32_t now_s);

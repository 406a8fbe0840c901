// SPDX-License-Identifier: BSD-3-Clause
// Which records of a message are believed (docs/admission in short: the answer to the question that
// was asked, the delegation above it, and the glue of that delegation). No DPDK, no allocation.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/dns/dns.h"
#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"
#include "dataplane/common/stats.h"

// bailiwick.c ──────────────────────────────────────────────────────────────────────────

// Settings `sections`, `types` and `types_skip`. Workers read it; it is replaced as a whole.
struct admit_options {
	bool section[DNS_SECTION_MAX]; // which sections are taken
	uint64_t type[65536 / 64];     // one bit a type that is taken
};

// All three sections, all types but those that admission skips.
void admit_options_default(struct admit_options *options);

// From the settings' text. Each returns 0, or -EINVAL with what was expected in `why`.
// `sections`: answer[,authority[,additional]]. `types`: the only ones to take, comma-separated, or
// empty for all but the usual skips. `types_skip`: left out on top of the usual.
int admit_set_sections(struct admit_options *options, const char *text, char *why, size_t why_size);
int admit_set_types(struct admit_options *options, const char *types, const char *types_skip, char *why,
	size_t why_size);

struct admit; // scratch of one worker

struct admit *admit_new(void); // NULL when out of memory
void admit_free(struct admit *a);

// Decides about every record of a message that dns_parse has taken. Returns how many are admitted;
// their indices into m->records stand in `*taken` (owned by `a`, until the next call), in the order
// in which they stand in the message. All others are counted in records_total by their reason;
// those admitted are not counted here (the table tells first sightings from duplicates).
// Time is linear in the message, whatever it holds.
uint16_t admit_message(struct admit *a, struct dns_message *m, const struct admit_options *options,
	struct worker_stats *stats, const uint16_t **taken);

// match.c ──────────────────────────────────────────────────────────────────────────────

enum admit_match_mode { ADMIT_MATCH_OFF, ADMIT_MATCH_PREFER, ADMIT_MATCH_REQUIRE };

struct admit_match; // queries waiting for their answers, of one worker

// Room for `size` queries, given up after `timeout_s`, in huge pages where asked for and there are any. NULL when out of memory.
struct admit_match *admit_match_new(uint32_t size, uint32_t timeout_s, bool huge_pages, const struct hash_key *key,
	struct worker_stats *stats);
void admit_match_free(struct admit_match *t);
size_t admit_match_memory(uint32_t size);	       // octets that it maps
bool admit_match_is_huge(const struct admit_match *t); // in huge pages

// What a query and its response have in common: 128 bits of keyed hash over addresses, ports,
// transport, ID and question (0x20 case kept). `sound` is false where the message has no question.
struct admit_match_key {
	uint64_t half[2];
	bool sound;
};

// The key of a message, a query or a response by its QR bit; its place is asked for, so that it has
// come when it is looked at some messages later. `room` octets can be read from `wire`, `size` at least.
void admit_match_begin(const struct admit_match *t, const struct pkt *pkt, bool tcp, const uint8_t *wire, size_t size,
	size_t room, struct admit_match_key *out);

// Remembers a query. One seen twice waits for two responses. The oldest is given up when there is no
// room.
void admit_match_query(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s);

// True where the response answers a remembered query; that query is then done with.
bool admit_match_response(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s);

// Gives up queries that have waited too long, a few at each call; for the housekeeping of the loop.
void admit_match_expire(struct admit_match *t, uint32_t now_s);

// SPDX-License-Identifier: BSD-3-Clause
// The rules of watch.conf, as read (docs/watch.md). A rule has one or more clauses, one for each line `match`; a clause is a
// list of terms that must all hold. Equal terms of several rules are one term.
//
//     [rule brand]
//     match = keyword example, not zone example.com        clause 0: terms 0 and 1 (negated)
//     match = target ns.bad.example                        clause 1: term 2
#pragma once

#include "collector/base/sections.h"

enum {
	WATCH_RULES_MAX = 20000,
	WATCH_TERMS_MAX = 16,	 // of a clause
	WATCH_VALUES_MAX = 1000, // of a term
	WATCH_NAME_SIZE = SECTIONS_NAME_LEN + 1
};

enum watch_kind {
	WATCH_NAME,    // owner
	WATCH_ZONE,    // owner, or it is below
	WATCH_TARGET,  // a name in the RDATA, or it is below
	WATCH_ADDRESS, // networks
	WATCH_FILE,    // of names, addresses and networks
	WATCH_KEYWORD, // owner contains it, or something that looks like it
	WATCH_CONTAINS,
	WATCH_TYPE,    // the last kinds have no index: they are compared
	WATCH_COUNTRY, // of an address
	WATCH_ASN,
	WATCH_KINDS
};

extern const char *const watch_kind_text[WATCH_KINDS];

struct watch_term {
	enum watch_kind kind;
	char **values; // names, types: as in Redis; addresses: as written; owned
	size_t len;
};

struct watch_literal {
	uint32_t term; // index
	bool negated;
};

struct watch_clause {
	uint32_t rule;
	uint32_t len;
	struct watch_literal literals[WATCH_TERMS_MAX];
};

// What is news. A rule may have several.
enum watch_news {
	WATCH_NEWS_NEW,	    // a record never seen before
	WATCH_NEWS_AGAIN,   // seen again after a time
	WATCH_NEWS_MOVED,   // first address of a name in another network
	WATCH_NEWS_CHANGED, // another name server or mail server than before
	WATCH_NEWS_BURST,   // many new names below a zone
	WATCH_NEWS_TAMPER,  // not among the expected records
	WATCH_NEWS_KINDS
};

extern const char *const watch_news_text[WATCH_NEWS_KINDS];

enum watch_moved { WATCH_MOVED_NETWORK, WATCH_MOVED_ASN, WATCH_MOVED_COUNTRY };

struct watch_rule {
	char name[WATCH_NAME_SIZE];
	unsigned news;	  // bits by enum watch_news
	uint32_t again_s; // silence
	uint32_t burst;	  // more new names than that
	uint32_t burst_s; // in this time
	uint32_t learn_s; // tamper: how long records are learned
	enum watch_moved moved;
};

struct watch_rules {
	struct watch_rule *at;
	size_t len, capacity;
	struct watch_clause *clauses;
	size_t clauses_len, clauses_capacity;
	struct watch_term *terms;
	size_t terms_len, terms_capacity;
	uint32_t *slots; // terms by hash: index + 1
	size_t slots_len;
};

// Reads the sections `[rule …]`; others are skipped. Returns 0, or -errno with one line in `why` and `*out` empty.
int watch_rules_take(struct watch_rules *out, const struct sections *from, char *why, size_t why_size);
void watch_rules_free(struct watch_rules *r);

// Reads one line `match` into a clause of rule number `rule`, for the reader above. 0, or -EINVAL with what was found and
// expected in `why`.
int watch_rules_match(struct watch_rules *r, uint32_t rule, const char *text, char *why, size_t why_size);

// Reads a line `news`. 0, or -EINVAL with what was found and expected in `why`.
int watch_rules_news(struct watch_rule *rule, const char *text, char *why, size_t why_size);

// An address or a network as 16 octets, IPv4 as ::ffff:a.b.c.d. False if it is neither, or has bits after the prefix.
bool watch_network(const char *text, uint8_t address[static 16], unsigned *bits);

// A name in the form of Redis keys, without a first "*." or "."; 0 if it is not one.
size_t watch_name(const char *text, size_t len, char *out);

// "30d", "90min" as seconds; 0 if it is none.
uint32_t watch_seconds(const char *text, size_t len);

// The files that the rules of `path` read: this one, if it exists, and files of indicators. Array of owned paths in `*out`,
// NULL if there are none; returns how many. Errors are not reported.
size_t watch_rules_files(const char *path, char ***out);

// SPDX-License-Identifier: BSD-3-Clause
// What a block list consists of: entries, the settings of one list, the report of what was left out.
//
//     sources ─► indicators ─► set ─► allow list ─► sorted, without repetition ─► formats ─► files, /block/NAME
//
// Plain values; a set has its texts in its own memory. One thread per set at a time.
#pragma once

#include "collector/base/zone.h"
#include "collector/redis/encode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BLOCK_NAME_LEN = 32,	     // characters of a list's name: a-z 0-9 _ -, first a letter
	BLOCK_ENTRIES_MAX = 2000000, // of one list; further ones are an error
	BLOCK_REASON_LEN = 160,	     // characters of a reason
	BLOCK_HOST_LEN = 253,	     // characters of a name
	BLOCK_SOURCES_MAX = 64,
	BLOCK_ALLOWS_MAX = 64,
	BLOCK_FILES_MAX = 16,
	BLOCK_KEYS_MAX = 16,
	BLOCK_LISTS_MAX = 1000
};
#define BLOCK_NEVER INT64_MAX

enum block_kind { BLOCK_NAME, BLOCK_SERVER_NAME, BLOCK_ADDRESS, BLOCK_SERVER_ADDRESS, BLOCK_KINDS };

struct block_entry {
	enum block_kind kind;
	bool below;	     // names: all names below it as well
	uint8_t size;	     // addresses: 4 or 16 octets
	uint8_t bits;	     // length of the prefix: 0..8 * size
	uint8_t address[16]; // bits after the prefix are zero
	const char *name;    // "www.example.com"
	const char *
		key; // its labels from the right, each but the last followed by \x01: sorts a name before those below it
	const char *reason;   // printable ASCII
	int64_t since, until; // when it was first listed, or seen; BLOCK_NEVER: does not expire
};

// What was left out, or reduced, and why.
struct block_removed {
	const char *what; // printable ASCII
	const char *why;
};

// A record of an own name that a tamper alert doubts (doubt.h). Texts in the set's memory.
struct block_doubt {
	const char *name, *target; // what the record points to: an address, or the name of a server
	const char *member;	   // "<owner> <TYPE> <rdata>"
};

struct block_set {
	struct block_entry *at;
	size_t len, room;
	struct block_removed *removed;
	size_t removed_len, removed_room;
	struct block_doubt *doubts;
	size_t doubts_len, doubts_room;
	struct block_piece *memory; // of the texts
	bool bad;		    // memory ran out
	bool full;		    // more than BLOCK_ENTRIES_MAX
};

void block_set_free(struct block_set *s);

// Copies a text into the set's memory. "" without memory, and `bad`.
const char *block_set_text(struct block_set *s, const char *text, size_t len);

// Makes room for one more element of `size` octets in an array of `len`. False without memory.
bool block_set_grow(void **at, size_t len, size_t *room, size_t size);

// Adds a copy of `e`; its `name` and `reason` are copied, its `key` is made.
void block_set_add(struct block_set *s, const struct block_entry *e);
// Notes that `what` was left out.
void block_set_remove(struct block_set *s, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
// The same for an entry.
void block_set_remove_entry(struct block_set *s, const struct block_entry *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Sorts; merges equal entries (the later expiry, the first reason), and drops those that another one covers.
void block_set_sort(struct block_set *s);

// The entry as people write it: "*.example.com", "192.0.2.0/24", "ns:ns1.example.net".
enum { BLOCK_TEXT_SIZE = 320 };
const char *block_entry_text(const struct block_entry *e, char out[static BLOCK_TEXT_SIZE]);

// set_key.c: the key of a name. Returns its length.
size_t block_key(const char *name, char out[static BLOCK_HOST_LEN + 1]);
// True if the name of key `k` is the name of key `above`, or below it.
bool block_key_is_under(const char *k, const char *above);

// The settings of a list ──────────────────────────────────────────────────────────────────────

enum block_action {
	BLOCK_NXDOMAIN,
	BLOCK_NODATA,
	BLOCK_DROP,
	BLOCK_PASSTHRU,
	BLOCK_TCP_ONLY,
	BLOCK_CNAME,
	BLOCK_REDIRECT // to addresses
};

struct block_policy {
	enum block_action action;
	char name[BLOCK_HOST_LEN + 1]; // BLOCK_CNAME
	char ipv4[16], ipv6[46];       // BLOCK_REDIRECT; one may be empty
};

enum block_format_id {
	BLOCK_RPZ,
	BLOCK_HOSTS,
	BLOCK_DNSMASQ,
	BLOCK_UNBOUND,
	BLOCK_DOMAINS,
	BLOCK_ADDRESSES,
	BLOCK_SURICATA,
	BLOCK_SURICATA_IP,
	BLOCK_NFTABLES,
	BLOCK_STIX,
	BLOCK_MISP,
	BLOCK_FORMATS
};

struct block_file {
	enum block_format_id format;
	char *path; // of MISP a folder
};

enum block_source_kind { BLOCK_FROM_INDICATOR, BLOCK_FROM_FILE, BLOCK_FROM_ALERTS, BLOCK_FROM_PIVOT };

// Where entries come from: one line `source = …`.
struct block_source {
	enum block_source_kind kind;
	char *text;	     // an indicator, the path of a file, or the indicators of a pivot, with blanks between
	char *rules;	     // alerts: ",RULE,RULE,"; empty: all
	char *kinds;	     // alerts: ",new,tamper,"; empty: all
	bool names, targets; // alerts: list the record's name; what its RDATA names. Neither: by the kind of the alert
	double since_s;	     // alerts, pivot: not older than this; 0: any
	unsigned depth;	     // pivot
	double score;	     // pivot: at least, 0 to 1
};

struct block_list {
	char name[BLOCK_NAME_LEN + 1];
	struct block_source sources[BLOCK_SOURCES_MAX];
	size_t sources_len;
	char *allows[BLOCK_ALLOWS_MAX]; // …of `allow`
	size_t allows_len;
	struct block_file files[BLOCK_FILES_MAX];
	size_t files_len;
	char *keys[BLOCK_KEYS_MAX]; // names of the API keys that may fetch it; none: all
	size_t keys_len;
	unsigned formats;		   // bit set of enum block_format_id: served
	enum block_format_id first_format; // /block/NAME without a suffix
	struct block_policy policy;
	bool subdomains;  // a name blocks all below it as well
	bool domains;	  // names are replaced by their registered domains
	bool comments;	  // with the reason of each entry
	bool protect;	  // leave out addresses and servers that allowed names use
	double expire_s;  // 0: never
	double refresh_s; // how often the collector makes the list
	uint64_t ttl;
	char zone[BLOCK_HOST_LEN + 1]; // of RPZ, for the check of lengths
};

// source.c: reads "file PATH", "alerts rule=brand since=30d", … 0, or -EINVAL with one line in `why`.
int block_source_parse(struct block_source *out, const char *text, char *why, size_t why_size);
void block_source_free(struct block_source *source);

// list.c
void block_list_init(struct block_list *l, const char *name);
void block_list_free(struct block_list *l);

// Sets one key: of block.conf, or of an option. 0, or -EINVAL with what was found and expected in `why`.
int block_list_set(struct block_list *l, const char *key, const char *value, char *why, size_t why_size);

// True if `name` may be the name of a list.
bool block_list_is_name(const char *name);

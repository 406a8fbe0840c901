// SPDX-License-Identifier: BSD-3-Clause
// A parsed DNS message: header, question, records, and the names of their owners.
//
//     wire ──dns_parse──► struct dns_message ──admit_message──► sightings
//
//     records[]   one entry per resource record, in wire order, the three sections one after another
//     names       every distinct name, lower case and decompressed, with its keyed hash. Records refer to their owner
//                 by index; equal names have one index
//
// RFC 1035 §4 (messages), RFC 2181, RFC 6891 (EDNS), RFC 9267 (common mistakes). No DPDK here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/common/cursor.h"
#include "dataplane/common/dns_types.h"
#include "dataplane/common/wire_name.h"
#include "dataplane/base/hash.h"

enum {
	DNS_HEADER_SIZE = 12,		// RFC 1035 §4.1.1
	DNS_QUESTION_FIXED_SIZE = 4,	// type and class, RFC 1035 §4.1.2
	DNS_NAME_SIZE = WIRE_NAME_SIZE, // wire form with the root's label
	DNS_LABEL_SIZE = WIRE_LABEL_SIZE,
	DNS_MESSAGE_SIZE = 65535,	 // RFC 1035 §4.2.2
	DNS_POINTERS_MAX = 16,		 // compression pointers in one name; limits the time that a name can cost
	DNS_RECORD_MIN_SIZE = 11,	 // root owner, type, class, TTL, RDLENGTH
	DNS_RECORDS_MAX = 5960,		 // (DNS_MESSAGE_SIZE - DNS_HEADER_SIZE) / DNS_RECORD_MIN_SIZE, rounded up
	DNS_NAMES_MAX = 16384,		 // owners, and targets of CNAME and NS records
	DNS_RDATA_SIZE = 65535 + 2 * 255 // canonical form: decompression can add two names at most
};

enum dns_class { DNS_CLASS_IN = 1, DNS_CLASS_CH = 3, DNS_CLASS_NONE = 254, DNS_CLASS_ANY = 255 };

enum dns_opcode { DNS_OPCODE_QUERY = 0 };

enum dns_rcode { DNS_RCODE_NOERROR = 0, DNS_RCODE_NXDOMAIN = 3 };

enum dns_header_flag { // third and fourth octet of the header as one big-endian word, RFC 1035 §4.1.1
	DNS_FLAG_QR = 0x8000,
	DNS_FLAG_OPCODE = 0x7800,
	DNS_FLAG_TC = 0x0200,
	DNS_FLAG_RCODE = 0x000f
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTION_MAX };

// The result of dns_parse. All but DNS_TAKEN are reasons to drop the message, each with its own counter.
enum dns_verdict {
	DNS_TAKEN,	      // an answer to a standard query, sound to its last octet
	DNS_QUERY,	      // QR=0
	DNS_MALFORMED,	      // not sound to its last octet
	DNS_NOT_QUERY_ANSWER, // another opcode, not exactly one question, or not class IN
	DNS_TRUNCATED,	      // TC=1: the whole answer will come over TCP
	DNS_ERROR_RCODE,      // neither NOERROR nor NXDOMAIN (extended RCODE included)
	DNS_VERDICT_MAX
};

struct dns_name {
	uint64_t hash; // hash_padded() of the wire form under the worker's key
	uint32_t at;   // offset of the first octet in dns_names.bytes; padded with zeros to HASH_BLOCK
	uint8_t size;  // wire length, 1..255
};

struct dns_record {
	uint16_t owner;	     // index into names
	uint16_t type;	     // host order
	uint16_t class;	     // host order
	uint16_t rdata_at;   // offset in the message
	uint16_t rdata_size; // octets, as RDLENGTH says
	uint8_t section;     // enum dns_section
};

// The names of one message, each once: the public part (the rest is in names.c).
struct dns_names {
	const struct dns_name *names; // by index
	const uint8_t *bytes;	      // see dns_name.at
	uint16_t len;		      // number of names
};

struct dns_message {
	const uint8_t *wire;			    // the message; not owned, must outlive this view
	size_t size;				    // octets, at most DNS_MESSAGE_SIZE
	uint16_t id;				    // host order; 0 is an ID like any other
	uint16_t flags;				    // enum dns_header_flag
	uint16_t qclass;			    // of the one question
	uint16_t records_len;			    // number of records
	uint16_t section_end[DNS_SECTION_MAX];	    // one past the last record of each section
	struct dns_record records[DNS_RECORDS_MAX]; // in wire order
	struct dns_names *names;		    // owned; names[0] is the question's name
};

// A message to parse into, again and again. About 7 MiB, so one per worker. NULL if out of memory.
struct dns_message *dns_message_new(const struct hash_key *key);
void dns_message_free(struct dns_message *m);

// Parses `size` octets. Question, records and names are valid only after DNS_TAKEN; id and flags also after all other
// verdicts except DNS_MALFORMED. No allocation.
enum dns_verdict dns_parse(struct dns_message *m, const uint8_t *wire, size_t size);

// Size of the question of a message, which begins after the header: name, type and class, for query matching (5..259). 0 if the
// message has not exactly one question, or its name is compressed or not sound.
static inline size_t dns_question_size(const uint8_t *wire, size_t size)
{
	if (size < DNS_HEADER_SIZE + 1 + DNS_QUESTION_FIXED_SIZE || cursor_load16(wire + 4) != 1)
		return 0;
	size_t name_size = wire_name_size(wire + DNS_HEADER_SIZE, size - DNS_HEADER_SIZE);
	if (name_size == 0 || size - DNS_HEADER_SIZE - name_size < DNS_QUESTION_FIXED_SIZE)
		return 0;
	return name_size + DNS_QUESTION_FIXED_SIZE;
}

// name.c ─────────────────────────────────────────────────────────────────────────────────

// Copies the name at the cursor to `out`, in lower case and decompressed (RFC 1035 §4.1.4). Returns its wire length
// (1..255), or 0 with the cursor bad if a label, a pointer or the total is out of bounds. Pointers must go strictly
// backwards; at most DNS_POINTERS_MAX. Afterwards the cursor is after the name in the message. No allocation.
size_t dns_name_read(struct cursor *c, uint8_t out[static DNS_NAME_SIZE]);

// Makes the ASCII letters of a name in wire form lower case (RFC 4343), in place.
void dns_name_lower(uint8_t *name, size_t size);

// True if `name` is `zone` or below it. Both in lower case and wire form.
bool dns_name_is_under(const uint8_t *name, size_t name_size, const uint8_t *zone, size_t zone_size);

// Text for log lines and tests: labels with dots, no final dot, the root is "."; escapes of RFC 1035 §5.1. `size` must be at
// least DNS_NAME_TEXT_SIZE. Returns the length (always terminated).
enum { DNS_NAME_TEXT_SIZE = 1024 };
size_t dns_name_text(const uint8_t *name, size_t name_size, char *out, size_t size);

// names.c ────────────────────────────────────────────────────────────────────────────────

struct dns_names *dns_names_new(const struct hash_key *key);
void dns_names_free(struct dns_names *n);

// Forgets the names of the last message and reads the first one of a new message, which gets index 0. False with the cursor
// bad if it is not sound. The time does not depend on the last message.
bool dns_names_first(struct dns_names *n, struct cursor *c);

enum { DNS_NAME_NONE = 0xffff };

// Reads the name at the cursor and returns its index; equal names have equal indices. DNS_NAME_NONE with the cursor bad if
// the name is not sound.
uint16_t dns_names_read(struct dns_names *n, struct cursor *c);

// Copies the name at the cursor as dns_name_read does, faster if it ends like a name of this message that was read before. `n`
// may be NULL.
size_t dns_names_copy(struct dns_names *n, struct cursor *c, uint8_t out[static DNS_NAME_SIZE]);

// The index of a name in lower case, DNS_NAME_NONE if the message has not read it; and its hash.
uint16_t dns_names_find(struct dns_names *n, const uint8_t *name, size_t size, uint64_t *hash);

static inline const struct dns_name *dns_names_get(const struct dns_names *n, uint16_t index)
{
	return &n->names[index];
}

static inline const uint8_t *dns_names_bytes(const struct dns_names *n, uint16_t index)
{
	return n->bytes + n->names[index].at;
}

static inline size_t dns_names_len(const struct dns_names *n)
{
	return n->len;
}

// rdata.c ────────────────────────────────────────────────────────────────────────────────

// True if the RDATA fits the layout of its type (common/dns_layout.h) exactly. The cursor is limited to the RDATA; its base
// is the message. Types without a layout always fit. `names`: those of the message, or NULL; with them, RDATA that is
// full of compressed names takes less time.
bool dns_rdata_check(struct cursor c, uint16_t type, uint16_t class, struct dns_names *names);

// Writes the canonical form to `out` (DNS_RDATA_SIZE octets are enough): names decompressed and in lower case (RFC 4343), all
// else unchanged. Returns its size, or SIZE_MAX if the RDATA is not sound or does not fit into `out`. A record that was
// checked cannot fail.
size_t dns_rdata_read(struct cursor c, uint16_t type, uint16_t class, struct dns_names *names, uint8_t *out,
	size_t out_size);

// SPDX-License-Identifier: BSD-3-Clause
// One frame of records becomes Redis commands (docs/schema.md). Records are grouped by owner, so that those of one owner
// share a command.
//
//     owner group ── ZADD name GT …all members…         1
//                 ── ZADD first LT …new members…        1, if one is new
//                 ── ZADD zone LT owner                 1, if one is new
//                 ── each record: ZINCRBY count         1
//                                 ZADD ip or rdata GT   1, if the type has one
//                                 ZADD net LT address   1, if new and an address
//
// A report about a flooded zone is ZADD flood GT last zone, ZINCRBY flood:names names zone.
//
// Before ZADD name, for a record that a watch rule asks for: ZSCORE name member (interest.h).
//
// With retention.days: if a key is due (expiry.h) and no command above shows whether it is a sorted set, ZCARD. What is
// done to the key follows with the next batch (writer/retain.h).
//
// In steady state (nothing new) that is at most three commands per record. `commands` says which command belongs to which
// record, so that each reply finds its record. Writer thread only.
#pragma once

#include "collector/redis/conn.h"
#include "collector/schema/interest.h"
#include "collector/schema/keys.h"
#include "collector/text/text.h"
#include "collector/base/zone.h"
#include "dataplane/common/frame.h"

enum schema_kind {
	SCHEMA_NAME,  // of an owner
	SCHEMA_FIRST, // of an owner
	SCHEMA_ZONE,  // of an owner
	SCHEMA_COUNT, // of a record, as all below
	SCHEMA_IP,
	SCHEMA_RDATA,
	SCHEMA_NET,
	SCHEMA_FLOOD, // of a report, as the next
	SCHEMA_FLOOD_NAMES,
	SCHEMA_BEFORE, // of a record: ZSCORE name before its ZADD
};

enum {
	SCHEMA_PER_RECORD = 8, // commands at most
	SCHEMA_COMMANDS_MAX = SCHEMA_PER_RECORD * FRAME_RECORDS_MAX,
	SCHEMA_SLOTS = 4096, // power of two, about twice FRAME_RECORDS_MAX
	SCHEMA_LAST = UINT16_MAX,
	SCHEMA_KEY_SIZE = 72 + 8 + TEXT_NAME_SIZE // prefix, family, name
};

struct schema_command {
	uint8_t kind;	// enum schema_kind
	bool probe;	// a ZCARD: its reply says nothing about a record
	uint16_t index; // of the owner or of the record
};

struct schema_record {
	struct record_view view;    // points into the frame
	size_t member;		    // offset of "<TYPE> <rdata>" in `text`
	uint32_t member_len;	    // its length
	uint16_t type_len;	    // length of "<TYPE>"
	uint16_t owner;		    // index
	uint16_t next;		    // next record of the owner, or SCHEMA_LAST
	enum redis_trouble refused; // of the first command of the record that Redis refused
	bool fresh;		    // it is new in Redis
	bool answered;		    // one of its commands was answered
	bool waiting;		    // one of its commands was not sent: its slot is held (writer/hold.h)
	uint8_t interest;	    // interest.h
	int64_t before_s;	    // with SCHEMA_INTEREST_AGAIN: last seen before this batch; 0: never
	bool due;		    // its ip or rdata key, and net; of a report: the flood keys; for retention
	uint16_t sound;		    // bits by schema_kind: a command on that key was accepted
	uint16_t settled; // bits by schema_kind: the command was answered, or waits; the others were applied before
};

struct schema_owner {
	const uint8_t *wire;	 // points into the frame
	size_t text;		 // offset of the name in `text`
	uint16_t text_len;	 // its length
	uint8_t wire_size;	 // octets
	uint16_t head, tail;	 // first and last record
	uint16_t len;		 // records
	uint16_t new_len;	 // records with RECORD_NEW
	uint32_t new_first_s;	 // the earliest first seen among the new ones
	bool due;		 // its name, first, count and zone keys, for retention
	uint16_t sound, settled; // bits by schema_kind, as in schema_record; SCHEMA_COUNT is here
	long long added;	 // reply to ZADD name: members that are new; -1: refused
};

struct schema_frame {
	struct schema_record records[FRAME_RECORDS_MAX];
	uint32_t records_len;
	struct schema_owner owners[FRAME_RECORDS_MAX];
	uint32_t owners_len;
	struct schema_command commands[SCHEMA_COMMANDS_MAX]; // in the order sent
	uint32_t commands_len;
	uint64_t sightings;	      // sum of the counts
	uint32_t newest_s;	      // the latest sighting
	struct redis_buffer text;     // names and members
	uint16_t slots[SCHEMA_SLOTS]; // owner index + 1 by hash; 0: free
};

// Reads the records of a frame's body, groups them and makes their texts. False if there is no memory. `body` is borrowed:
// it must exist as long as `f` is used.
bool schema_read(struct schema_frame *f, const uint8_t *body, size_t size);

// Appends the commands of all records to `out`.
void schema_write(struct schema_frame *f, const struct redis_settings *s, const struct zone_list *zones,
	struct redis_buffer *out);

// Notes the reply to the command at `index`: refused or new records.
void schema_reply(struct schema_frame *f, uint32_t index, const struct redis_result *result);

// Notes that the command at `index` is not sent for now.
void schema_wait(struct schema_frame *f, uint32_t index);

// After the last reply: decides which records are new in Redis. Returns how many.
uint32_t schema_settle(struct schema_frame *f);

// The key of a command. Terminated; returns its length.
size_t schema_key(const struct schema_frame *f, uint32_t index, const struct redis_settings *s,
	const struct zone_list *zones, char out[static SCHEMA_KEY_SIZE]);

// Tails of keys: the network of an address (keys.h); the name that a record points to (0: the root, or a type without one);
// the registered domain. Each returns the length.
size_t schema_net(const struct record_view *view, char out[static SCHEMA_NET_SIZE]);
size_t schema_target(const struct record_view *view, char out[static TEXT_NAME_SIZE]);
size_t schema_zone(const struct schema_owner *owner, const struct zone_list *zones, char out[static TEXT_NAME_SIZE]);

// True for A and AAAA records of the right size.
bool schema_is_address(const struct record_view *view);

void schema_free(struct schema_frame *f);

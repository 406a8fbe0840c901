// SPDX-License-Identifier: BSD-3-Clause
// The border between the two programs: frames over a Unix stream socket. The dataplane connects.
//
//     dataplane ── HELLO, then RECORDS, STATS, …, BYE ──►  collector
//               ◄── ACK (number: all frames up to it) ──
//
//     frame  ┌───────────────────┬──────────────────────────────┐
//            │ frame_header (24) │ body (size - 24)             │
//            └───────────────────┴──────────────────────────────┘
//     body of RECORDS: records one after another
//            ┌────────────┬───────┬───────┬─────────────────┐
//            │ record (20)│ owner │ rdata │ 0..3 zero octets│   multiple of 4
//            └────────────┴───────┴───────┴─────────────────┘
//
// Host byte order: both ends are on one machine. RECORDS and BYE frames are numbered from 1 within a stream: one start of a
// dataplane, named by a random UUID. The collector acknowledges a number when everything up to it is safe, and ignores
// numbers that it already has, so a frame may be sent again after a reconnect. STATS and HELLO have number 0 and are not
// acknowledged. Neither end trusts the other: every length is checked, and an unsound frame ends the connection.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/common/cursor.h"

enum {
	FRAME_MAGIC = 0x4c424631, // "LBF1"
	FRAME_VERSION = 1,
	FRAME_SIZE_MAX = 131072,  // header included; the largest record takes 65,800 octets
	FRAME_RECORDS_MAX = 2000, // one frame is one MULTI/EXEC: limits how long Redis is busy
	RECORD_SIZE_MAX = 20 + 255 + 65535 + 2 * 255 + 3,
	STREAM_UUID_SIZE = 16
};

enum frame_type {
	FRAME_HELLO = 1, // body: struct frame_hello
	FRAME_RECORDS,	 // body: records
	FRAME_STATS,	 // body: struct stats_frame and its values (stats.h)
	FRAME_BYE,	 // no body: the stream ends with this number
	FRAME_ACK	 // no body; collector to dataplane
};

struct frame_header {
	uint32_t magic;	  // FRAME_MAGIC
	uint16_t version; // FRAME_VERSION
	uint16_t type;	  // enum frame_type
	uint32_t size;	  // octets of the whole frame
	uint32_t records; // number of records in the body
	uint64_t number;  // see above
};

struct frame_hello {
	uint8_t stream[STREAM_UUID_SIZE]; // random UUID of this start
	uint64_t start_s;		  // wall clock at start
	uint64_t stats_layout;		  // stats_layout() of the sender: must equal the receiver's
	char version[32];		  // terminated, like all texts here
	char sensor[64];		  // name of the sensor, setting `sensor`
	char host[64];			  // host name
	char ports[128];		  // ports captured from, comma-separated
};

enum record_flag {
	RECORD_NEW = 1,	 // first seen must be written too: the record is new to the table, or a sighting
			 // arrived that is earlier than the one sent before
	RECORD_FLOOD = 2 // a report, not a record: the owner is a flooded zone; count estimates the different
			 // subdomains since the last report. Type 0, no RDATA
};

struct record {
	uint32_t first_s;    // earliest sighting since the record entered the table, seconds since 1970
	uint32_t last_s;     // latest sighting
	uint32_t count;	     // sightings since the last flush of the record, at least 1
	uint16_t type;	     // RR type
	uint16_t rdata_size; // octets of canonical RDATA that follow the owner
	uint8_t owner_size;  // octets of the owner in wire form, 1..255
	uint8_t flags;	     // enum record_flag
	uint8_t zero[2];
};

// A record and its octets. A view: it points into a frame or into the table.
struct record_view {
	struct record head;
	const uint8_t *owner; // head.owner_size octets, lower case
	const uint8_t *rdata; // head.rdata_size octets, names in it lower case and decompressed
};

// A frame being filled: `bytes` holds FRAME_SIZE_MAX octets, owned by the caller.
struct frame {
	uint8_t *bytes;
	uint32_t size;	  // octets used, header included
	uint32_t records; // records in it
};

// Begins an empty frame in `bytes`.
void frame_begin(struct frame *f, uint8_t *bytes);

// Appends one record. Returns false if the frame is full (FRAME_SIZE_MAX or FRAME_RECORDS_MAX): finish it and begin
// another.
bool frame_add(struct frame *f, const struct record_view *record);

// Writes the header. The frame can then be sent: `f->size` octets from `f->bytes`.
void frame_finish(struct frame *f, enum frame_type type, uint64_t number);

// Checks a header from the other end. Returns NULL if it is sound, else what is wrong with it.
const char *frame_header_check(const struct frame_header *header);

// Reads the next record from a cursor over the body of a RECORDS frame. Returns true with `*record` pointing into the body.
// Returns false at the end; also if the body is not sound (the owner is no name, sizes do not fit, the count is 0), and the
// cursor is then bad.
bool frame_next(struct cursor *body, struct record_view *record);

// The number of sightings in a sound body of a RECORDS frame. Reports of floods count 0.
uint64_t frame_sightings(const uint8_t *body, size_t size);

// SPDX-License-Identifier: BSD-3-Clause
// The border between the two processes: frames over a Unix stream socket. The dataplane connects.
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
// Host byte order: both ends are on one machine. RECORDS and BYE frames are numbered from 1 within
// a stream (one start of a dataplane, named by a random UUID); the collector acknowledges a number
// once everything up to it is safe, and passes over numbers that it has had already, so a frame may
// be sent again after a reconnect. STATS and HELLO carry number 0 and are not acknowledged. Neither
// end trusts the other: every length is checked, an unsound frame ends the connection.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/common/cursor.h"

enum {
	FRAME_MAGIC = 0x4c424631, // "LBF1"
	FRAME_VERSION = 1,
	FRAME_SIZE_MAX = 131072,  // header included; the largest record takes 65,800 octets
	FRAME_RECORDS_MAX = 2000, // one frame is one MULTI/EXEC: bounds how long Redis is busy with it
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
	uint32_t records; // how many records the body holds
	uint64_t number;  // see above
};

struct frame_hello {
	uint8_t stream[STREAM_UUID_SIZE]; // random UUID of this start
	uint64_t start_s;		  // wall clock at start
	uint64_t stats_layout;		  // stats_layout() of the sender: must equal the receiver's
	char version[32];		  // terminated, as all texts here
	char sensor[64];		  // name of the sensor, setting `sensor`
	char host[64];			  // host name
	char ports[128];		  // ports captured from, comma-separated
};

enum record_flag {
	RECORD_NEW = 1,	 // first seen must be written too: the record is new to the table, or an
			 // earlier sighting than the one sent before has come
	RECORD_FLOOD = 2 // no record, but a report: the owner is a zone that random subdomains were asked of;
			 // count: about how many different ones since the last report. Type 0, no RDATA
};

struct record {
	uint32_t first_s;    // earliest sighting since the record entered the table, seconds since 1970
	uint32_t last_s;     // latest sighting
	uint32_t count;	     // sightings since the record was last handed over, at least 1
	uint16_t type;	     // RR type
	uint16_t rdata_size; // octets of canonical RDATA that follow the owner
	uint8_t owner_size;  // octets of the owner in wire form, 1..255
	uint8_t flags;	     // enum record_flag
	uint8_t zero[2];
};

// A record with its bytes, as both ends hold it.
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

void frame_begin(struct frame *f, uint8_t *bytes);

// Appends one record. False where the frame is full (FRAME_SIZE_MAX or FRAME_RECORDS_MAX): hand it
// over and begin another.
bool frame_add(struct frame *f, const struct record_view *record);

// Writes the header. The frame is ready to be sent: `f->size` octets from `f->bytes`.
void frame_finish(struct frame *f, enum frame_type type, uint64_t number);

// Checks a header read from the other side. NULL where it is sound, else what is wrong with it.
const char *frame_header_check(const struct frame_header *header);

// Reads the next record from a cursor over the body of a RECORDS frame. True with `*record`
// pointing into the body; false at the end, or with the cursor bad where the body is not sound
// (owner is not a name, sizes do not fit, count is 0).
bool frame_next(struct cursor *body, struct record_view *record);

// How many sightings the records of a sound body hold; reports about floods are none.
uint64_t frame_sightings(const uint8_t *body, size_t size);

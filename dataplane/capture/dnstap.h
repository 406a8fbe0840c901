// SPDX-License-Identifier: BSD-3-Clause
// dnstap in Frame Streams: what resolvers write to a file, or to a socket that fstrm_capture writes to a pipe. Each DNS response becomes
// a packet (dnstap_message.h). Read in blocks.
//
//     START ─► data frame ─► data frame ─► … ─► STOP        a frame: its size, big endian, and its data; size 0: a control frame
//
// Source: https://farsightsec.github.io/fstrm/, frames of unidirectional streams.
#pragma once

#include "dataplane/capture/dnstap_message.h"
#include "dataplane/capture/packet.h"

struct capture_unpack;

struct capture_dnstap {
	struct capture_unpack *source; // borrowed
	uint8_t *block;
	const uint8_t *at, *end;
	bool ends_at_stop;  // a connection: nothing is read after STOP
	bool is_cut;	    // the file ends within a frame, or without STOP
	bool is_refused;    // data of another content type
	uint64_t passed;    // frames that are left out by their type, or without a response
	uint64_t malformed; // frames that are not of the schema
	uint8_t *packet;    // the last one
	char error[160];    // after -1: what is wrong
};

// Which message types are taken by readers that are opened from now on: bits of enum dnstap_type. Call it before the first one.
void capture_dnstap_take(uint32_t types);

// Returns 1; 0 if the file is of another kind, and nothing was taken from the source; -1 with `error`. After 1 it must be closed.
int capture_dnstap_open(struct capture_dnstap *c, struct capture_unpack *source);
void capture_dnstap_close(struct capture_dnstap *c);

// As capture_next; CAPTURE_ANOTHER if another capture begins at `at`.
int capture_dnstap_next(struct capture_dnstap *c, struct capture_packet *packet);

// SPDX-License-Identifier: BSD-3-Clause
// pcapng (draft-ietf-opsawg-pcapng), read in blocks. A file has sections in either byte order; a section has interfaces, each
// with its own link type, snapshot length and clock.
//
//     block ┌───────────────┬───────────────────────────────┬ ─ ─ ─ ─ ─ ─ ─ ─ ┐
//           │ already read  │ section │ interface │ packet │ │ room to read into
//           └───────────────┴───────────────────────────────┴ ─ ─ ─ ─ ─ ─ ─ ─ ┘
//           offset          at                              end
#pragma once

#include "dataplane/capture/packet.h"

struct capture_unpack;

struct capture_ng_interface {
	uint16_t link_type; // as in the file
	bool is_known;	    // `link` says how its frames begin
	enum link_kind link;
	uint32_t snapshot;	  // octets of a packet; 0: without a limit
	uint64_t factor, divisor; // from its ticks to microseconds
	uint8_t shift;		  // instead of the divisor, if that is a power of 2
	int64_t offset_s;	  // of its clock, in seconds
};

struct capture_ng {
	struct capture_unpack *source; // borrowed
	int read_error;		       // errno of the source
	bool is_cut;		       // the file ends within a block
	uint8_t *block;
	const uint8_t *at, *end;
	uint64_t offset;   // in the (unpacked) file, of `block`
	uint64_t block_at; // of the block in hand
	bool is_little;	   // the byte order of the section
	bool is_mixed;	   // interfaces or sections differ in what libpcap requires to be equal
	bool has_first;
	struct capture_ng_interface first; // of the file
	bool is_refused;		   // perhaps sound, but of a kind that is not supported
	uint32_t sections;
	uint64_t us;				 // of the last packet with a time
	struct capture_ng_interface *interfaces; // of the section
	uint32_t interfaces_len, interfaces_room;
	char error[256];
};

// Returns 1; 0 if the file is no pcapng, and nothing was taken from the source; -1 with the reason in `error`. After 1 it must be
// closed.
int capture_ng_open(struct capture_ng *ng, struct capture_unpack *source);
void capture_ng_close(struct capture_ng *ng);

// As capture_next; `error` gives the offset. CAPTURE_ANOTHER if another capture begins at `at`.
int capture_ng_next(struct capture_ng *ng, struct capture_packet *packet);

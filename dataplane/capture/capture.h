// SPDX-License-Identifier: BSD-3-Clause
// Capture files: each is checked as a whole before any packet is taken from it, then read again packet by packet.
//
//     plain.h     pcap as tcpdump writes it, in blocks
//     pcapng.h    pcapng, in blocks
//     dnstap.h    dnstap in Frame Streams: DNS responses of resolvers
//     pcap.h      any other pcap, by libpcap
//
// gzip, zstd, xz and lz4 are unpacked while reading. Captures that were joined (cat a.pcap b.pcap) are read one after another,
// whatever their formats. Pipes are read once, without a check. A reader belongs to one thread at a time.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/capture/packet.h"

struct capture {
	const char *path;    // as given
	bool in_folder;	     // for the caller: found in a folder, not named
	enum link_kind link; // how its frames begin; pcapng: those of the first packet
	bool is_plain;	     // read by plain.h
	bool is_ng;	     // read by pcapng.h
	bool is_mixed;	     // pcapng or joined captures that libpcap could not read to the end
	const char *packed;  // how it is compressed: "gzip", "zstd", "xz", "lz4"; NULL: not
	bool is_damaged;     // or cut off; reading ends after `packets`
	bool is_passed;	     // for the caller: it is passed over
	bool is_cut;	     // damaged, and only because it ends early
	bool is_unverified;  // a checksum failed: packets read before may be wrong too
	uint32_t snapshot;   // most octets of a packet by the header of a pcap; 0: not given
	uint32_t longest;    // octets of its longest packet, may exceed `snapshot`
	uint64_t skip;	     // packets at its beginning that are not read; `packets` are those after them
	uint64_t packets;    // number of whole packets
	uint64_t bytes;	     // octets captured
	uint64_t snapped;    // packets of which only the beginning was captured
	uint64_t no_time;    // packets without a time that can be stored
	uint64_t passed;     // dnstap: frames of types that are not taken, or without a response
	uint64_t malformed;  // dnstap: frames that are not of the schema
	uint64_t first_us;   // when the first packet with a time was captured; CAPTURE_NO_TIME: none has one
};

struct capture_reader;

// Reads the whole file once: does it exist, is it whole, and is its link type understood? Returns 0; 1 if it is damaged or
// cut off, perhaps after packets that can be read; or -1 if nothing can be read. If not 0, `why` has one line with the
// file, what was found and what was expected. `path` must outlive `*capture`, whose former content is not read.
int capture_check(struct capture *capture, const char *path, char *why, size_t why_size);

// Opens a file that was checked and has packets. NULL with the reason in `why` if it can no longer be read.
struct capture_reader *capture_open(const struct capture *capture, char *why, size_t why_size);

// Opens a file that was not checked, to read its first packets. NULL if it is no capture that can be read.
struct capture_reader *capture_open_unchecked(const char *path);

// Reads what can be read once: a pipe, a socket. `fd` is owned from now on. Waits for the first octets, and capture_next for
// each packet, until `*stop` is set; then they fail. NULL without memory.
struct capture_reader *capture_open_stream(int fd, const atomic_bool *stop);

// The same for a connection of dnstap, after its handshake; it ends at STOP.
struct capture_reader *capture_open_dnstap(int fd, const atomic_bool *stop);

// Reads the next packet. Returns 1; 0 at the end of the file; -1 if it is damaged there, see capture_error.
int capture_next(struct capture_reader *reader, struct capture_packet *packet);

// Frames of dnstap so far that are no packets; see struct capture.
void capture_left_out(const struct capture_reader *reader, uint64_t *passed, uint64_t *malformed);

const char *capture_error(const struct capture_reader *reader);
bool capture_is_cut(const struct capture_reader *reader); // after -1: the end came too early, all before it is sound
bool capture_is_unverified(const struct capture_reader *reader); // after -1: packets read before may be wrong too
void capture_close(struct capture_reader *reader);

// SPDX-License-Identifier: BSD-3-Clause
// A stream: all frames of one start of a dataplane, named by its HELLO. A stream outlives its connections: frames that
// are sent again after a reconnect are recognized by their number in the stream.
//
//     received ≥ safe        numbers, in order: received from the dataplane, acknowledged to it
//
// Each STATS frame contains the number of sightings in all frames before it. It must be the number received.
//
// The registry has STREAMS_MAX slots and is stored in the spool (store.h). If all are used, a new stream replaces an idle
// one (no connection, no frame in memory): the least recently used one of the user with the most idle streams.
#pragma once

#include <sys/types.h>

#include "dataplane/common/frame.h"

enum { STREAM_UUID_TEXT_SIZE = 37, STREAMS_MAX = 256 };

#define STREAM_USER_UNKNOWN ((uid_t)-1)

struct stream {
	struct frame_hello hello;	  // inbox: set before the first frame is put; then read by all
	char uuid[STREAM_UUID_TEXT_SIZE]; // inbox: as hello; RFC 9562 text form of hello.stream

	uid_t user;	   // inbox: of the dataplane's process; STREAM_USER_UNKNOWN after a restart until it reconnects
	bool used;	   // inbox: the slot holds a stream
	bool connected;	   // inbox: a dataplane is connected
	bool ended;	   // inbox: BYE received; `received` is its number
	bool end_queued;   // inbox: the request to forget the stream was put
	uint64_t received; // inbox: highest number received; 0: none
	uint64_t sightings; // inbox: in the frames up to `received`
	bool counted;	    // inbox: `sightings` is known
	bool astray;	    // inbox: a comparison has failed; logged once
	uint64_t used_ms;   // inbox: monotonic time of the last change of connection
	uint64_t bye_ms;    // inbox: monotonic time when the BYE came, or 0
	uint64_t ended_ms;  // inbox: monotonic time when the stream was found complete, or 0

	uint64_t safe;	 // highest number that is committed; spool: rw, inbox: ro (under the spool's lock)
	uint32_t queued; // frames put and not yet committed, also under its lock
};

struct stream_registry {
	struct stream slots[STREAMS_MAX]; // inbox owns the slots
};

// Returns the stream of a HELLO from a process of `user`, known or new. NULL with `*why` if all slots are in use, or if a
// known stream has another HELLO or another user than before. Inbox thread.
struct stream *stream_find(struct stream_registry *r, const struct frame_hello *hello, uid_t user, uint64_t now_ms,
	const char **why);

// Result of comparing the sightings that a dataplane has sent with those received.
enum stream_verdict {
	STREAM_EVEN,	 // equal; or nothing was known yet, and the number is taken over
	STREAM_AHEAD,	 // not comparable: an earlier connection brought more frames
	STREAM_ASTRAY,	 // different: a bug
	STREAM_OLDER,	 // acknowledged frames are not known: the spool was replaced by an older one
	STREAM_ELSEWHERE // no frame is known: another spool acknowledged them
};

struct stream_gap {
	uint64_t frames, sightings; // OLDER and ELSEWHERE: acknowledged, but not known here
};

// The dataplane has sent `sightings` in its frames up to `number`, before this. After a gap, the stream continues after
// it. Inbox thread.
enum stream_verdict stream_compare(struct stream *s, uint64_t number, uint64_t sightings, struct stream_gap *gap);

// Writes the UUID in text form.
void stream_uuid_text(const uint8_t uuid[static STREAM_UUID_SIZE], char out[static STREAM_UUID_TEXT_SIZE]);

// SPDX-License-Identifier: BSD-3-Clause
// One start of a dataplane, as its HELLO names it. A stream outlives its connections: frames that
// come again after a reconnect are recognised by their number within the stream.
//
//     received ≥ safe        numbers, in order: taken from the dataplane, acknowledged to it
//
// Each STATS frame tells how many sightings the frames before it hold: those must be the sightings taken.
//
// The registry is bounded; a new stream takes the place of the one unused for longest that has no
// connection and no frame in memory, of those of the user who has most. It is kept in the spool (store.h), slot by slot.
#pragma once

#include <sys/types.h>

#include "dataplane/common/frame.h"

enum { STREAM_UUID_TEXT_SIZE = 37, STREAMS_MAX = 256 };

#define STREAM_USER_UNKNOWN ((uid_t)-1)

struct stream {
	struct frame_hello hello;	  // inbox: set before the first frame is put; then read by all
	char uuid[STREAM_UUID_TEXT_SIZE]; // inbox: as hello; RFC 9562 text form of hello.stream

	uid_t user;	    // inbox: of the dataplane's process; STREAM_USER_UNKNOWN after a restart, until it is back
	bool used;	    // inbox: the slot holds a stream
	bool connected;	    // inbox: a dataplane is there
	bool ended;	    // inbox: BYE received; `received` is its number
	bool end_queued;    // inbox: the request to forget the stream was put
	uint64_t received;  // inbox: highest number taken, 0 before the first
	uint64_t sightings; // inbox: in the frames up to `received`
	bool counted;	    // inbox: `sightings` is known
	bool astray;	    // inbox: it was found to be wrong once
	uint64_t used_ms;   // inbox: monotonic time of the last change of connection
	uint64_t bye_ms;    // inbox: monotonic time when the BYE came, or 0
	uint64_t ended_ms;  // inbox: monotonic time when the stream was found complete, or 0

	uint64_t safe;	 // highest number that is committed; spool: rw, inbox: ro (under the spool's lock)
	uint32_t queued; // frames put and not yet committed, also under its lock
};

struct stream_registry {
	struct stream slots[STREAMS_MAX]; // inbox owns the slots
};

// The stream of a HELLO from a process of `user`, known or new. NULL if every slot is in use, or if a known stream comes with
// another HELLO than before, or of another user: `*why` then says so. Inbox thread.
struct stream *stream_find(struct stream_registry *r, const struct frame_hello *hello, uid_t user, uint64_t now_ms,
	const char **why);

// What a dataplane says of its frames, against what was taken of them.
enum stream_verdict {
	STREAM_EVEN,	 // the same number of sightings; or none is known yet, and this one is taken over
	STREAM_AHEAD,	 // not comparable: more was taken before than this connection has carried
	STREAM_ASTRAY,	 // another number: a bug
	STREAM_OLDER,	 // frames that it had acknowledged are not known here: the spool is older than it was
	STREAM_ELSEWHERE // none is: they were given to another spool
};

struct stream_gap {
	uint64_t frames, sightings; // of OLDER and ELSEWHERE: what was acknowledged and is not known
};

// The frames up to `number`, which hold so many sightings, have all come before this. A gap is taken note of: the stream goes on
// behind it. Inbox thread.
enum stream_verdict stream_compare(struct stream *s, uint64_t number, uint64_t sightings, struct stream_gap *gap);

// Writes the UUID in text form.
void stream_uuid_text(const uint8_t uuid[static STREAM_UUID_SIZE], char out[static STREAM_UUID_TEXT_SIZE]);

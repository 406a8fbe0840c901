// SPDX-License-Identifier: BSD-3-Clause
// Where dataplanes hand over their frames (dataplane/common/frame.h): a Unix stream socket, a poll loop,
// one buffer a connection. Sound frames go to the spool, statistics to the sensors; numbers that came
// before are passed over; what the spool has committed is acknowledged. A full spool stops the
// reading, so that the dataplane keeps its records.
//
//     BYE committed ──► ACK ──► the dataplane closes ──► SPOOL_END ──► the stream is forgotten
//
// The stream must be known until the dataplane has surely read the ACK of its BYE: should that ACK
// be lost, the dataplane sends again what it thinks unacknowledged, and only the number tells that
// it was taken. A close with the ACK unread in the socket arrives as ECONNRESET, a close after
// reading it as end of file (Linux, AF_UNIX): only the latter ends the stream.
//
// The ACK of a BYE waits until all is in Redis, INBOX_BYE_MS at most: whoever waits for the end of a
// replay finds its records, where Redis keeps up.
//
// One thread: the main thread.
#pragma once

#include "collector/inbox/sensors.h"
#include "collector/spool/spool.h"

enum { INBOX_CONNECTIONS_MAX = 64, INBOX_HELLO_MS = 10000, INBOX_LINGER_MS = 2000 };

struct inbox;

// Listens on `path`, mode 0660; nothing is taken before inbox_begin. A stale socket is replaced; NULL with one line in `why` where someone
// listens there, where the path is something else, or on any other failure. The board
// is borrowed and must outlive it.
struct inbox *inbox_create(const char *path, struct sensors *sensors, char *why, size_t why_size);

// Names where frames go. Both are borrowed and must outlive it.
void inbox_begin(struct inbox *inbox, struct spool *spool, struct stream_registry *streams);
void inbox_free(struct inbox *inbox);

// Waits (a second at most) and handles what came. True where `other_fd` has become readable.
bool inbox_turn(struct inbox *inbox, int other_fd);

// True once some dataplane has said BYE, all of it is safe, and the dataplane knows or was given
// INBOX_LINGER_MS to.
bool inbox_is_finished(struct inbox *inbox);

// Stops to accept and to read; acknowledgements still go out with inbox_acknowledge.
void inbox_stop(struct inbox *inbox);
void inbox_acknowledge(struct inbox *inbox);

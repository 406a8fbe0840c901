// SPDX-License-Identifier: BSD-3-Clause
// Accepts dataplanes on a Unix stream socket and receives their frames (dataplane/common/frame.h). One poll loop, one
// buffer per connection. Sound frames go to the spool, counters to sensors.h. Frames with a number that came before are
// dropped. Frames that the spool has committed are acknowledged. If the spool is full, reading stops, so that dataplanes
// keep their records.
//
//     BYE committed ──► ACK ──► the dataplane closes ──► SPOOL_END ──► the stream is forgotten
//
// The stream must be known until the dataplane has read the ACK of its BYE. If that ACK is lost, the dataplane sends its
// unacknowledged frames again, and only their numbers show that they were received. If the peer closes with the ACK
// unread in the socket, we get ECONNRESET; if it closes after reading it, end of file (Linux, AF_UNIX). Only the latter
// ends the stream.
//
// The ACK of a BYE waits until Redis has all batches, INBOX_BYE_MS at most: then the records of a replay are in Redis when
// it ends, if Redis keeps up.
//
// Main thread only.
#pragma once

#include "collector/inbox/sensors.h"
#include "collector/spool/spool.h"

enum { INBOX_CONNECTIONS_MAX = 64, INBOX_HELLO_MS = 10000, INBOX_LINGER_MS = 2000 };

struct inbox;

// Listens on `path`, mode 0660; accepts nothing before inbox_begin. Replaces a stale socket. NULL with one line in `why`:
// another process listens there, the path is not a socket, or any other failure. `sensors` is borrowed and must outlive
// the inbox.
struct inbox *inbox_create(const char *path, struct sensors *sensors, char *why, size_t why_size);

// Sets where frames go. Both are borrowed and must outlive the inbox.
void inbox_begin(struct inbox *inbox, struct spool *spool, struct stream_registry *streams);
void inbox_free(struct inbox *inbox);

// Waits up to a second and handles what came. True if `other_fd` is readable.
bool inbox_turn(struct inbox *inbox, int other_fd);

// True if a dataplane has sent BYE, its whole stream is committed, and it has read the ACK or INBOX_LINGER_MS are over.
bool inbox_is_finished(struct inbox *inbox);

// Stops accepting and reading. inbox_acknowledge still sends acknowledgements.
void inbox_stop(struct inbox *inbox);
void inbox_acknowledge(struct inbox *inbox);

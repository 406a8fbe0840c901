// SPDX-License-Identifier: BSD-3-Clause
// The octets of a connection: received and cut into frames; acknowledgements sent. Inbox thread only.
#pragma once

#include "collector/inbox/peer.h"

enum { INBOX_BYE_MS = 3000 }; // the ACK of a BYE waits for Redis this long at most (inbox.h)

// Reads what is there and deals with whole frames.
void inbox_conn_read(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Deals with frames that waited for room.
void inbox_conn_unblock(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Acknowledges what is safe, as far as the socket takes it.
void inbox_conn_acknowledge(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Closes and frees the slot. `why` (may be NULL) goes to the log.
void inbox_conn_close(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms, const char *why);

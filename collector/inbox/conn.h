// SPDX-License-Identifier: BSD-3-Clause
// Receives the octets of a connection and cuts them into frames; sends acknowledgements. Inbox thread only.
#pragma once

#include "collector/inbox/peer.h"

enum { INBOX_BYE_MS = 3000 }; // longest wait of the ACK of a BYE for Redis (inbox.h)

// Reads what has arrived, and handles complete frames.
void inbox_conn_read(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Handles frames that waited for room in the spool.
void inbox_conn_unblock(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Acknowledges what is committed, as far as the socket accepts it.
void inbox_conn_acknowledge(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms);

// Closes the connection and frees its slot. Logs `why`, unless it is NULL.
void inbox_conn_close(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms, const char *why);

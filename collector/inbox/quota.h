// SPDX-License-Identifier: BSD-3-Clause
// Limits connections per user, so that one member of the socket's group cannot keep out the dataplanes of others. The user
// is that of the process that connected (SO_PEERCRED).
#pragma once

#include "collector/inbox/peer.h"

enum {
	INBOX_USER_MAX = 16, // connections of one user
	INBOX_SILENT_MAX = 4 // of those, before their HELLO
};

// What to do with a new connection.
struct inbox_place {
	struct inbox_conn *conn; // its slot; NULL: reject it
	const char *why;	 // why the connection that has the slot must be closed; NULL: the slot is free;
				 // `conn` NULL: why the new one is rejected
};

// A user may have INBOX_USER_MAX connections, INBOX_SILENT_MAX of them before their HELLO. If no slot is free, the user with
// the most connections loses one, unless the new one's user would then have as many.
struct inbox_place inbox_quota_place(struct inbox_conn *conns, size_t conns_len, uid_t user);

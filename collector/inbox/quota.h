// SPDX-License-Identifier: BSD-3-Clause
// Who may have a connection: a slot belongs to the user of the process at its other end (SO_PEERCRED), so that one member of
// the socket's group cannot keep the dataplanes of others out.
#pragma once

#include "collector/inbox/peer.h"

enum {
	INBOX_USER_MAX = 16, // connections of one user
	INBOX_SILENT_MAX = 4 // of those, before their HELLO
};

// What is to be done with a new connection of a user.
struct inbox_place {
	struct inbox_conn *conn; // where it goes; NULL: it is turned away
	const char *why;	 // why the connection that is there now is to be closed; NULL: the slot is free;
				 // `conn` NULL: why the new one is turned away
};

// A user has up to INBOX_USER_MAX connections, INBOX_SILENT_MAX of them before their HELLO. If no slot is free, the user with the
// most connections gives one up, unless the new one's user would have as many.
struct inbox_place inbox_quota_place(struct inbox_conn *conns, size_t conns_len, uid_t user);

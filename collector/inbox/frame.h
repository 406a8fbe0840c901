// SPDX-License-Identifier: BSD-3-Clause
// One whole frame of a dataplane: checks it and hands it on. Inbox thread only.
#pragma once

#include "collector/inbox/peer.h"

// FRAME_WAITS: the spool is full; call again with the same frame later.
enum frame_outcome { FRAME_TAKEN, FRAME_WAITS, FRAME_UNSOUND };

// FRAME_UNSOUND: `*why` says what is wrong.
enum frame_outcome inbox_frame(struct inbox_conn *c, const struct conn_target *to, const struct frame_header *header,
	const uint8_t *body, uint64_t now_ms, const char **why);

// SPDX-License-Identifier: BSD-3-Clause
// The beginning and the end of a Frame Streams connection, on the receiver's side. One thread per connection.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

// Answers READY by ACCEPT, if the sender's content types contain dnstap; a sender that begins with START waits for nothing, and START stays to be
// read. False with one line in `why`: another protocol or content type, `ms` milliseconds have passed, or `*stop` was set.
bool dnstap_handshake(int fd, const atomic_bool *stop, int ms, char *why, size_t why_size);

// After STOP: sends FINISH, which a sender without a handshake ignores. Does not wait.
void dnstap_handshake_finish(int fd);

// SPDX-License-Identifier: BSD-3-Clause
// Sockets on which resolvers deliver dnstap, by Frame Streams. A thread per connection reads it (capture/dnstap.h), and puts the packets into
// one ring, from which the workers take them as from a pipe. If the ring is full, the threads stop reading, and the resolvers wait, or drop
// and count at their side.
//
//     resolver ─► connection's thread: handshake, capture/ ─► pipe_input ─► replay ─► worker
//
// Source: https://farsightsec.github.io/fstrm/, bidirectional handshake: READY, ACCEPT, START, data, STOP, FINISH.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct dnstap_listen;
struct pipe_input;

// Opens the sockets of a comma-separated list: unix:/PATH, tcp:ADDRESS:PORT, tcp:[IPV6]:PORT. `group`: of the files of Unix sockets, which owner
// and group may use; "": the group of the process. NULL with one line in `why`. Main thread, before the sandbox.
struct dnstap_listen *dnstap_listen_open(const char *list, const char *group, char *why, size_t why_size);

// Starts the thread that accepts. Packets are put into `to`, which must outlive it. Returns 0, or -1 without memory.
int dnstap_listen_start(struct dnstap_listen *l, struct pipe_input *to);

// Ends all threads and connections; NULL is allowed. Main thread, before pipe_input_close.
void dnstap_listen_close(struct dnstap_listen *l);

// SPDX-License-Identifier: BSD-3-Clause
// TLS 1.2 and 1.3 over a connected socket, as a client (GnuTLS). The certificates are read from their files for each
// connection. The server's certificate is always checked. No call waits. One thread at a time; no locks.
#pragma once

#include "collector/redis/settings.h"

#include <sys/types.h>

struct redis_tls;

enum { REDIS_TLS_FAILED = -2 }; // redis_tls_why

// Borrows `fd` and `at`. NULL without memory; other errors are those of the handshake.
struct redis_tls *redis_tls_new(int fd, const struct redis_settings *s, const struct endpoint *at);
void redis_tls_free(struct redis_tls *t); // says goodbye to the server; NULL is fine

// Goes on with the handshake. 0: done; POLLIN or POLLOUT: wait for it and call again; REDIS_TLS_FAILED.
int redis_tls_handshake(struct redis_tls *t);

// The handshake takes too long: says so in redis_tls_why.
void redis_tls_time_out(struct redis_tls *t);

// As send(2) and recv(2): octets, -1 with errno, or REDIS_TLS_FAILED. With EAGAIN, `*events` is what to wait for; a send is then
// repeated with the same octets.
ssize_t redis_tls_send(struct redis_tls *t, const char *bytes, size_t size, short *events);
ssize_t redis_tls_receive(struct redis_tls *t, char *to, size_t size, short *events);

// Why it failed: one line, with what to do.
const char *redis_tls_why(const struct redis_tls *t);

// When the server's certificate expires; 0: not known.
time_t redis_tls_expires(const struct redis_tls *t);

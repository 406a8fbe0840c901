// SPDX-License-Identifier: BSD-3-Clause
// The socket of a connection to Redis or a Sentinel, with or without TLS, and the reader of its replies. Everything that is
// sent or received passes here, so a connection of rediss:// cannot be used without TLS. After a failure, `err` and `why` are
// set and the link can only be freed. One thread at a time; no locks.
#pragma once

#include "collector/redis/settings.h"

#include <hiredis/hiredis.h>
#include <sys/types.h>

struct redis_tls;

struct redis_link {
	int fd;		       // owned; -1: not connected
	struct redis_tls *tls; // NULL: without; owned
	redisReader *reader;   // of replies; owned
	struct endpoint at;    // where it is connected to
	int64_t timeout_ms;    // redis.timeout
	bool greeted;	       // octets were received
	int err;	       // REDIS_ERR_…; 0: none
	int error;	       // errno with REDIS_ERR_IO; EAGAIN: timed out
	bool by_tls;	       // TLS or a certificate caused the failure
	char why[480];	       // of the failure, one line
};

// Connects, within `patience_ms`, and shakes hands if the settings have TLS and `at` is a TCP address. NULL if there is no
// memory; on other errors `err` is set.
struct redis_link *redis_link_open(const struct redis_settings *s, const struct endpoint *at, int64_t patience_ms);

// Takes a connected socket, without TLS. NULL without memory.
struct redis_link *redis_link_of(int fd, int64_t timeout_ms);

// Closes; NULL is fine.
void redis_link_free(struct redis_link *l);

// Sends all octets. No wait is longer than `ms`. 0 or -1.
int redis_link_send(struct redis_link *l, const char *bytes, size_t size, int64_t ms);

// Receives up to `size` octets, at least one, within `ms`. Returns how many, or -1; a closed connection is REDIS_ERR_EOF.
ssize_t redis_link_receive(struct redis_link *l, char *to, size_t size, int64_t ms);

// Receives octets into the reader, within `ms`. 0 or -1.
int redis_link_feed(struct redis_link *l, int64_t ms);

// One reply of the reader; NULL if it is not complete yet, or with `err`: not one.
void *redis_link_reply(struct redis_link *l);

// True if the server has closed the connection while it was idle: no reply is due.
bool redis_link_is_closed(struct redis_link *l);

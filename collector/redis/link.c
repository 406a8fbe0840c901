// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/link.h"

#include "collector/base/beat.h"
#include "collector/redis/tls.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FEED_SIZE = 16 * 1024 };

static int fail(struct redis_link *l, int err, const char *why)
{
	l->err = err;
	snprintf(l->why, sizeof(l->why), "%s", why);
	return -1;
}

static int fail_errno(struct redis_link *l, int error)
{
	l->error = error;
	return fail(l, REDIS_ERR_IO, strerror(error));
}

// The connection has ended. A TLS server ends it if it gets commands without TLS.
static int fail_closed(struct redis_link *l, int error)
{
	static const char hint[] =
		"it closed the connection without a reply; if this is the port of tls-port in redis.conf, write the address as "
		"rediss://HOST:PORT";

	l->error = error;
	return fail(l, error ? REDIS_ERR_IO : REDIS_ERR_EOF,
		!l->tls && !l->greeted && l->at.kind == ENDPOINT_TCP ? hint
		: error						     ? strerror(error)
								     : "it closed the connection");
}

static int fail_tls(struct redis_link *l)
{
	l->by_tls = true;
	return fail(l, REDIS_ERR_OTHER, redis_tls_why(l->tls));
}

// connecting ─────────────────────────────────────────────────────────────────────────────────

struct redis_link *redis_link_of(int fd, int64_t timeout_ms)
{
	struct redis_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	*l = (struct redis_link){.fd = fd, .timeout_ms = timeout_ms, .reader = redisReaderCreate()};
	if (l->reader)
		return l;
	free(l);
	return NULL;
}

// Connects by hiredis, which resolves names and waits, and takes the socket from it.
static int connect_socket(struct redis_link *l, const struct endpoint *at, int64_t patience_ms)
{
	struct timeval patience = {.tv_sec = (time_t)(patience_ms / 1000),
		.tv_usec = (suseconds_t)(patience_ms % 1000 * 1000)};
	redisContext *c = at->kind == ENDPOINT_UNIX ? redisConnectUnixWithTimeout(at->path, patience)
						    : redisConnectWithTimeout(at->host, at->port, patience);

	if (!c)
		return fail(l, REDIS_ERR_OOM, "out of memory");
	if (c->err) {
		l->error = errno;
		fail(l, c->err, c->errstr);
		redisFree(c);
		return -1;
	}
	if (at->kind == ENDPOINT_TCP)
		redisEnableKeepAlive(c);
	l->fd = redisFreeKeepFd(c);
	return 0;
}

// The handshake, or fails at `until_ms`.
static int shake_hands(struct redis_link *l, const struct redis_settings *s, int64_t until_ms)
{
	int result;

	l->tls = redis_tls_new(l->fd, s, &l->at);
	if (!l->tls)
		return fail(l, REDIS_ERR_OOM, "out of memory");
	while ((result = redis_tls_handshake(l->tls)) > 0) {
		int64_t left = until_ms - (int64_t)monotonic_ms();
		struct pollfd fd = {.fd = l->fd, .events = (short)result};
		int ready = poll(&fd, 1, (int)(left > 0 ? left : 0));
		if (ready < 0 && errno != EINTR)
			return fail_errno(l, errno);
		if (ready == 0) {
			redis_tls_time_out(l->tls);
			return fail_tls(l);
		}
	}
	return result == 0 ? 0 : fail_tls(l);
}

struct redis_link *redis_link_open(const struct redis_settings *s, const struct endpoint *at, int64_t patience_ms)
{
	int64_t until_ms = (int64_t)monotonic_ms() + patience_ms;
	struct redis_link *l = redis_link_of(-1, (int64_t)(s->timeout_s * 1e3 + 0.999));

	if (!l)
		return NULL;
	l->at = *at;
	beat();
	if (connect_socket(l, at, patience_ms > 0 ? patience_ms : 1) == 0 && s->tls && at->kind == ENDPOINT_TCP)
		shake_hands(l, s, until_ms);
	return l;
}

void redis_link_free(struct redis_link *l)
{
	if (!l)
		return;
	redis_tls_free(l->tls);
	if (l->fd >= 0)
		close(l->fd);
	redisReaderFree(l->reader);
	free(l);
}

// octets ─────────────────────────────────────────────────────────────────────────────────────

// Waits for an event until `until_ms`. 0, or -1: failed.
static int wait_for(struct redis_link *l, short events, int64_t until_ms)
{
	int ready;

	beat();
	do {
		int64_t left = until_ms - (int64_t)monotonic_ms();
		ready = poll(&(struct pollfd){.fd = l->fd, .events = events}, 1, (int)(left > 0 ? left : 0));
	} while (ready < 0 && errno == EINTR);
	return ready > 0 ? 0 : fail_errno(l, ready == 0 ? EAGAIN : errno);
}

// As send(2) and recv(2) without waiting; `*events`: what to wait for after EAGAIN.
static ssize_t send_some(struct redis_link *l, const char *bytes, size_t size, short *events)
{
	beat();
	*events = POLLOUT;
	return l->tls ? redis_tls_send(l->tls, bytes, size, events)
		      : send(l->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t receive_some(struct redis_link *l, char *to, size_t size, short *events)
{
	*events = POLLIN;
	return l->tls ? redis_tls_receive(l->tls, to, size, events) : recv(l->fd, to, size, MSG_DONTWAIT);
}

int redis_link_send(struct redis_link *l, const char *bytes, size_t size, int64_t ms)
{
	short events;

	while (size > 0) {
		ssize_t n = send_some(l, bytes, size, &events);
		int error = errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		} else if (n == REDIS_TLS_FAILED) {
			return fail_tls(l);
		} else if (error == EAGAIN || error == EWOULDBLOCK) {
			if (wait_for(l, events, (int64_t)monotonic_ms() + ms) != 0)
				return -1;
		} else if (error != EINTR) {
			return fail_errno(l, error);
		}
	}
	return 0;
}

ssize_t redis_link_receive(struct redis_link *l, char *to, size_t size, int64_t ms)
{
	int64_t until_ms = (int64_t)monotonic_ms() + ms;
	short events;

	for (;;) {
		ssize_t n = receive_some(l, to, size, &events);
		int error = errno;
		if (n > 0) {
			// an alert record of TLS is no reply
			if (!l->tls && !l->greeted && to[0] == 0x15 && l->at.kind == ENDPOINT_TCP)
				return fail(l, REDIS_ERR_PROTOCOL,
					"found a TLS server, expected Redis without TLS; write the address as rediss://HOST:PORT");
			l->greeted = true;
			return n;
		}
		if (n == REDIS_TLS_FAILED)
			return fail_tls(l);
		if (n == 0 || error == ECONNRESET || error == EPIPE)
			return fail_closed(l, n == 0 ? 0 : error);
		if (error == EAGAIN || error == EWOULDBLOCK) {
			if (wait_for(l, events, until_ms) != 0)
				return -1;
		} else if (error != EINTR) {
			return fail_errno(l, error);
		}
	}
}

int redis_link_feed(struct redis_link *l, int64_t ms)
{
	char bytes[FEED_SIZE];
	ssize_t n = redis_link_receive(l, bytes, sizeof(bytes), ms);

	if (n < 0)
		return -1;
	if (redisReaderFeed(l->reader, bytes, (size_t)n) != REDIS_OK)
		return fail(l, l->reader->err, l->reader->errstr);
	return 0;
}

void *redis_link_reply(struct redis_link *l)
{
	void *reply = NULL;

	if (redisReaderGetReply(l->reader, &reply) != REDIS_OK) {
		fail(l, l->reader->err, l->reader->errstr);
		return NULL;
	}
	return reply;
}

bool redis_link_is_closed(struct redis_link *l)
{
	char octet;
	short events;

	if (!l->tls)
		return recv(l->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
	ssize_t n = redis_tls_receive(l->tls, &octet, 1, &events);
	return n != -1 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

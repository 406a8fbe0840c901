// SPDX-License-Identifier: BSD-3-Clause
#include "collector/inbox/inbox.h"

#include "collector/inbox/conn.h"
#include "collector/inbox/listen.h"
#include "collector/inbox/quota.h"
#include "collector/base/metrics.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POLL_OTHER, POLL_SPOOL, POLL_LISTENER, POLL_CONNECTIONS, WAIT_MS = 1000, ACCEPT_PAUSE_MS = 1000 };
enum { ACCEPTS_PER_TURN = 32, TURNED_AGAIN_MS = 60000 };

struct inbox {
	struct inbox_listener listener;
	struct conn_target to;
	struct inbox_conn conns[INBOX_CONNECTIONS_MAX];
	uint64_t turned_logged_ms; // when a rejected connection was last logged, or 0
	bool spent_logged;	   // "no descriptor is left" was said, and no connection taken since
	uint64_t pause_ms;	   // no connection is taken before then: there was no descriptor
};

void inbox_begin(struct inbox *inbox, struct spool *spool, struct stream_registry *streams)
{
	inbox->to.spool = spool;
	inbox->to.streams = streams;
}

struct inbox *inbox_create(const char *path, struct sensors *sensors, char *why, size_t why_size)
{
	struct inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	if (inbox_listen(&inbox->listener, path, why, why_size) != 0) {
		free(inbox);
		return NULL;
	}
	inbox->to = (struct conn_target){.sensors = sensors};
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		inbox->conns[i].fd = -1;
	return inbox;
}

void inbox_free(struct inbox *inbox)
{
	if (!inbox)
		return;
	inbox_unlisten(&inbox->listener);
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		if (inbox->conns[i].fd >= 0)
			inbox_conn_close(&inbox->conns[i], &inbox->to, monotonic_ms(), NULL);
	free(inbox);
}

// The user of the process that connected; -1 if not known. All of unknown user share one quota.
static uid_t user_of(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : (uid_t)-1;
}

static void turn_away(struct inbox *inbox, int fd, uid_t user, const char *why, uint64_t now)
{
	metrics_add(turned_away, 1);
	if (inbox->turned_logged_ms == 0 || now - inbox->turned_logged_ms > TURNED_AGAIN_MS) {
		log_warning("a dataplane of user %u was rejected: %s (at most %d per user, %d in all)", (unsigned)user,
			why, INBOX_USER_MAX, INBOX_CONNECTIONS_MAX);
		inbox->turned_logged_ms = now;
	}
	close(fd);
}

// Without descriptors, a connection in the backlog would wake the loop again and again: stop accepting for a second.
static void pause_accepting(struct inbox *inbox, uint64_t now)
{
	inbox->pause_ms = now + ACCEPT_PAUSE_MS;
	if (!inbox->spent_logged)
		log_error("cannot accept a dataplane: %s; raise the limit of open files (LimitNOFILE, ulimit -n)",
			strerror(errno));
	inbox->spent_logged = true;
}

// False if there is none to accept, or not now.
static bool accept_one(struct inbox *inbox, uint64_t now)
{
	int fd = accept4(inbox->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(inbox, now);
		return false;
	}
	inbox->spent_logged = false;
	uid_t user = user_of(fd);
	struct inbox_place slot = inbox_quota_place(inbox->conns, INBOX_CONNECTIONS_MAX, user);
	uint8_t *in = slot.conn ? malloc(CONN_BUFFER_SIZE) : NULL;
	if (!in) {
		turn_away(inbox, fd, user, slot.conn ? "out of memory" : slot.why, now);
		return true;
	}
	if (slot.why) {
		metrics_add(turned_away, 1);
		inbox_conn_close(slot.conn, &inbox->to, now, slot.why);
	}
	*slot.conn = (struct inbox_conn){.fd = fd,
		.user = user,
		.since_ms = now,
		.heard_ms = now,
		.in = in,
		.out_done = sizeof(slot.conn->out)};
	metrics_add(accepted, 1);
	return true;
}

// After a HELLO, the stream belongs to this connection. An older connection of it is dead, even if its end was not noticed
// yet.
static void adopt_stream(struct inbox *inbox, struct inbox_conn *c, uint64_t now)
{
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		struct inbox_conn *other = &inbox->conns[i];
		if (other != c && other->fd >= 0 && other->stream == c->stream)
			inbox_conn_close(other, &inbox->to, now, "its dataplane connected again");
	}
	c->stream->connected = true;
	sensors_connected(inbox->to.sensors, &c->stream->hello, true, now);
}

static void serve(struct inbox *inbox, struct inbox_conn *c, short events, uint64_t now)
{
	bool had_stream = c->stream != NULL;

	if (c->blocked)
		inbox_conn_unblock(c, &inbox->to, now);
	if (c->fd >= 0 && !c->blocked && (events & (POLLIN | POLLHUP | POLLERR)))
		inbox_conn_read(c, &inbox->to, now);
	if (c->fd >= 0 && !had_stream && c->stream)
		adopt_stream(inbox, c, now);
	if (c->fd >= 0)
		inbox_conn_acknowledge(c, &inbox->to, now);
	if (c->fd >= 0 && !c->stream && now - c->since_ms > INBOX_HELLO_MS)
		inbox_conn_close(c, &inbox->to, now, "no HELLO within 10 s");
}

// What to poll for. A connection that waits for room in the spool is left out (fd -1): otherwise its end would wake the
// loop again and again.
static struct pollfd wanted(const struct inbox_conn *c)
{
	short out = c->out_done < sizeof(c->out) ? POLLOUT : 0;

	if (c->blocked)
		return (struct pollfd){.fd = -1};
	return (struct pollfd){.fd = c->fd, .events = (short)(POLLIN | out)};
}

bool inbox_turn(struct inbox *inbox, int other_fd)
{
	struct pollfd fds[POLL_CONNECTIONS + INBOX_CONNECTIONS_MAX] = {
		[POLL_OTHER] = {.fd = other_fd, .events = POLLIN},
		[POLL_SPOOL] = {.fd = spool_fd(inbox->to.spool), .events = POLLIN},
		[POLL_LISTENER] = {.fd = monotonic_ms() < inbox->pause_ms ? -1 : inbox->listener.fd, .events = POLLIN},
	};
	struct inbox_conn *conns[INBOX_CONNECTIONS_MAX]; // only those in use: poll() accepts no more than RLIMIT_NOFILE
	uint64_t moved, connected = 0;
	size_t len = 0;

	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++) {
		if (inbox->conns[i].fd < 0)
			continue;
		conns[len] = &inbox->conns[i];
		fds[POLL_CONNECTIONS + len++] = wanted(&inbox->conns[i]);
	}
	if (poll(fds, POLL_CONNECTIONS + len, WAIT_MS) < 0)
		return false;
	uint64_t now = monotonic_ms();
	if (fds[POLL_SPOOL].revents && read(fds[POLL_SPOOL].fd, &moved, sizeof(moved)) < 0 && errno != EAGAIN)
		log_error("eventfd: %s", strerror(errno));
	for (size_t i = 0; i < len; i++)
		if (conns[i]->fd >= 0)
			serve(inbox, conns[i], fds[POLL_CONNECTIONS + i].revents, now);
	for (int i = 0; i < ACCEPTS_PER_TURN && fds[POLL_LISTENER].revents && accept_one(inbox, now); i++)
		;
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		connected += inbox->conns[i].stream != NULL;
	metrics_set(connections, connected);
	return fds[POLL_OTHER].revents != 0;
}

// The stream has ended with a BYE and all of it is committed. Notes since when.
static bool is_complete(struct inbox *inbox, struct stream *s, uint64_t now)
{
	if (!s->used || !s->ended || spool_safe(inbox->to.spool, s) < s->received)
		return false;
	if (s->ended_ms == 0)
		s->ended_ms = now;
	return __atomic_load_n(&s->queued, __ATOMIC_ACQUIRE) == 0;
}

bool inbox_is_finished(struct inbox *inbox)
{
	uint64_t now = monotonic_ms();

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &inbox->to.streams->slots[i];
		if (is_complete(inbox, s, now) && (s->end_queued || now - s->ended_ms > INBOX_LINGER_MS))
			return true;
	}
	return false;
}

void inbox_stop(struct inbox *inbox)
{
	inbox_unlisten(&inbox->listener);
}

void inbox_acknowledge(struct inbox *inbox)
{
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		if (inbox->conns[i].fd >= 0)
			inbox_conn_acknowledge(&inbox->conns[i], &inbox->to, monotonic_ms());
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/dnstap_listen.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/capture/capture.h"
#include "dataplane/capture/dnstap_handshake.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/intake/pipe_input.h"

enum {
	LISTENERS_MAX = 8,
	CONNECTIONS_MAX = 32, // about 1 MiB each
	BACKLOG = 128,
	WAIT_MS = 200,	      // after which a thread looks whether it should end
	HANDSHAKE_MS = 10000, // until START must have come
	WARNINGS_MAX = 20     // per minute; hostile connections must not fill the log
};

struct connection {
	struct dnstap_listen *of;
	pthread_t thread;
	bool is_started; // joined before it is used again
	atomic_bool is_busy;
	int fd;
	char name[128];
};

struct dnstap_listen {
	struct pollfd sockets[LISTENERS_MAX];
	char names[LISTENERS_MAX][128];
	nfds_t sockets_len;
	pthread_t thread;
	bool is_started;
	atomic_bool stop;
	atomic_uint_fast64_t minute; // of `warnings`
	atomic_uint warnings;	     // in this minute
	struct pipe_input *to;
	pthread_mutex_t put; // one packet at a time
	struct connection connections[CONNECTIONS_MAX];
};

// opening ────────────────────────────────────────────────────────────────────────────────────

static int listen_on(int fd, const struct sockaddr *address, socklen_t size)
{
	return fd < 0 || bind(fd, address, size) != 0 || listen(fd, BACKLOG) != 0 ? -1 : 0;
}

// Whether somebody listens on this path.
static bool is_in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return answers;
}

static int open_unix(const char *path, const char *group, char *why, size_t why_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	const struct group *of = *group ? getgrnam(group) : NULL;

	if (strlen(path) >= sizeof(address.sun_path) || path[0] != '/') {
		snprintf(why, why_size, "unix:%s: expected an absolute path of at most %zu characters", path,
			sizeof(address.sun_path) - 1);
		return -1;
	}
	if (*group && !of) {
		snprintf(why, why_size, "dnstap.group: found no group '%s'", group);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (lstat(path, &status) == 0 && (!S_ISSOCK(status.st_mode) || is_in_use(&address))) {
		snprintf(why, why_size, "unix:%s: found %s, expected a free name", path,
			S_ISSOCK(status.st_mode) ? "a socket that another process uses" : "a file that is no socket");
		return -1;
	}
	unlink(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0117);
	int result = listen_on(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (result == 0 && of)
		result = chown(path, (uid_t)-1, of->gr_gid);
	if (result == 0)
		return fd;
	snprintf(why, why_size, "unix:%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

// `text`: ADDRESS:PORT, [IPV6]:PORT
static int open_tcp(const char *text, char *why, size_t why_size)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[64] = "";
	const char *colon = strrchr(text, ':');
	bool brackets = text[0] == '[' && colon && colon[-1] == ']';

	if (colon && colon > text)
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text) - 2 * brackets, text + brackets);
	if (!*host || (strchr(host, ':') && !brackets) || getaddrinfo(host, colon + 1, &hints, &found) != 0) {
		snprintf(why, why_size, "tcp:%s: expected tcp:ADDRESS:PORT or tcp:[IPV6]:PORT", text);
		return -1;
	}
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	int result = listen_on(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (result == 0)
		return fd;
	snprintf(why, why_size, "tcp:%s: %s", text, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_one(struct dnstap_listen *l, const char *item, const char *group, char *why, size_t why_size)
{
	int fd = -1;

	if (l->sockets_len == LISTENERS_MAX)
		snprintf(why, why_size, "found more than %d sockets, expected at most that", LISTENERS_MAX);
	else if (strncmp(item, "unix:", 5) == 0)
		fd = open_unix(item + 5, group, why, why_size);
	else if (strncmp(item, "tcp:", 4) == 0)
		fd = open_tcp(item + 4, why, why_size);
	else
		snprintf(why, why_size, "found '%s', expected unix:/PATH or tcp:ADDRESS:PORT", item);
	if (fd < 0)
		return -1;
	snprintf(l->names[l->sockets_len], sizeof(l->names[0]), "%.127s", item);
	l->sockets[l->sockets_len++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 0;
}

struct dnstap_listen *dnstap_listen_open(const char *list, const char *group, char *why, size_t why_size)
{
	struct dnstap_listen *l = calloc(1, sizeof(*l));
	char item[256];

	snprintf(why, why_size, "no memory");
	if (!l)
		return NULL;
	pthread_mutex_init(&l->put, NULL);
	for (size_t len; list[strspn(list, " \t,")]; list += len) {
		list += strspn(list, " \t,");
		len = strcspn(list, " \t,");
		snprintf(item, sizeof(item), "%.*s", (int)len, list);
		if (open_one(l, item, group, why, why_size) != 0) {
			dnstap_listen_close(l);
			return NULL;
		}
	}
	return l;
}

// Whether a warning about a connection may be logged now.
static bool may_warn(struct dnstap_listen *l)
{
	uint64_t minute = monotonic_ms() / 60000;

	if (atomic_exchange(&l->minute, minute) != minute)
		atomic_store(&l->warnings, 0);
	unsigned n = atomic_fetch_add(&l->warnings, 1);
	if (n == WARNINGS_MAX)
		log_warning("dnstap: more warnings in this minute are not logged");
	return n < WARNINGS_MAX;
}

// a connection ───────────────────────────────────────────────────────────────────────────────

static bool put(struct dnstap_listen *l, const struct capture_packet *packet)
{
	pthread_mutex_lock(&l->put);
	bool is_put = pipe_input_put(l->to, packet);
	pthread_mutex_unlock(&l->put);
	return is_put;
}

static void read_frames(struct connection *c)
{
	struct dnstap_listen *l = c->of;
	struct capture_packet packet;
	uint64_t packets = 0, passed = 0, malformed = 0;
	int result = -1, fd = dup(c->fd);
	struct capture_reader *reader = fd >= 0 ? capture_open_dnstap(fd, &l->stop) : NULL;

	while (reader && (result = capture_next(reader, &packet)) == 1 && put(l, &packet))
		packets++;
	if (reader)
		capture_left_out(reader, &passed, &malformed);
	const char *error = !reader ? "no memory" : result < 0 ? capture_error(reader) : NULL;
	if (!atomic_load(&l->stop) && (!error || may_warn(l)))
		log_line(error ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, __func__,
			"dnstap: %s: ended%s%s; %llu messages taken, %llu of other types, %llu malformed", c->name,
			error ? ": " : "", error ? error : "", (unsigned long long)packets, (unsigned long long)passed,
			(unsigned long long)malformed);
	capture_close(reader);
	if (result == 0)
		dnstap_handshake_finish(c->fd);
}

static void *serve(void *context)
{
	struct connection *c = context;
	char why[160];

	pthread_setname_np(pthread_self(), "dnstap");
	if (dnstap_handshake(c->fd, &c->of->stop, HANDSHAKE_MS, why, sizeof(why)))
		read_frames(c);
	else if (!atomic_load(&c->of->stop) && may_warn(c->of))
		log_warning("dnstap: %s: %s", c->name, why);
	close(c->fd);
	atomic_store(&c->is_busy, false);
	return NULL;
}

// accepting ──────────────────────────────────────────────────────────────────────────────────

static void begin(struct dnstap_listen *l, int fd, const char *name)
{
	static unsigned number;
	struct connection *c = l->connections;

	while (c < l->connections + CONNECTIONS_MAX && atomic_load(&c->is_busy))
		c++;
	if (c == l->connections + CONNECTIONS_MAX) {
		if (may_warn(l))
			log_warning(
				"dnstap: %s: found more than %d connections, expected at most that; the new one is closed",
				name, CONNECTIONS_MAX);
		close(fd);
		return;
	}
	if (c->is_started)
		pthread_join(c->thread, NULL);
	c->of = l;
	c->fd = fd;
	snprintf(c->name, sizeof(c->name), "%.100s connection %u", name, ++number);
	atomic_store(&c->is_busy, true);
	c->is_started = pthread_create(&c->thread, NULL, serve, c) == 0;
	if (c->is_started)
		return;
	log_warning("dnstap: %s: no memory for a connection", name);
	close(fd);
	atomic_store(&c->is_busy, false);
}

static void *accept_all(void *context)
{
	struct dnstap_listen *l = context;

	pthread_setname_np(pthread_self(), "dnstap-accept");
	pipe_input_run_everywhere(); // and the threads that are made here
	while (!atomic_load(&l->stop)) {
		if (poll(l->sockets, l->sockets_len, WAIT_MS) <= 0)
			continue;
		for (nfds_t i = 0; i < l->sockets_len; i++) {
			int fd = l->sockets[i].revents ? accept4(l->sockets[i].fd, NULL, NULL, SOCK_CLOEXEC) : -1;
			if (fd >= 0)
				begin(l, fd, l->names[i]);
			else if (l->sockets[i].revents && errno != EAGAIN && errno != EINTR)
				usleep(1000 * WAIT_MS); // no descriptors, for one
		}
	}
	return NULL;
}

int dnstap_listen_start(struct dnstap_listen *l, struct pipe_input *to)
{
	l->to = to;
	l->is_started = pthread_create(&l->thread, NULL, accept_all, l) == 0;
	return l->is_started ? 0 : -1;
}

void dnstap_listen_close(struct dnstap_listen *l)
{
	if (!l)
		return;
	atomic_store(&l->stop, true);
	if (l->is_started)
		pthread_join(l->thread, NULL);
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		if (l->connections[i].is_started)
			pthread_join(l->connections[i].thread, NULL);
	for (nfds_t i = 0; i < l->sockets_len; i++)
		close(l->sockets[i].fd);
	pthread_mutex_destroy(&l->put);
	free(l);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/guard.h"

#include "collector/base/timed_wait.h"
#include "collector/base/metrics.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/common/fnv.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum {
	ARRIVE_MS = 10000, // for the head of a request, from the connection or the answer before on
	BODY_RATE = 32,	   // octets in a millisecond: a body gets more time as it arrives
	SEND_MS = 30000,   // for an answer
	SEND_RATE = 8,	   // octets in a millisecond: …and more for a long one
	RESERVE = 64,	   // connections beyond http.connections, for /healthz and the like
	SLACK = 64,	   // and those that were closed and are not reported yet
	LOOK_MS = 200,
	LOG_MS = 60000,
	BUCKETS = 4096
};

enum client_state { ARRIVING, ANSWERING, LOOKING_UP };

struct http_client {
	struct http_guard *guard;
	struct http_client *next, *previous;
	uint64_t id;
	int fd; // of libmicrohttpd; open until the connection is reported as closed
	enum client_state state;
	bool closing;		 // shut down, its end is not reported yet
	bool too_many;		 // parameters
	bool too_long;		 // the target
	int64_t since, deadline; // monotonic, milliseconds
	uint8_t address[16];
	unsigned bucket; // of its address
	char target[HTTP_TARGET_SIZE];
};

struct http_guard {
	pthread_mutex_t lock; // of all below, and of the clients except `target`, `too_many`, `too_long`
	pthread_cond_t wake;
	pthread_t thread;
	bool stop;
	unsigned lookups_max;
	unsigned connections, lookups; // now; those being closed are not among the first
	uint64_t last_id;
	struct http_client *first;
	uint32_t seed;		   // of the hash, so that nobody can choose a bucket
	unsigned waiting[BUCKETS]; // connections that may give way, by address
	int64_t logged;
};

static int64_t now_ms(void)
{
	return (int64_t)monotonic_ms();
}

static bool may_give_way(const struct http_client *c)
{
	return !c->closing && c->state != LOOKING_UP;
}

// Under the lock, as all that changes a client.
static void set_state(struct http_client *c, enum client_state state)
{
	struct http_guard *g = c->guard;

	g->waiting[c->bucket] -= may_give_way(c);
	g->lookups -= c->state == LOOKING_UP;
	c->state = state;
	g->lookups += state == LOOKING_UP;
	g->waiting[c->bucket] += may_give_way(c);
}

static void set_closing(struct http_client *c)
{
	c->guard->waiting[c->bucket] -= may_give_way(c);
	c->guard->connections -= !c->closing;
	c->closing = true;
}

static void close_client(struct http_client *c)
{
	if (c->closing)
		return;
	set_closing(c);
	shutdown(c->fd, SHUT_RDWR); // libmicrohttpd notices and closes it
}

// Closes connections that have missed their deadline, five times per second.
static void *watch(void *arg)
{
	struct http_guard *g = arg;

	pthread_mutex_lock(&g->lock);
	while (!g->stop) {
		struct timespec until = timed_wait_until(LOOK_MS);
		pthread_cond_timedwait(&g->wake, &g->lock, &until);
		int64_t now = now_ms();
		for (struct http_client *c = g->first; c; c = c->next) {
			if (c->closing || now < c->deadline)
				continue;
			metrics_add(http_slow, 1);
			close_client(c);
		}
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

struct http_guard *http_guard_new(unsigned lookups)
{
	struct http_guard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->lookups_max = lookups;
	g->logged = INT64_MIN / 2;
	if (getrandom(&g->seed, sizeof(g->seed), 0) != (ssize_t)sizeof(g->seed))
		g->seed = (uint32_t)(uintptr_t)g;
	pthread_mutex_init(&g->lock, NULL);
	timed_wait_init(&g->wake);
	if (pthread_create(&g->thread, NULL, watch, g) == 0)
		return g;
	pthread_mutex_destroy(&g->lock);
	pthread_cond_destroy(&g->wake);
	free(g);
	return NULL;
}

void http_guard_free(struct http_guard *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_cond_signal(&g->wake);
	pthread_mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	pthread_mutex_destroy(&g->lock);
	pthread_cond_destroy(&g->wake);
	free(g);
}

unsigned http_guard_connections(const struct http_guard *g)
{
	return g->lookups_max + RESERVE + SLACK;
}

// --- who gives way

// What counts as one address: an IPv4 address, or a /64 of IPv6.
static void read_address(struct MHD_Connection *connection, uint8_t out[16])
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;

	memset(out, 0, 16);
	if (address && address->sa_family == AF_INET) {
		memcpy(out + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	} else if (address && address->sa_family == AF_INET6) {
		const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
		memcpy(out, six, IN6_IS_ADDR_V4MAPPED(six) ? 16 : 8);
	}
}

static unsigned bucket_of(const struct http_guard *g, const uint8_t address[16])
{
	uint32_t hash = fnv32(g->seed, address, 16);

	return (hash ^ hash >> 16) % BUCKETS;
}

// True if `a` gives way before `b`: first those without a request, the oldest first.
static bool is_before(const struct http_client *a, const struct http_client *b)
{
	return a->state != b->state ? a->state == ARRIVING : a->since < b->since;
}

static struct http_client *find_victim(const struct http_guard *g)
{
	struct http_client *victim = NULL;

	for (struct http_client *c = g->first; c; c = c->next) {
		unsigned mine = g->waiting[c->bucket], most = victim ? g->waiting[victim->bucket] : 0;
		if (may_give_way(c) && (mine > most || (mine == most && is_before(c, victim))))
			victim = c;
	}
	return victim;
}

static void log_crowd(struct http_guard *g, const char *what)
{
	int64_t now = now_ms();

	if (now - g->logged < LOG_MS)
		return;
	g->logged = now;
	log_warning("http: %s: %u connections, %u lookups in progress, limit %u (http.connections)", what,
		g->connections, g->lookups, g->lookups_max);
}

static void arrive(struct http_client *c)
{
	set_state(c, ARRIVING);
	c->since = now_ms();
	c->deadline = c->since + ARRIVE_MS;
}

static void begin(struct http_guard *g, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_client *c = info ? calloc(1, sizeof(*c)) : NULL;

	*context = c;
	if (!c)
		return;
	c->guard = g;
	c->fd = info->connect_fd;
	read_address(connection, c->address);
	c->bucket = bucket_of(g, c->address);
	pthread_mutex_lock(&g->lock);
	if (g->connections >= g->lookups_max + RESERVE) {
		struct http_client *victim = find_victim(g);
		log_crowd(g, "all connections are in use, closing slow ones");
		if (victim)
			close_client(victim);
		metrics_add(http_crowded_out, victim != NULL);
	}
	c->id = ++g->last_id;
	c->next = g->first;
	if (g->first)
		g->first->previous = c;
	g->first = c;
	g->connections++;
	g->waiting[c->bucket]++;
	arrive(c);
	pthread_mutex_unlock(&g->lock);
}

static void end(struct http_client *c)
{
	struct http_guard *g = c->guard;

	pthread_mutex_lock(&g->lock);
	set_state(c, ARRIVING);
	set_closing(c);
	if (c->previous)
		c->previous->next = c->next;
	else
		g->first = c->next;
	if (c->next)
		c->next->previous = c->previous;
	pthread_mutex_unlock(&g->lock);
	free(c);
}

void http_guard_notify(void *guard, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		begin(guard, connection, context);
	else if (*context)
		end(*context);
}

// --- requests

struct http_client *http_guard_client(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

void *http_guard_target(void *guard, const char *uri, struct MHD_Connection *connection)
{
	struct http_client *c = http_guard_client(connection);
	const char *query = uri ? strchr(uri, '?') : NULL;
	size_t parameters = 1;

	if (!c || !uri)
		return NULL;
	snprintf(c->target, sizeof(c->target), "%s", uri);
	c->too_long = strlen(uri) > HTTP_TARGET_MAX;
	for (const char *p = query; p && *p; p++)
		parameters += *p == '&';
	c->too_many = parameters > HTTP_PARAMETERS_MAX;
	if (c->too_many)
		((char *)(uintptr_t)query)[1] = '\0'; // the connection's own memory, which is parsed next
	return NULL;
}

const char *http_client_target(const struct http_client *c)
{
	return c->target;
}

bool http_client_is_too_long(const struct http_client *c)
{
	return c->too_long;
}

bool http_client_has_too_many(const struct http_client *c)
{
	return c->too_many;
}

uint64_t http_client_id(const struct http_client *c)
{
	return c->id;
}

unsigned http_client_group(const struct http_client *c)
{
	return c->bucket;
}

void http_guard_body(struct http_client *c, size_t size)
{
	pthread_mutex_lock(&c->guard->lock);
	c->deadline += (int64_t)size / BODY_RATE;
	pthread_mutex_unlock(&c->guard->lock);
}

void http_guard_answers(struct http_client *c)
{
	pthread_mutex_lock(&c->guard->lock);
	set_state(c, ANSWERING);
	c->since = now_ms();
	c->deadline = c->since + SEND_MS;
	pthread_mutex_unlock(&c->guard->lock);
}

bool http_guard_looks_up(struct http_client *c)
{
	struct http_guard *g = c->guard;
	unsigned mine = 0;

	pthread_mutex_lock(&g->lock);
	for (const struct http_client *other = g->first; other; other = other->next)
		mine += other->state == LOOKING_UP && memcmp(other->address, c->address, sizeof(c->address)) == 0;
	bool free_place = g->lookups < g->lookups_max && mine < (g->lookups_max + 1) / 2;
	if (free_place) {
		set_state(c, LOOKING_UP);
	} else {
		log_crowd(g, "too many lookups, answering 503");
	}
	pthread_mutex_unlock(&g->lock);
	return free_place;
}

void http_guard_sends(struct http_client *c, size_t size)
{
	http_guard_sends_within(c, SEND_MS + (unsigned)(size / SEND_RATE));
}

void http_guard_sends_within(struct http_client *c, unsigned ms)
{
	pthread_mutex_lock(&c->guard->lock);
	c->deadline = now_ms() + ms;
	pthread_mutex_unlock(&c->guard->lock);
}

void http_guard_waits(struct http_client *c)
{
	pthread_mutex_lock(&c->guard->lock);
	c->deadline = INT64_MAX;
	pthread_mutex_unlock(&c->guard->lock);
}

void http_guard_done(struct http_client *c)
{
	pthread_mutex_lock(&c->guard->lock);
	arrive(c);
	pthread_mutex_unlock(&c->guard->lock);
}

void http_guard_close(struct http_guard *g, uint64_t id)
{
	pthread_mutex_lock(&g->lock);
	for (struct http_client *c = g->first; c; c = c->next)
		if (c->id == id)
			close_client(c);
	pthread_mutex_unlock(&g->lock);
}

// SPDX-License-Identifier: BSD-3-Clause
// A lookup ends when its time is over, whatever Redis does meanwhile: it says nothing, or one octet after another.
#include "tests/tools/unit.h"

#include "collector/query/query.h"
#include "dataplane/common/monotonic.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TRICKLE_MS = 20, TIME_MS = 400, SLACK_MS = 600 };

// A server on a Unix socket that reads all that comes and sends an error reply without end, or nothing.
static struct {
	char folder[64], path[96];
	int fd;
	bool trickles;
	int connections;
	pthread_t thread;
	volatile bool stop;
} server;

static void *serve(void *arg)
{
	struct pollfd fds[2] = {{.fd = server.fd, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
	char octets[4096];

	while (!server.stop) {
		poll(fds, 2, TRICKLE_MS);
		if (fds[0].revents & POLLIN) {
			if (fds[1].fd >= 0)
				close(fds[1].fd);
			fds[1].fd = accept(server.fd, NULL, NULL);
			server.connections++;
		}
		if (fds[1].fd >= 0 && server.trickles)
			(void)!send(fds[1].fd, "-", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (fds[1].fd >= 0)
			(void)!recv(fds[1].fd, octets, sizeof(octets), MSG_DONTWAIT);
		usleep(1000);
	}
	if (fds[1].fd >= 0)
		close(fds[1].fd);
	return NULL;
}

static void start_server(bool trickles)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	strcpy(server.folder, "/tmp/lookback-unit.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(server.folder));
	snprintf(server.path, sizeof(server.path), "%s/redis.sock", server.folder);
	strcpy(at.sun_path, server.path);
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CU_ASSERT_FATAL(bind(server.fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(server.fd, 8) == 0);
	server.trickles = trickles;
	server.stop = false;
	server.connections = 0;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void stop_server(void)
{
	server.stop = true;
	pthread_join(server.thread, NULL);
	close(server.fd);
	unlink(server.path);
	rmdir(server.folder);
}

static struct redis_settings settings(const char *password)
{
	struct redis_settings s = {.timeout_s = 5, .prefix = "pdns:"};

	s.address.kind = ENDPOINT_UNIX;
	snprintf(s.address.path, sizeof(s.address.path), "%s", server.path);
	snprintf(s.address.text, sizeof(s.address.text), "unix:%s", server.path);
	snprintf(s.password, sizeof(s.password), "%s", password);
	return s;
}

// How long a lookup takes that has TIME_MS, until it fails.
static int64_t time_of(struct query_db *db)
{
	struct query q = query_make(QUERY_NAME);
	struct query_record record;
	enum query_step step;

	strcpy(q.name, "www.example.com");
	q.name_len = strlen(q.name);
	q.time_max_s = TIME_MS / 1000.0;
	int64_t begun = (int64_t)monotonic_ms();
	struct query_run *run = query_start(&q, db);
	while ((step = query_next(run, &record)) == QUERY_BUSY)
		;
	CU_ASSERT_EQUAL(step, QUERY_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(query_why(run), "Redis did not answer"));
	query_stop(run);
	return (int64_t)monotonic_ms() - begun;
}

static void lookup_in_time(bool trickles, const char *password)
{
	struct query_db db;

	start_server(trickles);
	struct redis_settings s = settings(password);
	query_db_init(&db, &s, NULL, "");
	int64_t taken = time_of(&db);
	CU_ASSERT(taken >= TIME_MS - 50 && taken < TIME_MS + SLACK_MS);
	// That its own time was short says nothing of Redis: the next one asks it.
	int before = server.connections;
	taken = time_of(&db);
	CU_ASSERT(taken >= TIME_MS - 50 && taken < TIME_MS + SLACK_MS);
	CU_ASSERT_EQUAL(server.connections, before + 1);
	query_db_free(&db);
	stop_server();
}

static void silent(void)
{
	lookup_in_time(false, "");
}

static void trickling(void)
{
	lookup_in_time(true, "");
}

static void silent_at_greeting(void)
{
	lookup_in_time(false, "secret");
}

static void trickling_at_greeting(void)
{
	lookup_in_time(true, "secret");
}

int main(void)
{
	static const struct unit_test tests[] = {{"Redis is silent", silent}, {"an octet at a time", trickling},
		{"silent when asked to let in", silent_at_greeting},
		{"an octet at a time when asked to let in", trickling_at_greeting}};

	return unit_run("time of a lookup", tests, sizeof(tests) / sizeof(*tests));
}

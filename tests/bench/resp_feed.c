// SPDX-License-Identifier: BSD-3-Clause
// Sends a file of Redis commands through one connection as fast as Redis reads them and reads all
// answers, as redis-benchmark does with a deep pipeline: what the collector is measured against.
//
//     resp_feed SOCKET FILE        prints the seconds it took and the errors among the answers
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char ping[] = "*1\r\n$4\r\nPING\r\n", pong[] = "+PONG\r\n";

enum { PONG_SIZE = sizeof(pong) - 1, CHUNK = 1 << 18 };

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// What is to be sent: the file, then PING, whose answer ends it.
struct feed {
	const char *bytes;
	size_t size, sent;
};

static int send_some(int fd, struct feed *f)
{
	const char *at = f->sent < f->size ? f->bytes + f->sent : ping + (f->sent - f->size);
	size_t left = f->sent < f->size ? f->size - f->sent : sizeof(ping) - 1 - (f->sent - f->size);
	ssize_t n = send(fd, at, left < CHUNK ? left : CHUNK, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	f->sent += (size_t)n;
	return 0;
}

// Answers that begin with '-', wherever a line does: our commands bring no text with line ends.
static size_t errors;
static char last_octet = '\n', tail[PONG_SIZE];

static void look_at(const char *bytes, size_t size)
{
	for (const char *at = bytes; (at = memchr(at, '-', (size_t)(bytes + size - at))); at++)
		errors += at == bytes ? last_octet == '\n' : at[-1] == '\n';
	last_octet = bytes[size - 1];
	if (size >= PONG_SIZE) {
		memcpy(tail, bytes + size - PONG_SIZE, PONG_SIZE);
	} else {
		memmove(tail, tail + size, PONG_SIZE - size);
		memcpy(tail + PONG_SIZE - size, bytes, size);
	}
}

static int run(int fd, struct feed *f)
{
	static char answers[CHUNK];

	while (memcmp(tail, pong, PONG_SIZE) != 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (f->sent < f->size + sizeof(ping) - 1)
			p.events |= POLLOUT;
		if (poll(&p, 1, 60000) <= 0)
			return -1;
		if (p.revents & (POLLIN | POLLHUP)) {
			ssize_t n = recv(fd, answers, sizeof(answers), MSG_DONTWAIT);
			if (n == 0 || (n < 0 && errno != EAGAIN))
				return -1;
			if (n > 0)
				look_at(answers, (size_t)n);
		}
		if ((p.revents & POLLOUT) && send_some(fd, f) != 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "Usage: resp_feed SOCKET FILE\n");
		return 2;
	}
	int file = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &st) != 0)
		return fail(argv[2]);
	void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (bytes == MAP_FAILED)
		return fail(argv[2]);
	strcpy(address.sun_path, argv[1]);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return fail(argv[1]);
	struct feed f = {.bytes = bytes, .size = (size_t)st.st_size};
	double start = now_s();
	if (run(fd, &f) != 0)
		return fail("the connection to Redis");
	printf("%.6f %zu\n", now_s() - start, errors);
	return 0;
}

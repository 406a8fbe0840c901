// SPDX-License-Identifier: BSD-3-Clause
// Not a test: how long by-name lookups over HTTP take. Names come on the standard input, one a line.
//
//     lookup_bench HOST PORT SECONDS [PAUSE_US] < names
//
// One lookup after the other on a kept connection, names in turn, a pause between them. Prints one
// JSON object; exit status 1 where an answer is not 200.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NAMES_MAX = 1 << 20, TIMES_MAX = 1 << 22, ANSWER_MAX = 1 << 20 };

static char *names[NAMES_MAX];
static float times[TIMES_MAX]; // ms

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int fd, one = 1;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

// True once the answer is whole: all of Content-Length, or the last chunk.
static int is_whole(const char *answer, size_t len)
{
	const char *body = memmem(answer, len, "\r\n\r\n", 4);
	const char *length = body ? memmem(answer, (size_t)(body - answer), "Content-Length: ", 16) : NULL;

	if (!body)
		return 0;
	if (length)
		return len - (size_t)(body + 4 - answer) >= strtoul(length + 16, NULL, 10);
	return len > 5 && memcmp(answer + len - 5, "0\r\n\r\n", 5) == 0;
}

static int ask(int fd, const char *name)
{
	static char answer[ANSWER_MAX];
	char request[512];
	size_t len = 0;
	int size = snprintf(request, sizeof(request),
		"GET /dnsdb/v2/lookup/rrset/name/%.253s HTTP/1.1\r\nHost: localhost\r\n\r\n", name);

	if (write(fd, request, (size_t)size) != size)
		return -1;
	while (!is_whole(answer, len)) {
		ssize_t n = len < sizeof(answer) ? read(fd, answer + len, sizeof(answer) - len) : 0;
		if (n <= 0)
			return -1;
		len += (size_t)n;
	}
	return strncmp(answer, "HTTP/1.1 200", 12) == 0 ? 0 : -1;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char line[512];
	size_t n = 0, asked = 0, failed = 0;

	if (argc < 4)
		return 2;
	while (n < NAMES_MAX && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		names[n++] = strdup(line);
	}
	unsigned pause_us = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1000;
	int fd = dial(argv[1], argv[2]);
	double start = now(), end = start + strtod(argv[3], NULL);
	while (n > 0 && fd >= 0 && now() < end && asked < TIMES_MAX) {
		double begin = now();
		failed += ask(fd, names[asked % n]) != 0;
		times[asked++] = (float)((now() - begin) * 1e3);
		if (failed > 0)
			break;
		usleep(pause_us);
	}
	if (asked == 0 || failed > 0) {
		fprintf(stderr, "lookup_bench: no good answer\n");
		return 1;
	}
	qsort(times, asked, sizeof(*times), compare);
	printf("{\"lookups\":%zu,\"median_ms\":%.2f,\"p99_ms\":%.2f,\"p999_ms\":%.2f,\"max_ms\":%.2f}\n", asked,
		(double)times[asked / 2], (double)times[asked * 99 / 100], (double)times[asked * 999 / 1000],
		(double)times[asked - 1]);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/rx_wait.h"

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>

enum { POLL_MAX = 16 }; // sockets of one worker, one per port

static int compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

static int family_of(int fd)
{
	int family = -1;
	socklen_t size = sizeof(family);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 ? family : -1;
}

static int packet_ifindex(int fd)
{
	struct sockaddr_ll address = {0};
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 ? address.sll_ifindex : -1;
}

unsigned rx_wait_sockets(int family, int ifindex, int *fds, unsigned max)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned len = 0;

	for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry && len < max;
		entry = readdir(folder)) {
		int fd = atoi(entry->d_name);
		if (fd == 0 || family_of(fd) != family || (family == AF_PACKET && packet_ifindex(fd) != ifindex))
			continue;
		fds[len++] = fd;
	}
	if (folder)
		closedir(folder);
	qsort(fds, len, sizeof(*fds), compare);
	return len;
}

void rx_wait(const int *fds, unsigned len, unsigned timeout_us)
{
	struct pollfd poll_fds[POLL_MAX];
	struct timespec timeout = {.tv_sec = timeout_us / 1000000, .tv_nsec = (long)(timeout_us % 1000000) * 1000};

	len = len < POLL_MAX ? len : POLL_MAX;
	for (unsigned i = 0; i < len; i++)
		poll_fds[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	if (ppoll(poll_fds, len, &timeout, NULL) <= 0)
		return;
	for (unsigned i = 0; i < len; i++)
		if (poll_fds[i].revents & POLLIN)
			return;
	nanosleep(&timeout, NULL); // only errors
}

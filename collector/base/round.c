// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/round.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int fd = -1;
static unsigned parts; // that have not ended
static bool open_now;  // until round_is_over has returned true
static char first_why[1024];

int round_fd(void)
{
	if (fd < 0)
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return fd;
}

void round_begin(void)
{
	pthread_mutex_lock(&lock);
	parts = 1;
	open_now = true;
	first_why[0] = '\0';
	pthread_mutex_unlock(&lock);
}

void round_join(void)
{
	pthread_mutex_lock(&lock);
	parts++;
	pthread_mutex_unlock(&lock);
}

void round_end(const char *why)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&lock);
	if (why && !first_why[0])
		snprintf(first_why, sizeof(first_why), "%s", why);
	bool last = parts > 0 && --parts == 0;
	pthread_mutex_unlock(&lock);
	if (last && fd >= 0 && write(fd, &one, sizeof(one)) < 0)
		return; // it is readable already
}

bool round_is_over(char *why, size_t why_size)
{
	uint64_t count;

	if (fd >= 0 && read(fd, &count, sizeof(count)) < 0)
		(void)count; // nothing to read
	pthread_mutex_lock(&lock);
	bool over = open_now && parts == 0;
	if (over) {
		open_now = false;
		snprintf(why, why_size, "%s", first_why);
	}
	pthread_mutex_unlock(&lock);
	return over;
}

bool round_is_open(void)
{
	pthread_mutex_lock(&lock);
	bool is_open = open_now;
	pthread_mutex_unlock(&lock);
	return is_open;
}

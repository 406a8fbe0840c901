// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/service/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/common/log.h"

static int fd = -1;
static uint64_t watchdog_ms;
static char last_status[500];

static void connect_to(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len >= sizeof(address.sun_path)) {
		log_warning("NOTIFY_SOCKET: found '%s', expected an absolute path or @NAME; no notifications", name);
		return;
	}
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s >= 0 && connect(s, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0) {
		fd = s;
		return;
	}
	log_warning("NOTIFY_SOCKET: %s: cannot connect: %m; no notifications", name);
	if (s >= 0)
		close(s);
}

// WATCHDOG_PID is empty or this process: a child must not answer for its parent.
static uint64_t read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10) / 1000;
}

void notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	if (name && *name && fd < 0)
		connect_to(name);
	watchdog_ms = fd >= 0 ? read_watchdog() : 0;
}

bool notify_is_on(void)
{
	return fd >= 0;
}

static void put(const char *text)
{
	if (fd >= 0 && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		log_debug("service manager: cannot be notified: %m");
}

void notify_ready(void)
{
	put("READY=1");
}

void notify_reloading(void)
{
	struct timespec now;
	char text[100];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
	put(text);
}

void notify_stopping(void)
{
	put("STOPPING=1");
}

void notify_extend(unsigned seconds)
{
	char text[60];

	snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%llu", seconds * 1000000ull);
	put(text);
}

void notify_status(const char *format, ...)
{
	char text[sizeof(last_status)] = "STATUS=";
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - used, format, args);
	va_end(args);
	for (char *c = text; *c; c++) // one line, without control characters of names
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	if (strcmp(text, last_status) == 0)
		return;
	memcpy(last_status, text, sizeof(text));
	put(text);
}

uint64_t notify_watchdog_ms(void)
{
	return watchdog_ms;
}

void notify_alive(void)
{
	put("WATCHDOG=1");
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/privileged/driver_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/privileged/helper.h"

static int control = -1; // for ioctl on interfaces, which accepts any socket
static bool busy_poll;

int driver_calls_prepare(void)
{
	control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return control < 0 ? -errno : 0;
}

void driver_calls_busy_poll(bool prefer)
{
	busy_poll = prefer;
}

static int ask_for_socket(int family, int protocol)
{
	const struct helper_request request = {.operation = HELPER_SOCKET,
		.value = family,
		.more = protocol,
		.flags = busy_poll};
	struct helper_reply reply;
	int result = helper_ask(&request, &reply);

	if (result == 0 && reply.files_len == 1)
		return reply.files[0];
	errno = result < 0 ? -result : EPROTO;
	return -1;
}

int socket(int family, int type, int protocol)
{
	if (!helper_is_on())
		return (int)syscall(SYS_socket, family, type, protocol);
	if (family == AF_XDP || family == AF_PACKET)
		return ask_for_socket(family, protocol);
	if ((type & 0xf) == SOCK_DGRAM) // for questions about interfaces; it cannot send
		return fcntl(control, F_DUPFD_CLOEXEC, 0);
	errno = EACCES;
	return -1;
}

// Sets IFF_PROMISC. A flag that the driver clears stays set.
static int set_flags(const struct ifreq *wanted)
{
	struct helper_request request = {.operation = HELPER_PROMISCUOUS};
	struct helper_reply reply;

	if (!(wanted->ifr_flags & IFF_PROMISC))
		return 0;
	snprintf(request.name, sizeof(request.name), "%.15s", wanted->ifr_name);
	int result = helper_ask(&request, &reply);
	if (result == 0)
		return 0;
	errno = -result;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;

	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	return helper_is_on() && request == SIOCSIFFLAGS ? set_flags(argument)
							 : (int)syscall(SYS_ioctl, fd, request, argument);
}

unsigned if_nametoindex(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	int result = fd < 0 ? -1 : ioctl(fd, SIOCGIFINDEX, &request);
	if (fd >= 0)
		close(fd);
	return result == 0 ? (unsigned)request.ifr_ifindex : 0;
}

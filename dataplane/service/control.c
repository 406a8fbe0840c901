// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/service/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/common/log.h"

enum { ANSWER_WAIT_MS = 150000 }; // longer than any reload; systemd's own time-out comes first

static int listener = -1, clients[CONTROL_CLIENTS_MAX];
static unsigned clients_len;
static char outcome[CONTROL_TEXT_SIZE] = "0 the settings are those of the start";

// The first of the folders in $RUNTIME_DIRECTORY, or `otherwise`. False if there is none, or it is too long.
static bool socket_address(const char *otherwise, struct sockaddr_un *address)
{
	const char *folders = getenv("RUNTIME_DIRECTORY");

	if (!folders || folders[0] != '/')
		folders = otherwise;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!folders)
		return false;
	int len = snprintf(address->sun_path, sizeof(address->sun_path), "%.*s/reload.sock", (int)strcspn(folders, ":"),
		folders);
	return len > 0 && (size_t)len < sizeof(address->sun_path);
}

// the program ────────────────────────────────────────────────────────────────────────────────

void control_open(void)
{
	struct sockaddr_un address;

	if (!socket_address(NULL, &address))
		return;
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before = umask(0177);
	int result = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(before);
	if (result == 0 && listen(fd, CONTROL_CLIENTS_MAX) == 0) {
		listener = fd;
		return;
	}
	log_warning("%s: cannot be created: %m; --reload does not work", address.sun_path);
	if (fd >= 0)
		close(fd);
}

int control_fd(void)
{
	return listener;
}

void control_note(const char *why)
{
	snprintf(outcome, sizeof(outcome), "%s", why ? "1 " : "0 settings read again");
	if (why)
		snprintf(outcome + 2, sizeof(outcome) - 2, "%s", why);
}

void control_accept(void)
{
	while (listener >= 0 && clients_len < CONTROL_CLIENTS_MAX) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			break;
		clients[clients_len++] = fd;
	}
}

void control_answer(bool is_idle)
{
	for (; is_idle && clients_len > 0; clients_len--) {
		int fd = clients[clients_len - 1];
		ssize_t sent = send(fd, outcome, strlen(outcome), MSG_NOSIGNAL);
		(void)sent; // it has gone
		close(fd);
	}
}

// who asks ───────────────────────────────────────────────────────────────────────────────────

static int connect_to(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return fd;
	log_error("%s: cannot connect: %m; expected a running service, and its user or root", address->sun_path);
	if (fd >= 0)
		close(fd);
	return -1;
}

// Sends SIGHUP to the process that listens. False with a logged line.
static bool send_signal(const struct sockaddr_un *address)
{
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	int fd = connect_to(address);

	if (fd < 0)
		return false;
	bool sent = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 &&
		    kill(peer.pid, SIGHUP) == 0;
	if (!sent)
		log_error("process %d: cannot be sent SIGHUP: %m", (int)peer.pid);
	close(fd);
	return sent;
}

int control_ask(const char *folder, bool signalled)
{
	struct sockaddr_un address;
	char text[CONTROL_TEXT_SIZE + 1];

	if (!socket_address(folder, &address)) {
		log_error("RUNTIME_DIRECTORY: found a folder that is too long");
		return EXIT_FAILURE;
	}
	if (!signalled && !send_signal(&address))
		return EXIT_FAILURE;
	int fd = connect_to(&address);
	if (fd < 0)
		return EXIT_FAILURE;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t size = poll(&wait, 1, ANSWER_WAIT_MS) > 0 ? recv(fd, text, sizeof(text) - 1, 0) : -1;
	close(fd);
	text[size > 0 ? size : 0] = '\0';
	if (size >= 2 && text[0] == '0') {
		printf("%s\n", text + 2);
		return EXIT_SUCCESS;
	}
	log_error("reload: %s", size >= 2   ? text + 2
				: size == 0 ? "the program has ended; see its log"
					    : "no answer from the program; see its log");
	return EXIT_FAILURE;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/inbox/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

static int refuse(int error, const char *path, const char *what, char *why, size_t why_size)
{
	snprintf(why, why_size, "collector.socket %s: %s", path, what);
	return -error;
}

// Locks the folder of the socket: if two collectors start at once, one of them finds the other. Returns a descriptor to
// close, or -errno.
static int lock_folder(const char *path)
{
	char folder[108];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	return fd;
}

// Removes a socket file that nobody listens on. Returns 0, or -errno if it must stay.
static int remove_stale(const struct sockaddr_un *address, char *why, size_t why_size)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : refuse(errno, path, strerror(errno), why, why_size);
	if (!S_ISSOCK(st.st_mode))
		return refuse(EEXIST, path,
			"found another file there, expected a socket or nothing; move it away or change the setting",
			why, why_size);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(errno, path, strerror(errno), why, why_size);
	int error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	if (error == 0 || error == EAGAIN) // EAGAIN: it listens, its backlog is full
		return refuse(EADDRINUSE, path, "another collector is listening there", why, why_size);
	if (error != ECONNREFUSED && error != ENOENT)
		return refuse(error, path, strerror(error), why, why_size);
	if (unlink(path) != 0 && errno != ENOENT)
		return refuse(errno, path, strerror(errno), why, why_size);
	return 0;
}

static int bind_socket(struct inbox_listener *l, const struct sockaddr_un *address, char *why, size_t why_size)
{
	struct stat st;

	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return refuse(errno, l->path, strerror(errno), why, why_size);
	mode_t mask = umask(0117); // 0660: owner and group
	int error = bind(l->fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	umask(mask);
	if (error == 0 && (listen(l->fd, BACKLOG) != 0 || lstat(l->path, &st) != 0))
		error = errno;
	if (error != 0) {
		close(l->fd);
		l->fd = -1;
		return refuse(error, l->path, strerror(error), why, why_size);
	}
	l->device = st.st_dev;
	l->inode = st.st_ino;
	return 0;
}

int inbox_listen(struct inbox_listener *l, const char *path, char *why, size_t why_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	*l = (struct inbox_listener){.fd = -1};
	if (strlen(path) >= sizeof(address.sun_path))
		return refuse(ENAMETOOLONG, path, "the path is too long", why, why_size);
	strcpy(address.sun_path, path);
	strcpy(l->path, path);
	int folder = lock_folder(path);
	if (folder < 0)
		return refuse(-folder, path, strerror(-folder), why, why_size);
	int result = remove_stale(&address, why, why_size);
	if (result == 0)
		result = bind_socket(l, &address, why, why_size);
	close(folder);
	return result;
}

void inbox_unlisten(struct inbox_listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	if (lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode)
		unlink(l->path);
	close(l->fd);
	l->fd = -1;
}

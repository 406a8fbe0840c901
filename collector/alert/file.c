// SPDX-License-Identifier: BSD-3-Clause
// Lines to a file, or to the standard output. The file is opened again after a rename (logrotate) and after SIGHUP. A write
// that fails leaves no half line in a file.
#include "collector/alert/sender.h"

#include "collector/alert/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL_SIZE = 256 << 10 };

struct file_state {
	int fd;
	bool compared; // with what was written before the start
};

// All lines of a delivery in one text. NULL: no memory.
static char *lines_of(const struct alert_sender *s, const struct alert_queue_item *items, size_t len, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	bool good = out != NULL;

	for (size_t i = 0; i < len && good; i++) {
		char *line = alert_format(s->config->format, &items[i].alert);
		good = line != NULL;
		if (good)
			fprintf(out, "%s\n", line);
		free(line);
	}
	if (out && fclose(out) == 0 && good)
		return text;
	free(text);
	return NULL;
}

// Opens the file, again if another one has its name now. Returns 0 or -errno.
static int open_file(struct file_state *f, const char *path)
{
	struct stat ours, named;

	if (f->fd >= 0 && fstat(f->fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
		ours.st_dev == named.st_dev)
		return 0;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &ours) == 0 && S_ISREG(ours.st_mode))
		return 0;
	close(f->fd);
	f->fd = -1;
	return -EINVAL;
}

static int append(int fd, const char *text, size_t size)
{
	struct stat before;

	if (fstat(fd, &before) != 0)
		return -errno;
	ssize_t wrote = write(fd, text, size);
	if (wrote == (ssize_t)size)
		return 0;
	int result = wrote < 0 ? -errno : -ENOSPC;
	if (wrote > 0 && ftruncate(fd, before.st_size) != 0)
		return -errno;
	return result;
}

// How many of the first alerts are in the end of the file already: the program was killed after it wrote them.
static size_t count_written(const char *path, enum alert_format format, const struct alert_queue_item *items,
	size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *tail = malloc(TAIL_SIZE);
	off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	ssize_t size = tail && end > 0 ? pread(fd, tail, TAIL_SIZE, end > TAIL_SIZE ? end - TAIL_SIZE : 0) : 0;
	size_t written = 0;

	for (bool found = size > 0; found && written < len; written += found) {
		char *line = alert_format(format, &items[written].alert);
		found = line && memmem(tail, (size_t)size, line, strlen(line));
		free(line);
	}
	if (fd >= 0)
		close(fd);
	free(tail);
	return written;
}

void alert_file_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out)
{
	const char *path = s->config->path;
	struct file_state *f = s->state;

	if (path[strlen(path) - 1] == '/') {
		alert_feed_send(path, items, len, out);
		return;
	}
	if (!f) {
		f = s->state = calloc(1, sizeof(*f));
		if (!f) {
			alert_sender_fail(out, ALERT_AGAIN, "out of memory");
			return;
		}
		f->fd = -1;
	}
	size_t size, written = f->compared ? 0 : count_written(path, s->config->format, items, len);
	char *text = lines_of(s, items + written, len - written, &size);
	int result = text ? open_file(f, path) : -ENOMEM;
	if (result == 0)
		result = append(f->fd, text, size);
	f->compared = f->compared || result == 0;
	free(text);
	if (result == 0)
		out->sent = len;
	else
		alert_sender_fail(out, ALERT_AGAIN, "%s: %s", path,
			result == -EINVAL ? "found no regular file, expected one" : strerror(-result));
}

void alert_file_close(struct alert_sender *s)
{
	struct file_state *f = s->state;

	if (f && f->fd >= 0)
		close(f->fd);
	free(f);
	s->state = NULL;
}

// standard output ────────────────────────────────────────────────────────────────────────────

// Whether the reader takes more, within the time-out.
static bool is_ready(const struct alert_sender *s)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	for (int left = (int)(s->config->timeout_s * 10); left >= 0 && !__atomic_load_n(s->abort, __ATOMIC_RELAXED);
		left--)
		if (poll(&fd, 1, 100) > 0)
			return true;
	return false;
}

// Whole lines only, each of fewer octets than a pipe takes at once or in several writes.
void alert_stdout_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out)
{
	for (; out->sent < len; out->sent++) {
		size_t size;
		char *line = lines_of(s, &items[out->sent], 1, &size);
		for (size_t at = 0; line && at < size;) {
			ssize_t wrote = is_ready(s) ? write(STDOUT_FILENO, line + at, size - at) : 0;
			if (wrote <= 0) {
				alert_sender_fail(out, ALERT_AGAIN, "standard output: %s",
					wrote < 0 ? strerror(errno) : "its reader takes nothing");
				free(line);
				return;
			}
			at += (size_t)wrote;
		}
		if (!line) {
			alert_sender_fail(out, ALERT_AGAIN, "out of memory");
			return;
		}
		free(line);
	}
}

void alert_stdout_close(struct alert_sender *s)
{
}

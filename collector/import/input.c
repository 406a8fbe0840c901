// SPDX-License-Identifier: BSD-3-Clause
#include "collector/import/input.h"

#include "dataplane/capture/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct import_input {
	struct capture_unpack *unpack;
	int fd;	    // for its position; the one in `unpack` is a copy that shares it
	off_t size; // 0: not a plain file
	char why[256];
};

struct import_input *import_input_open(const char *path)
{
	struct import_input *in = calloc(1, sizeof(*in));
	struct stat st;

	if (!in)
		return NULL;
	in->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	int copy = in->fd >= 0 ? fcntl(in->fd, F_DUPFD_CLOEXEC, 3) : -1;
	in->unpack = copy >= 0 ? capture_unpack_take(copy, NULL) : NULL;
	if (!in->unpack) {
		int error = errno;
		import_input_close(in);
		errno = error;
		return NULL;
	}
	if (fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode))
		in->size = st.st_size;
	return in;
}

void import_input_close(struct import_input *in)
{
	if (!in)
		return;
	capture_unpack_close(in->unpack);
	if (in->fd >= 0)
		close(in->fd);
	free(in);
}

ssize_t import_input_read(struct import_input *in, char *to, size_t size, const char **why)
{
	ssize_t got = capture_unpack_read(in->unpack, to, size);
	const char *error = capture_unpack_error(in->unpack);

	if (got < 0) {
		snprintf(in->why, sizeof(in->why), "%s", error ? error : strerror(errno));
		*why = in->why;
	}
	return got;
}

bool import_input_is_silent(const struct import_input *in)
{
	struct pollfd waits = {.fd = in->fd, .events = POLLIN};

	return in->size == 0 && poll(&waits, 1, 0) == 0;
}

int import_input_progress(const struct import_input *in)
{
	off_t at = in->size > 0 ? lseek(in->fd, 0, SEEK_CUR) : -1;

	return at < 0 ? -1 : at >= in->size ? 100 : (int)(at * 100 / in->size);
}

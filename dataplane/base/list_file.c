// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/list_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *list_file_open(const char *path, char *why, size_t why_size)
{
	// O_NONBLOCK: open(2) of a FIFO without a writer would block
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	FILE *file = NULL;

	if (fd >= 0 && fstat(fd, &status) == 0) {
		if (S_ISREG(status.st_mode))
			file = fdopen(fd, "r");
		else
			errno = EINVAL;
	}
	if (file)
		return file;
	int error = errno;
	snprintf(why, why_size, "%.200s: cannot be read: %s", path,
		error == EINVAL ? "it is no ordinary file" : strerror(error));
	if (fd >= 0)
		close(fd);
	errno = error;
	return NULL;
}

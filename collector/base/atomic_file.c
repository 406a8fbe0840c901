// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *path, char *why, size_t why_size)
{
	snprintf(why, why_size, "%.300s: %s", path, strerror(errno));
	return -1;
}

// Opens and locks the file at `path`. The previous owner of the lock may have replaced it meanwhile: then retries.
static int lock_file(struct atomic_file *w, const char *path)
{
	char real[PATH_MAX];
	struct stat mine, there;

	for (;;) {
		int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) != 0 || !realpath(path, real) || fstat(fd, &mine) != 0) {
			int error = errno;
			close(fd);
			if (error == EINTR || error == ENOENT)
				continue;
			errno = error;
			return -1;
		}
		if (stat(real, &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev) {
			snprintf(w->path, sizeof(w->path), "%s", real);
			return fd;
		}
		close(fd);
	}
}

static FILE *open_fresh(struct atomic_file *w)
{
	struct stat old;

	snprintf(w->temporary, sizeof(w->temporary), "%s.XXXXXX", w->path);
	int fd = mkostemp(w->temporary, O_CLOEXEC); // mode 0600
	if (fd < 0)
		return NULL;
	if (fstat(fileno(w->old), &old) == 0 && fchown(fd, old.st_uid, old.st_gid) == 0)
		(void)!fchmod(fd, old.st_mode & 0777); // the same users can read it as before
	FILE *file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		unlink(w->temporary);
	}
	return file;
}

int atomic_file_begin(struct atomic_file *w, const char *path, char *why, size_t why_size)
{
	*w = (struct atomic_file){.old = NULL};
	int fd = lock_file(w, path);
	if (fd < 0)
		return fail(path, why, why_size);
	w->old = fdopen(fd, "r");
	w->fresh = w->old ? open_fresh(w) : NULL;
	if (w->fresh)
		return 0;
	fail(path, why, why_size);
	if (w->old)
		fclose(w->old);
	else
		close(fd);
	return -1;
}

// Syncs the folder, so that the new name is on disk as well.
static int sync_folder(const char *path)
{
	char folder[4096];

	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder ? 1 : 0] = '\0';
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int result = fsync(fd);
	close(fd);
	return result;
}

int atomic_file_commit(struct atomic_file *w, char *why, size_t why_size)
{
	bool good = fflush(w->fresh) == 0 && fsync(fileno(w->fresh)) == 0 && !ferror(w->fresh);

	good = fclose(w->fresh) == 0 && good && rename(w->temporary, w->path) == 0;
	if (!good) {
		fail(w->path, why, why_size);
		unlink(w->temporary);
	} else {
		(void)sync_folder(w->path); // the file is in place; some file systems cannot sync folders
	}
	fclose(w->old); // releases the lock
	return good ? 0 : -1;
}

void atomic_file_cancel(struct atomic_file *w)
{
	fclose(w->fresh);
	unlink(w->temporary);
	fclose(w->old);
}

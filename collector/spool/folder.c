// SPDX-License-Identifier: BSD-3-Clause
// The spool's folder: creates it, locks it, recognizes it at the next start.
#include "collector/spool/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAP_EXTRA = 64 << 20 };

int spool_folder_make(const char *dir, char *why, size_t why_size)
{
	char path[sizeof(((struct spool_settings *)0)->dir)];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0755); // errors show below
		*p = '/';
	}
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	snprintf(why, why_size, "spool.dir %s: %s", dir, strerror(errno));
	return -1;
}

int spool_folder_lock(struct spool *s, char *why, size_t why_size)
{
	const char *dir = s->settings.dir;
	char path[sizeof(s->settings.dir) + 8];

	snprintf(path, sizeof(path), "%s/lock", dir);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0) {
		snprintf(why, why_size, "spool.dir %s: %s", dir, strerror(errno));
		return -1;
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	snprintf(why, why_size, "spool.dir %s: another collector uses it", dir);
	return -1;
}

bool spool_is_at(const char *dir, const char *name, int fd)
{
	char path[sizeof(((struct spool_settings *)0)->dir) + 16];
	struct stat here, open;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fd >= 0 && fstat(fd, &open) == 0 && stat(path, &here) == 0 && here.st_dev == open.st_dev &&
	       here.st_ino == open.st_ino;
}

// Hash of the machine's boot id and the folder's device and inode. If it is the same as before and we have the lock, the
// process that had it is dead. A copy of the folder, or of the whole machine, has another value.
uint64_t spool_folder_place(const char *dir)
{
	uint8_t octets[64] = {0};
	struct stat st;

	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, octets, 36);
	if (fd >= 0)
		close(fd);
	if (size != 36 || stat(dir, &st) != 0)
		return 0;
	memcpy(octets + 40, &st.st_dev, sizeof(st.st_dev));
	memcpy(octets + 48, &st.st_ino, sizeof(st.st_ino));
	return store_checksum(octets, sizeof(octets)) | 1;
}

// Room for the batches, and for pages that a transaction replaces.
uint64_t spool_map_size(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t size = s->settings.size;
	pthread_mutex_unlock(&s->lock);
	return (size + size / 2 + MAP_EXTRA) / PAGE * PAGE;
}

// SPDX-License-Identifier: BSD-3-Clause
// The folder of the spool and its disk.
#include "collector/doctor/checks.h"
#include "collector/doctor/samples.h"
#include "dataplane/common/monotonic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { WRITES = 16, BLOCK = 4096, MEDIAN_US = 50000, ROOM_MIN = 64 << 20, ROOM_PART = 20 };

// The folder, or the nearest one above it that can be looked at.
static void find_reachable(const char *dir, char *out, size_t out_size)
{
	struct stat st;

	snprintf(out, out_size, "%s", dir);
	while (strlen(out) > 1 && stat(out, &st) != 0) {
		char *slash = strrchr(out, '/');
		slash[slash == out ? 1 : 0] = '\0';
	}
}

// Octets of disk that the files in the folder take; -1: it cannot be read.
static double used_by(const char *dir)
{
	DIR *folder = opendir(dir);
	struct stat st;
	double sum = 0;

	if (!folder)
		return -1;
	for (const struct dirent *e = readdir(folder); e; e = readdir(folder))
		if (fstatat(dirfd(folder), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			sum += (double)st.st_blocks * 512;
	closedir(folder);
	return sum;
}

// Returns false if there is no such folder, or it cannot be looked at.
static bool check_folder(const struct doctor_facts *f, struct doctor_report *r, const char *dir)
{
	const struct passwd *user = getpwnam(f->user);
	struct stat st;

	if (stat(dir, &st) != 0) {
		if (errno == EACCES)
			doctor_skip_rights(r, FINDING_SPOOL, "%s: cannot be looked at", dir);
		else if (errno == ENOENT)
			doctor_skip(r, FINDING_SPOOL, "%s: does not exist yet; the collector makes it at its start",
				dir);
		else
			doctor_bad(r, FINDING_SPOOL, "%s: %s", dir, strerror(errno));
		return false;
	}
	bool own = st.st_uid == 0 || st.st_uid == geteuid() || (user && st.st_uid == user->pw_uid);
	if (!S_ISDIR(st.st_mode))
		doctor_bad(r, FINDING_SPOOL, "%s: is no folder", dir);
	else if (!own)
		doctor_bad(r, FINDING_SPOOL, "%s: belongs to the user with number %u", dir, st.st_uid);
	else if (st.st_mode & 077)
		doctor_bad_as(r, FINDING_SPOOL, DOCTOR_WARNING, "%s: mode %03o, so others can read records", dir,
			st.st_mode & 0777);
	else
		doctor_ok(r, FINDING_SPOOL, "%s: mode %03o", dir, st.st_mode & 0777);
	return S_ISDIR(st.st_mode);
}

static void check_space(const struct doctor_facts *f, struct doctor_report *r, const char *dir, const char *reachable)
{
	const double mib = 1 << 20;
	struct statvfs disk;
	double used = used_by(dir), size = (double)f->settings->spool_size;

	if (statvfs(reachable, &disk) != 0) {
		doctor_skip(r, FINDING_SPACE, "%s: %s", reachable, strerror(errno));
		return;
	}
	if (used < 0)
		used = f->metrics[0] ? samples_sum(f->metrics[0], "collector_spool_bytes", "", NULL, NULL, NULL) : 0;
	double room = (double)disk.f_bavail * (double)disk.f_frsize, wanted = size > used ? size - used : 0;
	bool little = room < ROOM_MIN || room < size / ROOM_PART;
	if (room >= wanted)
		doctor_ok(r, FINDING_SPACE, "%.0f MiB free at %s, the spool may grow by %.0f MiB", room / mib,
			reachable, wanted / mib);
	else
		doctor_bad_as(r, FINDING_SPACE, little ? DOCTOR_ERROR : DOCTOR_WARNING,
			"%.0f MiB free at %s, but the spool may grow by %.0f MiB (spool.size %.0f MiB)", room / mib,
			reachable, wanted / mib, size / mib);
}

static const char *lost_at_reboot = "memory, lost at a reboot", *over_network = "a network file system",
		  *in_container = "a layer of a container, lost with it";

static void check_file_system(struct doctor_report *r, const char *dir)
{
	const struct {
		unsigned long type;
		const char *name;
		const char *what;
	} kinds[] = {{TMPFS_MAGIC, "tmpfs", lost_at_reboot}, {RAMFS_MAGIC, "ramfs", lost_at_reboot},
		{NFS_SUPER_MAGIC, "nfs", over_network}, {SMB_SUPER_MAGIC, "smb", over_network},
		{CIFS_SUPER_MAGIC, "cifs", over_network}, {SMB2_SUPER_MAGIC, "smb2", over_network},
		{CEPH_SUPER_MAGIC, "ceph", over_network}, {V9FS_MAGIC, "9p", over_network},
		{AFS_SUPER_MAGIC, "afs", over_network}, {OVERLAYFS_SUPER_MAGIC, "overlayfs", in_container}};
	struct statfs fs;

	if (statfs(dir, &fs) != 0)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if ((unsigned long)fs.f_type != kinds[i].type)
			continue;
		doctor_bad(r, FINDING_FILE_SYSTEM, "%s is on %s: %s", dir, kinds[i].name, kinds[i].what);
		return;
	}
	doctor_ok(r, FINDING_FILE_SYSTEM, "%s is on a local disk (type 0x%lx)", dir, (unsigned long)fs.f_type);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

// Writes to a file without a name, which the kernel removes when it is closed. Returns the number of writes that were measured.
static size_t measure(int fd, uint64_t times[static WRITES])
{
	char block[BLOCK] = "lookback doctor";

	for (size_t i = 0; i < WRITES; i++) {
		uint64_t start = monotonic_us();
		if (pwrite(fd, block, sizeof(block), (off_t)(i * sizeof(block))) != sizeof(block) || fdatasync(fd) != 0)
			return i;
		times[i] = monotonic_us() - start;
	}
	return WRITES;
}

static void check_latency(struct doctor_report *r, const char *dir)
{
	uint64_t times[WRITES];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EACCES) {
		doctor_skip_rights(r, FINDING_SYNC, "%s: cannot be written by this user", dir);
		return;
	}
	size_t len = fd < 0 ? 0 : measure(fd, times);
	if (len < WRITES) {
		doctor_skip(r, FINDING_SYNC, "%s: %s", dir, strerror(errno));
	} else {
		qsort(times, WRITES, sizeof(*times), compare);
		double median_ms = (double)times[WRITES / 2] / 1000, longest_ms = (double)times[WRITES - 1] / 1000;
		if (times[WRITES / 2] > MEDIAN_US)
			doctor_bad(r, FINDING_SYNC, "of %d writes of 4 KiB: median %.1f ms, longest %.1f ms", WRITES,
				median_ms, longest_ms);
		else
			doctor_ok(r, FINDING_SYNC, "of %d writes of 4 KiB: median %.1f ms, longest %.1f ms", WRITES,
				median_ms, longest_ms);
	}
	if (fd >= 0)
		close(fd);
}

static void check_waiting(const struct doctor_facts *f, struct doctor_report *r)
{
	double waiting = samples_sum(f->metrics[0], "collector_spool_waiting_bytes", "", NULL, NULL, NULL);
	double limit = samples_sum(f->metrics[0], "collector_spool_limit_bytes", "", NULL, NULL, NULL);
	double given_up = samples_collector(f->metrics[0], "sightings_lost_full");

	if (given_up > 0)
		doctor_bad_as(r, FINDING_WAITING, DOCTOR_ERROR, "the spool was full: %.0f sightings were given up",
			given_up);
	else if (limit > 0 && waiting > limit / 2)
		doctor_bad(r, FINDING_WAITING, "%.0f of %.0f MiB wait for Redis", waiting / (1 << 20),
			limit / (1 << 20));
	else
		doctor_ok(r, FINDING_WAITING, "%.0f of %.0f MiB wait for Redis", waiting / (1 << 20),
			limit / (1 << 20));
}

void doctor_check_spool(const struct doctor_facts *f, struct doctor_report *r)
{
	char dir[PATH_MAX], reachable[PATH_MAX];

	settings_spool_dir(f->settings, false, dir, sizeof(dir));
	find_reachable(dir, reachable, sizeof(reachable));
	doctor_word(r, "FILE", dir);
	doctor_word(r, "USER", f->user);
	bool there = check_folder(f, r, dir);
	check_space(f, r, dir, reachable);
	check_file_system(r, reachable);
	if (there)
		check_latency(r, dir);
	if (f->metrics[0])
		check_waiting(f, r);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

static const struct passwd *look_up(const char *name)
{
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	return *name && *end == '\0' ? getpwuid((uid_t)number) : getpwnam(name);
}

// The user's groups, except the first one.
static void read_groups(struct sandbox_user *user)
{
	gid_t all[SANDBOX_GROUPS_MAX + 1];
	int len = SANDBOX_GROUPS_MAX + 1;

	if (getgrouplist(user->name, user->gid, all, &len) < 0)
		len = SANDBOX_GROUPS_MAX + 1;
	for (int i = 0; i < len && user->groups_len < SANDBOX_GROUPS_MAX; i++)
		if (all[i] != user->gid && user->change)
			user->groups[user->groups_len++] = all[i];
}

// In a container, root may lack the right to change its user.
static bool may_change(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	const uint32_t wanted = 1u << CAP_SETUID | 1u << CAP_SETGID;

	return syscall(SYS_capget, &header, data) != 0 || (data[0].effective & wanted) == wanted;
}

int sandbox_user_find(struct sandbox_user *user, const char *name, char *why, size_t why_size)
{
	const struct passwd *found;

	*user = (struct sandbox_user){.uid = geteuid(), .gid = getegid()};
	snprintf(user->name, sizeof(user->name), "%u", user->uid);
	if (user->uid != 0) {
		if ((found = getpwuid(user->uid)) != NULL)
			snprintf(user->name, sizeof(user->name), "%s", found->pw_name);
		return 0;
	}
	if (!may_change() && !*name) {
		snprintf(user->name, sizeof(user->name), "root");
		snprintf(user->why, sizeof(user->why), "cannot change without CAP_SETUID and CAP_SETGID");
		return 0;
	}
	if (*name)
		found = look_up(name);
	else if ((found = look_up("lookback")) == NULL)
		found = look_up("nobody");
	if (!found) {
		snprintf(why, why_size,
			"user: found no user '%s' on this host; create it (useradd --system %s), or name another one",
			*name ? name : "lookback", *name ? name : "lookback");
		return -1;
	}
	*user = (struct sandbox_user){.uid = found->pw_uid, .gid = found->pw_gid, .change = found->pw_uid != 0};
	snprintf(user->name, sizeof(user->name), "%s", found->pw_name);
	read_groups(user);
	return 0;
}

static bool is_in(const struct sandbox_user *user, gid_t group)
{
	bool found = user->gid == group;

	for (int i = 0; i < user->groups_len; i++)
		found |= user->groups[i] == group;
	return found;
}

static bool has_mode(const struct sandbox_user *user, const struct stat *status, mode_t bits)
{
	int shift = status->st_uid == user->uid ? 6 : is_in(user, status->st_gid) ? 3 : 0;

	return (status->st_mode >> shift & bits) == bits;
}

// Whether every folder above `path`, which is absolute, can be searched.
static bool reaches(const struct sandbox_user *user, const char *path)
{
	char folder[PATH_MAX];
	struct stat status;

	for (const char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
		snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
		if (stat(folder, &status) == 0 && !has_mode(user, &status, 1))
			return false;
	}
	return true;
}

bool sandbox_user_may(const struct sandbox_user *user, const char *path, enum sandbox_access access)
{
	char whole[PATH_MAX], *slash;
	struct stat status;
	mode_t bits = access == SANDBOX_WRITE ? 6 : 4;

	if (!realpath(path, whole)) { // not there yet: its folder counts
		snprintf(whole, sizeof(whole), "%s", path);
		slash = strrchr(whole, '/');
		if (access == SANDBOX_READ || errno != ENOENT || !slash)
			return errno == ENOENT;
		slash[slash == whole] = '\0';
	}
	if (stat(whole, &status) != 0 || !reaches(user, whole))
		return false;
	return has_mode(user, &status, S_ISDIR(status.st_mode) ? bits | 1 : bits);
}

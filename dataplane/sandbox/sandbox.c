// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

void sandbox_begin(struct sandbox *s, enum sandbox_role role)
{
	*s = (struct sandbox){.role = role};
	sandbox_files_begin(s);
}

void sandbox_allow(struct sandbox *s, const char *path, enum sandbox_access access)
{
	if (path && *path)
		sandbox_files_allow(s, path, access);
}

void sandbox_allow_folder_of(struct sandbox *s, const char *path, enum sandbox_access access)
{
	char folder[PATH_MAX];
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!path || !*path)
		return;
	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	else
		snprintf(folder, sizeof(folder), ".");
	sandbox_allow(s, folder, access);
	if (access == SANDBOX_READ)
		sandbox_allow(s, path, access); // it may be a link to another folder
}

// Drops the bounding set of one thread. Without the right to do so it stays, which is harmless with no_new_privs.
static int drop_bounding_set(void *context)
{
	const struct sandbox *s = context;

	for (int i = 0; i <= 63; i++)
		prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (s->keep)
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); // so that they survive the change of user
	return 0;
}

static int drop_rest(void *context)
{
	const struct sandbox *s = context;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	uint64_t keep = gettid() == getpid() ? s->keep : 0; // worker threads need none

	if (keep && syscall(SYS_capget, &header, data) != 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	return sandbox_files_restrict(s);
}

// glibc changes all threads.
static int change_user(const struct sandbox_user *user)
{
	if (geteuid() == 0 && setgroups((size_t)user->groups_len, user->groups) != 0 && errno != EPERM)
		return -errno;
	if (!user->change)
		return 0;
	if (setresgid(user->gid, user->gid, user->gid) != 0 || setresuid(user->uid, user->uid, user->uid) != 0)
		return -errno;
	return setresuid(0, 0, 0) == 0 ? -EPERM : 0; // it must not be possible to return
}

int sandbox_enter(struct sandbox *s, char *why, size_t why_size)
{
	int result = sandbox_in_threads(drop_bounding_set, s);

	if (result == 0)
		result = change_user(&s->user);
	if (result == 0)
		result = sandbox_in_threads(drop_rest, s);
	if (s->files >= 0)
		close(s->files);
	s->files = -1;
	if (result == 0)
		return 0;
	snprintf(why, why_size, "sandbox: rights cannot be dropped: %s; set sandbox = off to run with them",
		strerror(-result));
	return -1;
}

#ifdef __SANITIZE_ADDRESS__
static bool sealed;

// AddressSanitizer calls this at the end. Its leak check needs system calls that seccomp rejects, and would never end.
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return sealed;
}
#endif

int sandbox_seal(struct sandbox *s, char *why, size_t why_size)
{
	int result = sandbox_calls_restrict(s);

#ifdef __SANITIZE_ADDRESS__
	sealed = result == 0;
#endif
	if (result == 0 || result == -ENOSYS || result == -EINVAL) // a kernel without seccomp; sandbox_text reports it
		return 0;
	snprintf(why, why_size, "sandbox: system calls cannot be restricted: %s; set sandbox = off to run without",
		strerror(-result));
	return -1;
}

static const struct {
	int capability;
	const char *name;
} kept[] = {{CAP_NET_RAW, "CAP_NET_RAW"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"}, {CAP_IPC_LOCK, "CAP_IPC_LOCK"}, {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"}};

void sandbox_text(const struct sandbox *s, char *text, size_t size)
{
	int used = snprintf(text, size, s->user.why[0] ? "user %s (%s), " : "user %s, ", s->user.name, s->user.why);

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (s->keep >> kept[i].capability & 1)
			used += snprintf(text + used, size - (size_t)used, "%s, ", kept[i].name);
	used += snprintf(text + used, size - (size_t)used, "%sno_new_privs, ", s->keep ? "" : "no capabilities, ");

	if (s->calls_len > 0)
		used += snprintf(text + used, size - (size_t)used, "seccomp %u calls, ", s->calls_len);
	else
		used += snprintf(text + used, size - (size_t)used, "no seccomp (not in this kernel), ");
	if (s->files_abi > 0)
		snprintf(text + used, size - (size_t)used, "landlock ABI %d (%u rules)", s->files_abi, s->rules_len);
	else
		snprintf(text + used, size - (size_t)used, "no landlock (not in this kernel)");
}

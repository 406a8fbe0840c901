// SPDX-License-Identifier: BSD-3-Clause
// Files, by landlock(7). Constants that the headers of Debian 12 do not have are written as numbers.
#include "dataplane/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum {
	READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	OF_FILES = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | 1 << 14,
	REMOVE = LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR,
	WRITE = READ | REMOVE | 1 << 13 /* LANDLOCK_ACCESS_FS_REFER */ | LANDLOCK_ACCESS_FS_WRITE_FILE |
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | 1 << 14
};

// landlock_ruleset_attr as of ABI 6; older kernels accept the beginning of it.
struct ruleset {
	uint64_t files, ports, scopes;
};

// Accesses that an ABI version knows. All are denied, except by rule.
static const struct {
	uint64_t files, ports, scopes;
	size_t size;
} of_abi[] = {
	{0, 0, 0, 0}, {(1 << 13) - 1, 0, 0, 8}, {(1 << 14) - 1, 0, 0, 8}, // LANDLOCK_ACCESS_FS_REFER
	{(1 << 15) - 1, 0, 0, 8},					  // _TRUNCATE
	{(1 << 15) - 1, 1, 0, 16},					  // LANDLOCK_ACCESS_NET_BIND_TCP
	{(1 << 16) - 1, 1, 0, 16},					  // _IOCTL_DEV
	{(1 << 16) - 1, 1, 1, 24},					  // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
};

enum { ABI_MAX = sizeof(of_abi) / sizeof(of_abi[0]) - 1 };

static int row_of(const struct sandbox *s)
{
	return s->files_abi < ABI_MAX ? s->files_abi : ABI_MAX;
}

void sandbox_files_begin(struct sandbox *s)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);

	s->files = -1;
	s->rules_len = 0;
	s->files_abi = abi > 0 ? (int)abi : 0;
	if (s->files_abi == 0)
		return;
	const struct ruleset a = {.files = of_abi[row_of(s)].files,
		.ports = of_abi[row_of(s)].ports,
		.scopes = of_abi[row_of(s)].scopes};
	s->files = (int)syscall(SYS_landlock_create_ruleset, &a, of_abi[row_of(s)].size, 0);
	if (s->files < 0)
		s->files_abi = 0;
}

void sandbox_files_allow(struct sandbox *s, const char *path, enum sandbox_access access)
{
	static const uint64_t of_access[] = {[SANDBOX_READ] = READ, [SANDBOX_WRITE] = WRITE, [SANDBOX_REMOVE] = REMOVE};
	struct landlock_path_beneath_attr rule = {.allowed_access = of_access[access]};
	struct stat status;

	if (s->files < 0)
		return;
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access &= OF_FILES;
	rule.allowed_access &= of_abi[row_of(s)].files;
	if (syscall(SYS_landlock_add_rule, s->files, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
		s->rules_len++;
	close(rule.parent_fd);
}

int sandbox_files_restrict(const struct sandbox *s)
{
	return s->files < 0 || syscall(SYS_landlock_restrict_self, s->files, 0) == 0 ? 0 : -errno;
}

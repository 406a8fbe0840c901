// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/program.h"

#include "dataplane/common/monotonic.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_MS = 3000, LOOK_US = 10000 };

// `beside`: the folder next to this one, as in a build; or empty.
static bool is_program(char *out, const char *folder, const char *beside, const char *name)
{
	snprintf(out, PROGRAM_PATH_SIZE, "%s/%s%s%s%s", folder, *beside ? "../" : "", beside, *beside ? "/" : "", name);
	return access(out, X_OK) == 0;
}

bool program_find(const char *name, char out[static PROGRAM_PATH_SIZE])
{
	static const char *const folders[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"};
	char self[PROGRAM_PATH_SIZE - 256], *slash;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *part = strchr(name, '-') + 1;

	self[len > 0 ? len : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	if (slash && (is_program(out, self, "", name) || is_program(out, self, part, name)))
		return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (is_program(out, folders[i], "", name))
			return true;
	return false;
}

// Until the end of the output or of the time. Returns the number of octets.
static size_t read_all(int fd, uint64_t until_ms, char *out, size_t out_size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char rest[512];
	size_t len = 0;

	for (uint64_t now; (now = monotonic_ms()) < until_ms;) {
		if (poll(&p, 1, (int)(until_ms - now)) <= 0)
			continue;
		bool full = len + 1 == out_size;
		ssize_t n = full ? read(fd, rest, sizeof(rest)) : read(fd, out + len, out_size - 1 - len);
		if (n <= 0)
			break;
		len += full ? 0 : (size_t)n;
	}
	out[len] = '\0';
	return len;
}

// Waits for the end of the process until then. False if it still runs.
static bool has_ended(pid_t pid, uint64_t until_ms, int *status)
{
	while (waitpid(pid, status, WNOHANG) != pid) {
		if (monotonic_ms() >= until_ms)
			return false;
		usleep(LOOK_US);
	}
	return true;
}

static _Noreturn void run(char *const argv[], bool errors, int output)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_DFL);
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(errors ? output : nothing, STDERR_FILENO);
	execv(argv[0], argv);
	_exit(127);
}

int program_run(char *const argv[], bool errors, unsigned limit_ms, char *out, size_t out_size)
{
	uint64_t until_ms = monotonic_ms() + limit_ms;
	int fds[2], status;

	out[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		run(argv, errors, fds[1]);
	close(fds[1]);
	if (pid > 0)
		read_all(fds[0], until_ms, out, out_size);
	close(fds[0]);
	if (pid < 0)
		return -1;
	if (has_ended(pid, until_ms, &status))
		return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
	kill(pid, SIGTERM);
	if (!has_ended(pid, monotonic_ms() + GRACE_MS, &status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return -1;
}

// SPDX-License-Identifier: BSD-3-Clause
// Capabilities, landlock and no_new_privs belong to a thread, not to the process: each thread has to drop its own. A signal
// makes it do so.
#include "dataplane/sandbox/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 1024, WAIT_US = 200, WAITS_MAX = 10000 };

static int (*to_call)(void *);
static void *argument;
static atomic_int answered, failed;

static void on_signal(int number)
{
	int saved = errno, result = to_call(argument), none = 0;

	if (result != 0)
		atomic_compare_exchange_strong(&failed, &none, result);
	atomic_fetch_add(&answered, 1);
	errno = saved;
}

static bool is_known(const pid_t *known, unsigned len, pid_t thread)
{
	for (unsigned i = 0; i < len; i++)
		if (known[i] == thread)
			return true;
	return false;
}

// Signals the threads that are not in `known` and adds them. Returns how many.
static unsigned signal_new(pid_t *known, unsigned *len)
{
	DIR *folder = opendir("/proc/self/task");
	unsigned signalled = 0;

	for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry && *len < THREADS_MAX;
		entry = readdir(folder)) {
		pid_t thread = atoi(entry->d_name);
		if (thread <= 0 || is_known(known, *len, thread))
			continue;
		known[(*len)++] = thread;
		if (syscall(SYS_tgkill, getpid(), thread, SIGRTMAX) == 0)
			signalled++;
	}
	if (folder)
		closedir(folder);
	return signalled;
}

int sandbox_in_threads(int (*function)(void *), void *context)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
	pid_t known[THREADS_MAX] = {gettid()};
	unsigned len = 1, signalled;
	int result = 0;

	to_call = function;
	argument = context;
	atomic_store(&failed, 0);
	sigfillset(&action.sa_mask);
	sigaction(SIGRTMAX, &action, &before);
	do { // until there is no new thread: one may have been created meanwhile
		atomic_store(&answered, 0);
		signalled = signal_new(known, &len);
		for (int waits = 0; (unsigned)atomic_load(&answered) < signalled && result == 0; waits++)
			waits < WAITS_MAX ? (void)usleep(WAIT_US) : (void)(result = -ETIME);
	} while (signalled > 0 && result == 0);
	sigaction(SIGRTMAX, &before, NULL);
	if (result == 0)
		result = atomic_load(&failed);
	return result != 0 ? result : function(context);
}

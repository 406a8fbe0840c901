// SPDX-License-Identifier: BSD-3-Clause
// Makes a thread of a running program do one system call, as code that took the program over would: what it may still do
// is tried for real. x86-64 alone.
//
//     inject THREAD NUMBER [ARGUMENT]...     up to 4, numbers, or texts with a colon before them: inject 123 2 :/etc/shadow 0
//
// Prints what the call returned, or the signal that ended the process. Exit status 0; 1: could not be tried.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { BELOW_STACK = 4096, ARGUMENTS_MAX = 4, TEXT_SIZE = 256 };

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put_text(pid_t thread, unsigned long long at, const char *text)
{
	char padded[TEXT_SIZE] = "";

	snprintf(padded, sizeof(padded), "%s", text);
	for (size_t i = 0; i <= strlen(padded) / 8; i++) {
		long word;
		memcpy(&word, padded + 8 * i, 8);
		if (ptrace(PTRACE_POKEDATA, thread, (void *)(at + 8 * i), (void *)word) != 0)
			fail("cannot write to its stack");
	}
}

static void fill(pid_t thread, struct user_regs_struct *regs, int argc, char **argv)
{
	unsigned long long *const registers[ARGUMENTS_MAX] = {&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10};

	regs->rax = strtoull(argv[2], NULL, 0);
	regs->orig_rax = (unsigned long long)-1; // none is to be restarted
	for (int i = 0; i < ARGUMENTS_MAX; i++) {
		const char *argument = i + 3 < argc ? argv[i + 3] : "0";
		*registers[i] = strtoull(argument, NULL, 0);
		if (*argument != ':')
			continue;
		*registers[i] = (regs->rsp & ~15ull) - BELOW_STACK + (unsigned)i * TEXT_SIZE;
		put_text(thread, *registers[i], argument + 1);
	}
}

// Address of a system call instruction in the program or its libraries: code that other threads run stays as it is.
static unsigned long long find_call(pid_t thread)
{
	char path[64], line[512], rights[8], code[1 << 16];
	unsigned long long begin, end, found = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", thread);
	FILE *maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", thread);
	FILE *memory = fopen(path, "r");
	while (maps && memory && found == 0 && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%llx-%llx %7s", &begin, &end, rights) != 3 || rights[2] != 'x' ||
			!strstr(line, "libc.so"))
			continue;
		for (unsigned long long at = begin; at < end && found == 0; at += sizeof(code)) {
			size_t size = fseek(memory, (long)at, SEEK_SET) == 0 ? fread(code, 1, sizeof(code), memory) : 0;
			for (size_t i = 0; i + 1 < size && found == 0; i++)
				if (code[i] == 0x0f && code[i + 1] == 0x05)
					found = at + i;
		}
	}
	if (memory)
		fclose(memory);
	if (maps)
		fclose(maps);
	return found;
}

// Steps to the end of the call. Signals on the way are handed on: a handler of SIGSYS, which seccomp sends, is gone through.
static int step_over(pid_t thread, unsigned long long after)
{
	struct user_regs_struct regs = {0};
	int status = 0, signal_number = 0;

	while (regs.rip != after) {
		if (ptrace(PTRACE_SINGLESTEP, thread, NULL, (void *)(long)signal_number) != 0 ||
			waitpid(thread, &status, __WALL) != thread)
			fail("is lost");
		if (WIFSIGNALED(status) || WIFEXITED(status))
			return status;
		signal_number = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		if (ptrace(PTRACE_GETREGS, thread, NULL, &regs) != 0)
			fail("is lost");
		if (signal_number != 0)
			regs.rip = 0; // not before its handler
	}
	return status;
}

int main(int argc, char **argv)
{
	struct user_regs_struct before, regs;
	pid_t thread = argc >= 3 ? atoi(argv[1]) : 0;
	int status;

	if (thread <= 0 || ptrace(PTRACE_ATTACH, thread, NULL, NULL) != 0 ||
		waitpid(thread, &status, __WALL) != thread || ptrace(PTRACE_GETREGS, thread, NULL, &before) != 0)
		fail("cannot attach");
	regs = before;
	fill(thread, &regs, argc, argv);
	regs.rip = find_call(thread);
	if (regs.rip == 0 || ptrace(PTRACE_SETREGS, thread, NULL, &regs) != 0)
		fail("cannot put the call into it");
	status = step_over(thread, regs.rip + 2);
	if (WIFSIGNALED(status)) {
		printf("killed by %s\n", strsignal(WTERMSIG(status)));
		return 0;
	}
	ptrace(PTRACE_GETREGS, thread, NULL, &regs);
	printf("%lld\n", (long long)regs.rax);
	ptrace(PTRACE_SETREGS, thread, NULL, &before);
	return ptrace(PTRACE_DETACH, thread, NULL, NULL) == 0 ? 0 : 1;
}

// SPDX-License-Identifier: BSD-3-Clause
// System calls, by seccomp. Three answers:
//
//     listed                 allowed; a few only with certain arguments
//     deadly                 SIGSYS ends the process: our code never makes these calls, injected code would
//     any other              EPERM, or ENOSYS if the call is new, so that libraries fall back; one log line
#include "dataplane/sandbox/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <seccomp.h>

#include "dataplane/common/log.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

enum { NAMES_MAX = 512, FIRST_NEW = 424, LINES_MAX = 20 }; // from 424 on numbers are the same on all architectures

static const char *const everyone[] = {
	// open files, and those that landlock allows to open
	"read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "pwritev", "close", "close_range", "lseek",
	"_llseek", "open", "openat", "access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat",
	"fstatat64", "stat64", "lstat64", "fstat64", "statx", "statfs", "fstatfs", "readlink", "readlinkat", "getdents",
	"getdents64", "getcwd", "fcntl", "fcntl64", "flock", "dup", "dup2", "dup3", "pipe", "pipe2", "fadvise64",
	"umask",
	// waiting
	"poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64", "epoll_create",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "nanosleep",
	"clock_nanosleep", "clock_nanosleep_time64", "futex", "futex_time64", "restart_syscall", "sched_yield",
	"membarrier",
	// memory
	"brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "mlock", "mlock2", "munlock", "msync",
	"mincore",
	// time, threads, the process itself
	"clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday", "time", "getrandom", "set_robust_list",
	"get_robust_list", "rseq", "set_tid_address", "exit", "exit_group", "gettid", "getpid", "getppid", "getuid",
	"geteuid", "getgid", "getegid", "getuid32", "geteuid32", "getgid32", "getegid32", "getresuid", "getresgid",
	"getgroups", "getpgrp", "uname", "sysinfo", "getcpu", "getrusage", "times", "getrlimit", "ugetrlimit",
	"sched_getaffinity", "sched_setaffinity", "sched_getscheduler", "sched_getparam", "sched_setscheduler",
	"sched_getattr", "sched_setattr", "getpriority", "setpriority", "capget", "arch_prctl", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigpending", "rt_sigtimedwait", "sigaltstack",
	"sigreturn", "setitimer", "getitimer",
	// open sockets
	"recvfrom", "recv", "recvmsg", "recvmmsg", "sendto", "send", "sendmsg", "sendmmsg", "accept", "accept4",
	"shutdown", "getsockopt", "setsockopt", "getsockname", "getpeername", NULL};

static const char *const dataplane[] = {
	// memory of DPDK, questions to cards and interfaces
	"memfd_create", "ftruncate", "fallocate", "mbind", "get_mempolicy", "set_mempolicy", "move_pages", "ioctl",
	"bind", "timerfd_create", "timerfd_settime", "timerfd_gettime", NULL};

// Its journal of captures that were taken, and what becomes of these.
static const char *const follower[] = {"fdatasync", "fsync", "rename", "renameat", "renameat2", "unlink", "unlinkat",
	NULL};

static const char *const helper[] = {"ioctl", "bpf", "bind", "connect", "unlink", "unlinkat", "rmdir", "memfd_create",
	"ftruncate", "sendfile", NULL};

static const char *const collector[] = {
	// the spool, the index of names, HTTP
	"ftruncate", "fallocate", "fdatasync", "fsync", "sync_file_range", "rename", "renameat", "renameat2", "link",
	"linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "sendfile",
	"connect", "ioctl", "signalfd4", "wait4", "waitid",
	"memfd_create", // copies of the context's databases
	NULL};

// Libraries try these at the end and do without: rejected without a log line.
static const char *const quietly[] = {"unlink", "unlinkat", "rmdir", NULL};

static const char *const deadly[] = {"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "mount", "umount2",
	"move_mount", "fsmount", "open_tree", "pivot_root", "chroot", "unshare", "setns", "add_key", "request_key",
	"keyctl", "userfaultfd", "io_uring_setup", "open_by_handle_at", "reboot", "swapon", "swapoff", "iopl", "ioperm",
	"acct", "settimeofday", "clock_settime", "adjtimex", "sethostname", "setuid", "setgid", "setresuid",
	"setresgid", "setreuid", "setregid", "setgroups", "capset", "personality", "pidfd_getfd", NULL};

// rejected calls are logged ──────────────────────────────────────────────────────────────────

static char *names[NAMES_MAX]; // of system calls, by number
static unsigned refused;

#if defined(__x86_64__)
#define ANSWER(context) (context)->uc_mcontext.gregs[REG_RAX]
#elif defined(__aarch64__)
#define ANSWER(context) (context)->uc_mcontext.regs[0]
#endif

#ifdef ANSWER
static void on_refusal(int signal_number, siginfo_t *info, void *at)
{
	ucontext_t *context = at;
	int saved = errno, call = info->si_syscall;

	if (__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED) < LINES_MAX)
		log_warning(
			"sandbox: refused system call %d (%s); please report this, unless it was a test; set sandbox = off to run without",
			call, call >= 0 && call < NAMES_MAX && names[call] ? names[call] : "unknown");
	ANSWER(context) = call >= FIRST_NEW ? -ENOSYS : -EPERM;
	errno = saved;
}

static void log_refusals(void)
{
	struct sigaction action = {.sa_sigaction = on_refusal, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER};

	for (int i = 0; i < NAMES_MAX; i++)
		names[i] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
	sigaction(SIGSYS, &action, NULL);
}
static const uint32_t otherwise = SCMP_ACT_TRAP;
#else
static void log_refusals(void)
{
}
static const uint32_t otherwise = SCMP_ACT_ERRNO(EPERM);
#endif

// the filter ─────────────────────────────────────────────────────────────────────────────────

// Ignores names of other architectures.
static int add_list(scmp_filter_ctx filter, uint32_t action, const char *const *list, unsigned *len)
{
	int result = 0;

	for (; *list && result == 0; list++) {
		int call = seccomp_syscall_resolve_name(*list);
		if (call < 0)
			continue;
		result = seccomp_rule_add(filter, action, call, 0);
		*len += action == SCMP_ACT_ALLOW;
	}
	return result;
}

static int allow_first(scmp_filter_ctx filter, int call, uint64_t value)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A0(SCMP_CMP_EQ, value, 0));
}

static int allow_firsts(scmp_filter_ctx filter, int call, const uint64_t *values, size_t len)
{
	int result = 0;

	for (size_t i = 0; i < len && result == 0; i++)
		result = allow_first(filter, call, values[i]);
	return result;
}

// Threads, without namespaces. The collector checks its spool in a child process, too. A filter cannot see the flags of
// clone3: ENOSYS makes glibc use clone.
static int add_threads(scmp_filter_ctx filter, enum sandbox_role role)
{
	const uint64_t thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
	const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
				    CLONE_NEWPID | CLONE_NEWNET;
	const struct scmp_arg_cmp flags = role == SANDBOX_COLLECTOR ? SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0)
								    : SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread);
	int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, flags);

	return result ? result : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

// Signals to the process itself, its own limits and names.
static int add_own(scmp_filter_ctx filter)
{
	const uint64_t prctls[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_DUMPABLE, PR_CAPBSET_READ,
		PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP};
	const uint64_t own[] = {0, (uint64_t)getpid()};
	int result = allow_firsts(filter, SCMP_SYS(prctl), prctls, sizeof(prctls) / sizeof(prctls[0]));

	if (result == 0)
		result = allow_firsts(filter, SCMP_SYS(prlimit64), own, 2);
	if (result == 0)
		result = allow_first(filter, SCMP_SYS(tgkill), own[1]);
	return result ? result : allow_first(filter, SCMP_SYS(kill), own[1]);
}

static int allow_socket(scmp_filter_ctx filter, int family, int type)
{
	const uint64_t flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, (uint64_t)family, 0),
		SCMP_A1(SCMP_CMP_MASKED_EQ, ~flags & 0xffffffff, (uint64_t)type));
}

static int add_sockets(scmp_filter_ctx filter, unsigned sockets)
{
	const struct {
		unsigned when;
		int family, type;
	} kinds[] = {{SANDBOX_UNIX, AF_UNIX, SOCK_STREAM}, {SANDBOX_TCP, AF_INET, SOCK_STREAM},
		{SANDBOX_TCP, AF_INET6, SOCK_STREAM}, {SANDBOX_UDP, AF_INET, SOCK_DGRAM},
		{SANDBOX_UDP, AF_INET6, SOCK_DGRAM}, {SANDBOX_SYSLOG, AF_UNIX, SOCK_DGRAM},
		{SANDBOX_CAPTURE, AF_UNIX, SOCK_DGRAM}, {SANDBOX_CAPTURE, AF_INET, SOCK_DGRAM},
		{SANDBOX_CAPTURE, AF_PACKET, SOCK_RAW}, {SANDBOX_CAPTURE, AF_XDP, SOCK_RAW},
		{SANDBOX_CAPTURE, AF_NETLINK, SOCK_RAW}};
	int result = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && result == 0; i++)
		if (sockets & kinds[i].when)
			result = allow_socket(filter, kinds[i].family, kinds[i].type);
	return result;
}

// The collector's: libcurl wakes its resolver by a pair of sockets; the resolver asks by netlink which addresses the machine has,
// and does without the answer.
static int add_resolver(scmp_filter_ctx filter)
{
	int result =
		seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));

	return result ? result
		      : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0));
}

// Maps of the XDP program, through open descriptors; no loading, no attaching.
static int add_maps(scmp_filter_ctx filter)
{
	const uint64_t commands[] = {BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
		BPF_MAP_GET_NEXT_KEY, BPF_OBJ_GET_INFO_BY_FD};

	return allow_firsts(filter, SCMP_SYS(bpf), commands, sizeof(commands) / sizeof(commands[0]));
}

// DPDK logs to stderr and to syslog(3); the latter is rejected without a log line.
static int add_quiet(scmp_filter_ctx filter, bool writes, unsigned *len)
{
	int result = writes ? add_list(filter, SCMP_ACT_ALLOW, follower, len)
			    : add_list(filter, SCMP_ACT_ERRNO(EACCES), quietly, len);

	return result ? result
		      : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 2,
				SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
}

static int fill(scmp_filter_ctx filter, struct sandbox *s, unsigned *len)
{
	static const char *const *const lists[] =
		{[SANDBOX_DATAPLANE] = dataplane, [SANDBOX_HELPER] = helper, [SANDBOX_COLLECTOR] = collector};
	int result = add_list(filter, SCMP_ACT_ALLOW, everyone, len);

	if (result == 0)
		result = add_list(filter, SCMP_ACT_ALLOW, lists[s->role], len);
	if (result == 0)
		result = add_list(filter, SCMP_ACT_KILL_PROCESS, deadly, len);
	if (result == 0 && s->role == SANDBOX_DATAPLANE)
		result = add_quiet(filter, s->writes, len);
	if (result == 0)
		result = add_threads(filter, s->role);
	if (result == 0)
		result = add_own(filter);
	if (result == 0)
		result = add_sockets(filter, s->sockets);
	if (result == 0 && s->role == SANDBOX_COLLECTOR)
		result = add_resolver(filter);
	return result == 0 && s->role == SANDBOX_DATAPLANE ? add_maps(filter) : result;
}

int sandbox_calls_restrict(struct sandbox *s)
{
	scmp_filter_ctx filter = seccomp_init(otherwise);
	unsigned len = 0;

	if (!filter)
		return -ENOMEM;
	log_refusals();
	int result = fill(filter, s, &len);
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1); // without it older kernels turn on a slow mitigation (SSBD)
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); // a tree
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result == 0)
		s->calls_len = len;
	return result;
}

// SPDX-License-Identifier: BSD-3-Clause
// What a program gives up after its set-up, so that a fault in the parsers of hostile data does little harm:
//
//     user            not root; no supplementary groups that are not needed        user.c
//     capabilities    all, including the bounding set                              sandbox.c
//     no_new_privs    a program that is executed gains none                        sandbox.c
//     landlock        files: only those that are named; TCP: no listening          landlock.c
//     seccomp         system calls: only those that the program needs              seccomp.c
//
// Landlock needs Linux 5.13. Without it the rest still applies, and sandbox_text reports it.
// Main thread only. It binds all threads, existing and future ones.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum sandbox_role {
	SANDBOX_DATAPLANE,
	SANDBOX_HELPER, // helper process of the dataplane; keeps the rights to open interfaces
	SANDBOX_COLLECTOR
};

// Sockets that may still be opened.
enum sandbox_sockets {
	SANDBOX_UNIX = 1,    // streams
	SANDBOX_TCP = 2,     // IPv4 and IPv6 streams, no listening
	SANDBOX_UDP = 4,     // for a resolver
	SANDBOX_CAPTURE = 8, // AF_PACKET, AF_XDP, netlink
	SANDBOX_SYSLOG = 16  // Unix datagrams
};

enum { SANDBOX_GROUPS_MAX = 16 };

// To a file, or to everything below a folder.
enum sandbox_access {
	SANDBOX_READ,
	SANDBOX_WRITE, // includes the other two
	SANDBOX_REMOVE
};

struct sandbox_user {
	uid_t uid;
	gid_t gid;
	gid_t groups[SANDBOX_GROUPS_MAX]; // supplementary ones, such as that of Redis's socket
	int groups_len;
	char name[64];
	char why[200]; // reason for staying root; or empty
	bool change;   // false: the program keeps the user that started it
};

struct sandbox {
	enum sandbox_role role;
	struct sandbox_user user;
	bool writes;	    // SANDBOX_DATAPLANE: files may be synced, renamed and deleted
	uint64_t keep;	    // capabilities that the main thread keeps, as bits
	unsigned sockets;   // enum sandbox_sockets
	int files;	    // descriptor of landlock's rule set; -1: none
	int files_abi;	    // version of landlock; 0: not in this kernel
	unsigned rules_len; // of landlock
	unsigned calls_len; // that seccomp allows; 0: no seccomp
};

// user.c ─────────────────────────────────────────────────────────────────────────────

// Finds the user that a program started as root becomes: `name`, which may be a number; if empty, "lookback", or "nobody" if
// there is none. A program that another user started stays that user. Returns 0, or -1 with one line in `why`.
int sandbox_user_find(struct sandbox_user *user, const char *name, char *why, size_t why_size);

// Whether the user could access `path`, including the folders above it. For SANDBOX_WRITE the file need not exist: then the
// folder counts.
bool sandbox_user_may(const struct sandbox_user *user, const char *path, enum sandbox_access access);

// sandbox.c ──────────────────────────────────────────────────────────────────────────────────

// Starts without a rule: only files given to sandbox_allow can be opened later.
void sandbox_begin(struct sandbox *s, enum sandbox_role role);

// Ignores a path that does not exist.
void sandbox_allow(struct sandbox *s, const char *path, enum sandbox_access access);

// Allows the folder of `path`, because the file may be replaced by another one of the same name.
void sandbox_allow_folder_of(struct sandbox *s, const char *path, enum sandbox_access access);

// Changes the user, drops capabilities, sets no_new_privs, applies landlock. Returns 0, or -1 with one line in `why`.
int sandbox_enter(struct sandbox *s, char *why, size_t why_size);

// Applies seccomp, the last step: create threads and listening sockets before. Returns 0, or -1 with one line in `why`.
int sandbox_seal(struct sandbox *s, char *why, size_t why_size);

// Writes "user nobody, no capabilities, no_new_privs, seccomp 90 calls, landlock ABI 4 (7 rules)".
void sandbox_text(const struct sandbox *s, char *text, size_t size);

// threads.c ──────────────────────────────────────────────────────────────────────────

// Calls `function` in every thread of the process, by a signal, and in the calling thread last. It must be safe in a signal
// handler. Returns 0, or the first other value that a thread returned; -ETIME: a thread did not answer.
int sandbox_in_threads(int (*function)(void *), void *context);

// landlock.c, seccomp.c: steps of the above ───────────────────────────────────────

void sandbox_files_begin(struct sandbox *s);
void sandbox_files_allow(struct sandbox *s, const char *path, enum sandbox_access access);
int sandbox_files_restrict(const struct sandbox *s); // this thread. 0 or -errno
int sandbox_calls_restrict(struct sandbox *s);	     // all threads. 0 or -errno

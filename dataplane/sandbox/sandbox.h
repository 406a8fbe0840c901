// SPDX-License-Identifier: BSD-3-Clause
// What a program gives up after its set-up, so that a fault in what parses hostile data costs little:
//
//     user            another one than root, without supplementary groups          user.c
//     capabilities    all, the bounding set too                                    sandbox.c
//     no_new_privs    nothing that is executed gains any                           sandbox.c
//     landlock        files: those named alone; TCP: no listening                  landlock.c
//     seccomp         system calls: those of its work alone                        seccomp.c
//
// Of these, landlock needs Linux 5.13; it is left out, and that is said, where the kernel has none.
// Main thread only. Every thread that there is, and every one that comes, is bound.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum sandbox_role {
	SANDBOX_DATAPLANE,
	SANDBOX_HELPER, // of the dataplane: keeps the rights to open interfaces
	SANDBOX_COLLECTOR
};

// Sockets that can still be opened.
enum sandbox_sockets {
	SANDBOX_UNIX = 1,   // streams
	SANDBOX_TCP = 2,    // IPv4 and IPv6 streams, no listening
	SANDBOX_UDP = 4,    // for a resolver
	SANDBOX_CAPTURE = 8 // AF_PACKET, AF_XDP, netlink
};

enum { SANDBOX_GROUPS_MAX = 16 };

enum sandbox_access {
	SANDBOX_READ,
	SANDBOX_WRITE,
	SANDBOX_REMOVE
}; // of a file, or of all below a folder; WRITE is all of them

struct sandbox_user {
	uid_t uid;
	gid_t gid;
	gid_t groups[SANDBOX_GROUPS_MAX]; // others that it is in, such as that of Redis's socket
	int groups_len;
	char name[64];
	char why[200]; // it is root all the same, or empty
	bool change;   // false: the one that runs it stays
};

struct sandbox {
	enum sandbox_role role;
	struct sandbox_user user;
	uint64_t keep;	    // capabilities that stay with the main thread, by bits
	unsigned sockets;   // enum sandbox_sockets
	int files;	    // landlock's rules; -1: none
	int files_abi;	    // of landlock; 0: the kernel has none
	unsigned rules_len; // of landlock
	unsigned calls_len; // that seccomp lets through; 0: no seccomp
};

// user.c ─────────────────────────────────────────────────────────────────────────────

// Whom a program that was started as root becomes: `name` (a number serves too); empty: "lookback", or "nobody" if there
// is none. Started as anyone else it stays what it is. Returns 0, or -1 with one line in `why`.
int sandbox_user_find(struct sandbox_user *user, const char *name, char *why, size_t why_size);

// True if that user could use `path`, folders on the way included. For write also what does not exist yet: then its folder.
bool sandbox_user_may(const struct sandbox_user *user, const char *path, enum sandbox_access access);

// sandbox.c ──────────────────────────────────────────────────────────────────────────────────

// No rule yet: without sandbox_allow no file can be opened.
void sandbox_begin(struct sandbox *s, enum sandbox_role role);

// A path that does not exist is passed over.
void sandbox_allow(struct sandbox *s, const char *path, enum sandbox_access access);

// The folder that `path` is in: a file there may be replaced by another one of its name.
void sandbox_allow_folder_of(struct sandbox *s, const char *path, enum sandbox_access access);

// User, capabilities, no_new_privs, landlock. Returns 0, or -1 with one line in `why`.
int sandbox_enter(struct sandbox *s, char *why, size_t why_size);

// seccomp, the last step: what sets up more (threads, sockets that listen) comes before. Same return.
int sandbox_seal(struct sandbox *s, char *why, size_t why_size);

// "user nobody, no capabilities, no_new_privs, seccomp 90 calls, landlock ABI 4 (7 rules)".
void sandbox_text(const struct sandbox *s, char *text, size_t size);

// threads.c ──────────────────────────────────────────────────────────────────────────

// Calls `function` in every thread of the process, by a signal, and in the caller last. It may make system calls only.
// Returns the first value other than 0 that one returned; -ETIME: a thread did not answer.
int sandbox_in_threads(int (*function)(void *), void *context);

// landlock.c, seccomp.c: steps of the above ───────────────────────────────────────

void sandbox_files_begin(struct sandbox *s);
void sandbox_files_allow(struct sandbox *s, const char *path, enum sandbox_access access);
int sandbox_files_restrict(const struct sandbox *s); // this thread. 0 or -errno
int sandbox_calls_restrict(struct sandbox *s);	     // all threads. 0 or -errno

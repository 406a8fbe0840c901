// SPDX-License-Identifier: BSD-3-Clause
// A small process with the rights that the dataplane was started with, which does for it what it can no longer do within its
// sandbox. The dataplane parses hostile packets; the helper sees none.
//
//     dataplane ── request: an operation and numbers ──► helper       one message each, over a socket pair
//               ◄── result and file descriptors ─────────
//
// It opens what the dataplane was started for, nothing else: the collector's socket; sockets that capture; our XDP program, on
// interfaces that --iface named. When the dataplane ends, however it does, it takes the programs off, removes DPDK's folder in
// /run and ends. helper_start, helper_take_over and helper_end: main thread; the rest: any.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HELPER_IFACES_MAX = 16, HELPER_FILES_MAX = 16, HELPER_TEXT_SIZE = 300 };

struct helper_options {
	const char *collector_socket;
	const char *ifaces[HELPER_IFACES_MAX];
	unsigned ifaces_len;
};

enum helper_operation {
	HELPER_FOLDER,	 // the first: name: folder to remove at the end. From then on it has rights for the rest only
	HELPER_ADOPT,	 // value: ifindex, more: id: a program that the dataplane attached before
	HELPER_CONNECT,	 // → a socket connected to the collector
	HELPER_SOCKET,	 // value: AF_PACKET or AF_XDP, more: protocol, flags: 1: busy polling preferred → a socket
	HELPER_USE,	 // name of an interface → 1 and why the host uses it, or 0
	HELPER_CLEAN,	 // name: takes off what a dead process left: xdp_clean_up
	HELPER_PROGRAM,	 // → XDP program, xsks_map, its other maps
	HELPER_ATTACH,	 // value: ifindex, flags: of bpf_xdp_attach: the program loaded last
	HELPER_DETACH,	 // value: ifindex: a program of ours that is on it
	HELPER_ATTACHED, // value: ifindex → id of the program on it, in `more` whether native
	HELPER_PROMISCUOUS, // name: takes what is not sent to it
	HELPER_END	    // cleans up, and ends
};

struct helper_request {
	enum helper_operation operation;
	int32_t value, more;
	uint32_t flags;
	char name[128];
};

struct helper_reply {
	int32_t result; // 0 or more; -errno
	int32_t more;
	char text[HELPER_TEXT_SIZE];
	int files[HELPER_FILES_MAX]; // descriptors of the receiver
	uint32_t files_len;
};

// helper.c: the dataplane's side ─────────────────────────────────────────────────────────────

// Forks it, before anything is set up; there `argv` is overwritten. 0, or -1 with one logged line.
int helper_start(const struct helper_options *options, int argc, char **argv);

// From now on requests go to it. 0, or -1 with one logged line.
int helper_take_over(const char *runtime_folder);

// False in a run without a sandbox, before helper_take_over, and in the helper: everything is done by who asks.
bool helper_is_on(void);

// Sends a request and waits for its answer. Returns reply->result; -EPIPE: the helper is gone.
int helper_ask(const struct helper_request *request, struct helper_reply *reply);

int helper_connect(void); // a socket, or -errno
void helper_end(void);

// helper_serve.c: its own side; does not return ──────────────────────────────────────────────

_Noreturn void helper_serve(int fd, const struct helper_options *options);

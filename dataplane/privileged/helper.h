// SPDX-License-Identifier: BSD-3-Clause
// A small process that keeps the rights of the start, and does for the dataplane what the sandbox forbids. The dataplane parses
// hostile packets; the helper sees none.
//
//     dataplane ── request: an operation and numbers ──► helper       one message each, over a socket pair
//               ◄── result and file descriptors ─────────
//
// It opens only what the dataplane was started for: the collector's socket, capture sockets, and our XDP program on the
// interfaces of --iface. When the dataplane ends, in whatever way, it detaches the programs, removes DPDK's folder in /run, and
// ends. helper_start, helper_take_over, helper_end: main thread only. The others: any thread.
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
	HELPER_FOLDER, // the first request. name: folder to remove at the end. Then the helper drops what it does not need
	HELPER_ADOPT,	    // value: ifindex, more: id of a program that the dataplane attached before
	HELPER_CONNECT,	    // → a socket connected to the collector
	HELPER_SOCKET,	    // value: AF_PACKET or AF_XDP, more: protocol, flags: 1: busy polling preferred → a socket
	HELPER_USE,	    // name: of an interface → 1 and in `text` why the host uses it, or 0
	HELPER_CLEAN,	    // name: of an interface: xdp_clean_up
	HELPER_PROGRAM,	    // → XDP program, xsks_map, its other maps
	HELPER_ATTACH,	    // value: ifindex, flags: of bpf_xdp_attach. Attaches the program loaded last
	HELPER_DETACH,	    // value: ifindex. Detaches our program
	HELPER_ATTACHED,    // value: ifindex → id of the program on it; `more`: whether it is native
	HELPER_PROMISCUOUS, // name: of an interface. Makes it promiscuous
	HELPER_END	    // cleans up and ends
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
	int files[HELPER_FILES_MAX]; // open descriptors; the receiver owns them
	uint32_t files_len;
};

// helper.c: the dataplane's side ─────────────────────────────────────────────────────────────

// Forks the helper, which overwrites its `argv`. Call it before anything is set up. Returns 0, or -1 with one logged line.
int helper_start(const struct helper_options *options, int argc, char **argv);

// From now on requests go to the helper. Returns 0, or -1 with one logged line.
int helper_take_over(const char *runtime_folder);

// Whether requests go to the helper: false without a sandbox, before helper_take_over, and in the helper itself.
bool helper_is_on(void);

// Sends a request and waits for the reply. Returns reply->result; -EPIPE: the helper has ended.
int helper_ask(const struct helper_request *request, struct helper_reply *reply);

int helper_connect(void); // to the collector. Returns a socket, or -errno
void helper_end(void);	  // ends the helper, which cleans up

// helper_serve.c: the helper's side ──────────────────────────────────────────────────────────

_Noreturn void helper_serve(int fd, const struct helper_options *options);

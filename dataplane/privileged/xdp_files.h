// SPDX-License-Identifier: BSD-3-Clause
// AF_XDP sockets, BPF programs and maps that this process has open. DPDK's net_af_xdp gives no access to its own and leaves them
// open when its port is closed. Then the queue stays in use, and an interface that often goes away uses up all file descriptors.
#pragma once

enum { XDP_FILES_MAX = 1024 };

struct xdp_file {
	int fd;
	char what[32]; // as in /proc/self/fd: "socket:[4711]", "anon_inode:bpf-map"
};

// Lists at most `max` of them, unordered. Returns how many.
unsigned xdp_files_list(struct xdp_file *files, unsigned max);

// Removes from `files` those that are in `before`. Returns how many are left.
unsigned xdp_files_new(struct xdp_file *files, unsigned len, const struct xdp_file *before, unsigned before_len);

// Closes those that still are the same file.
void xdp_files_close(const struct xdp_file *files, unsigned len);

// Finds a BPF program ("bpf-prog") or map ("bpf-map") that this process has open, by its id: to get it from the kernel takes
// CAP_SYS_ADMIN. Returns a new file descriptor, which the caller owns, or -1.
int xdp_files_bpf(const char *kind, unsigned id);

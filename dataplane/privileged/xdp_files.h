// SPDX-License-Identifier: BSD-3-Clause
// AF_XDP sockets, BPF programs and maps that this process has open. DPDK's net_af_xdp hands none of them out, and leaves
// them open when its port is closed: then the queue stays taken, and an interface that keeps going away uses up all
// file descriptors.
#pragma once

enum { XDP_FILES_MAX = 1024 };

struct xdp_file {
	int fd;
	char what[32]; // as /proc/self/fd tells: "socket:[4711]", "anon_inode:bpf-map"
};

// At most `max` of them, in no order. Returns how many.
unsigned xdp_files_list(struct xdp_file *files, unsigned max);

// Leaves in `files` those that are not in `before`. Returns how many.
unsigned xdp_files_new(struct xdp_file *files, unsigned len, const struct xdp_file *before, unsigned before_len);

// Closes those that are still what they were.
void xdp_files_close(const struct xdp_file *files, unsigned len);

// A BPF program ("bpf-prog") or map ("bpf-map") that we have open already, by its number in the kernel: asking the kernel
// for it takes CAP_SYS_ADMIN. A file descriptor of the caller's own, or -1.
int xdp_files_bpf(const char *kind, unsigned id);

// SPDX-License-Identifier: BSD-3-Clause
// AF_XDP sockets, BPF programs and maps that this process has open. DPDK's net_af_xdp hands none of them out, and leaves
// them open when its port is closed: then the queue stays taken, and an interface that keeps going away uses up all
// file descriptors.
#pragma once

enum { OPEN_FILES_MAX = 1024 };

struct open_file {
	int fd;
	char what[32]; // as /proc/self/fd tells: "socket:[4711]", "anon_inode:bpf-map"
};

// At most `max` of them, in no order. Returns how many.
unsigned open_files_list(struct open_file *files, unsigned max);

// Leaves in `files` those that are not in `before`. Returns how many.
unsigned open_files_new(struct open_file *files, unsigned len, const struct open_file *before, unsigned before_len);

// Closes those that are still what they were.
void open_files_close(const struct open_file *files, unsigned len);

// A BPF program ("bpf-prog") or map ("bpf-map") that we have open already, by its number in the kernel: asking the kernel
// for it takes CAP_SYS_ADMIN. A file descriptor of the caller's own, or -1.
int open_files_bpf(const char *kind, unsigned id);

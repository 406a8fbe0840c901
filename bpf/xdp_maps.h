// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// The maps of the XDP program. User space (dataplane/privileged/xdp.c) finds them by their names, fills the settings before
// it sets `ready`, and reads the counters while the program runs.
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/shared.h"

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, XDP_STEER_QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdp_steer_config);
} steer_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdp_steer_ports);
} steer_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX);
	__type(key, __u32);
	__type(value, __u64);
} steer_counts SEC(".maps");

struct prefixes {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, XDP_STEER_PREFIXES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xdp_steer_prefix);
	__type(value, __u32);
};

struct prefixes steer_src SEC(".maps");
struct prefixes steer_dst SEC(".maps");
struct prefixes steer_doh SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, XDP_STEER_FRAGMENTS_MAX);
	__type(key, struct xdp_steer_datagram);
	__type(value, __u32);
} steer_frags SEC(".maps");

static __always_inline void count(__u32 index)
{
	__u64 *counter = bpf_map_lookup_elem(&steer_counts, &index);

	if (counter)
		(*counter)++;
}

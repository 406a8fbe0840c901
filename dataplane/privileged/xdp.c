// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/privileged/xdp.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/shared.h"
#include "dataplane/privileged/helper.h"
#include "dataplane/privileged/xdp_files.h"
#include "dataplane/privileged/rights.h"
#include "dataplane/privileged/xdp_attach.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" // in what bpftool writes
#include "xdp_steer.skel.h"
#pragma GCC diagnostic pop

static const char program_name[] = "lookback_steer";

enum { MAPS_MAX = 16 };

struct xdp {
	int ifindex;
	uint32_t program_id;
	bool native;
	int config_fd, counts_fd, doh_fd;
	int cpus;
};

bool xdp_possible(char *why, size_t why_size)
{
	char missing[100];

	xdp_be_quiet();
	if (!rights_are_there(RIGHTS_XDP, missing, sizeof(missing))) {
		snprintf(why, why_size, "root is needed, or %s", missing);
		return false;
	}
	if (helper_is_on() || libbpf_probe_bpf_map_type(BPF_MAP_TYPE_XSKMAP, NULL) == 1)
		return true;
	snprintf(why, why_size, "this kernel or container does not allow loading XDP programs");
	return false;
}

int xdp_object(char *path, size_t path_size)
{
	static int fd = -1; // for all interfaces; never closed
	size_t size;

	if (fd < 0) {
		const void *bytes = xdp_steer_bpf__elf_bytes(&size);
		fd = memfd_create("xdp_steer.o", MFD_CLOEXEC);
		if (fd < 0)
			return -errno;
		if (write(fd, bytes, size) != (ssize_t)size) {
			close(fd);
			fd = -1;
			return -EIO;
		}
	}
	snprintf(path, path_size, "/proc/self/fd/%d", fd);
	return 0;
}

// the owner ──────────────────────────────────────────────────────────────────────────────────

// Start time of a process, in ticks since boot; 0: no such process.
static uint64_t start_of(uint32_t pid)
{
	char path[64], text[1024] = "";
	unsigned long long start = 0;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	size_t size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	const char *at = strrchr(text, ')'); // the name before it may contain anything
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &start);
	return start;
}

// Returns a file descriptor of the program's map of that name, or -1.
static int find_map(const struct bpf_prog_info *info, const char *name)
{
	const uint32_t *ids = (const uint32_t *)(uintptr_t)info->map_ids;

	for (uint32_t i = 0; i < info->nr_map_ids && i < MAPS_MAX; i++) {
		struct bpf_map_info map = {0};
		uint32_t size = sizeof(map);
		int fd = xdp_files_bpf("bpf-map", ids[i]);
		if (fd < 0)
			fd = bpf_map_get_fd_by_id(ids[i]); // of a dead process
		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &map, &size) == 0 && strcmp(map.name, name) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

// Reads `info` and `ids` of program `id`. False if it is gone, is not ours, or (errno: EPERM) cannot be read.
static bool is_ours(uint32_t id, struct bpf_prog_info *info, uint32_t *ids)
{
	uint32_t size = sizeof(*info);
	int fd = xdp_files_bpf("bpf-prog", id);

	if (fd < 0)
		fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return false;
	errno = 0;
	memset(info, 0, sizeof(*info));
	info->map_ids = (uint64_t)(uintptr_t)ids;
	info->nr_map_ids = MAPS_MAX;
	int result = bpf_obj_get_info_by_fd(fd, info, &size);
	close(fd);
	return result == 0 && strcmp(info->name, program_name) == 0;
}

static int ask_to_clean_up(const char *iface, char *why, size_t why_size)
{
	struct helper_request request = {.operation = HELPER_CLEAN};
	struct helper_reply reply;

	snprintf(request.name, sizeof(request.name), "%s", iface);
	int result = helper_ask(&request, &reply);
	snprintf(why, why_size, "%s", reply.text);
	return result;
}

int xdp_clean_up(const char *iface, char *why, size_t why_size)
{
	if (helper_is_on())
		return ask_to_clean_up(iface, why, why_size);
	struct bpf_prog_info info;
	struct xdp_steer_config config = {0};
	uint32_t ids[MAPS_MAX], zero = 0;
	bool native = false;
	int ifindex = (int)if_nametoindex(iface);
	uint32_t id = ifindex > 0 ? xdp_attached(ifindex, &native) : 0;

	if (id == 0)
		return 0;
	if (!is_ours(id, &info, ids)) {
		if (errno == EPERM)
			snprintf(why, why_size,
				"an XDP program is on it; whether an earlier run left it, only CAP_SYS_ADMIN can find out (ip link set %s xdp off)",
				iface);
		else
			snprintf(why, why_size,
				"another XDP program is on it (ip link show %s; ip link set %s xdp off)", iface, iface);
		return -EBUSY;
	}
	int fd = find_map(&info, "steer_config");
	if (fd >= 0) {
		bpf_map_lookup_elem(fd, &zero, &config);
		close(fd);
	}
	if (config.owner_start != 0 && start_of(config.owner_pid) == config.owner_start) {
		snprintf(why, why_size, "process %u captures from it already", config.owner_pid);
		return -EBUSY;
	}
	int result = xdp_detach(ifindex, native);
	if (result != 0)
		snprintf(why, why_size, "the XDP program that an earlier run left cannot be detached: %s",
			strerror(-result));
	return result == 0 ? 1 : -EBUSY;
}

// filling the maps ───────────────────────────────────────────────────────────────────────────

static int add_prefixes(int fd, const struct prefix_list *list)
{
	int result = 0;

	for (size_t i = 0; i < list->len && result == 0; i++) {
		struct xdp_steer_prefix key = {.bits = list->items[i].bits};
		uint32_t action = list->items[i].leave ? XDP_PREFIX_LEAVE : XDP_PREFIX_TAKE;
		memcpy(key.address, list->items[i].address, sizeof(key.address));
		result = bpf_map_update_elem(fd, &key, &action, BPF_ANY);
	}
	return result;
}

// `*otherwise`: what applies to addresses outside the list. 0 if the list is empty: all are taken.
static int fill_prefixes(const struct bpf_prog_info *info, const char *map, const struct prefix_list *list,
	uint32_t *otherwise)
{
	*otherwise = 0;
	if (!list || list->len == 0)
		return 0;
	int fd = find_map(info, map);
	if (fd < 0)
		return -ENOENT;
	int result = add_prefixes(fd, list);
	close(fd);
	*otherwise = list->otherwise ? XDP_PREFIX_TAKE : XDP_PREFIX_LEAVE;
	return result;
}

static int fill_ports(const struct bpf_prog_info *info, const struct dns_ports *ports)
{
	_Static_assert(sizeof(struct dns_ports) == sizeof(struct xdp_steer_ports), "one bit a port in both");
	uint32_t zero = 0;
	int fd = find_map(info, "steer_ports");
	int result = fd < 0 ? -ENOENT : bpf_map_update_elem(fd, &zero, ports, BPF_ANY);

	if (fd >= 0)
		close(fd);
	return result;
}

static int fill(struct xdp *xdp, const struct bpf_prog_info *info, const struct xdp_steering *options)
{
	uint32_t zero = 0;
	struct xdp_steer_config config = {.owner_pid = (uint32_t)getpid(),
		.owner_start = start_of((uint32_t)getpid()),
		.ready = 1,
		.all = options->all,
		.queries = options->queries,
		.tunnels =
			options->tunnels & XDP_TUNNEL_AUTO ? (options->mirror ? XDP_TUNNEL_ALL : 0) : options->tunnels,
		.mirror = options->mirror,
		.sample = options->sample};

	int result = fill_ports(info, options->ports);
	if (result == 0)
		result = fill_prefixes(info, "steer_src", options->src, &config.src_default);
	if (result == 0)
		result = fill_prefixes(info, "steer_dst", options->dst, &config.dst_default);
	if (result == 0)
		result = fill_prefixes(info, "steer_doh", options->doh, &config.doh);
	if (result == 0)
		result = bpf_map_update_elem(xdp->config_fd, &zero, &config,
			BPF_ANY); // the last one: it starts the program
	return result;
}

struct xdp *xdp_open(const char *iface, const struct xdp_steering *options, char *why, size_t why_size)
{
	struct bpf_prog_info info;
	uint32_t ids[MAPS_MAX];
	struct xdp *xdp = calloc(1, sizeof(*xdp));

	if (!xdp)
		return snprintf(why, why_size, "no memory"), NULL;
	xdp->config_fd = xdp->counts_fd = xdp->doh_fd = -1;
	xdp->ifindex = (int)if_nametoindex(iface);
	xdp->cpus = libbpf_num_possible_cpus();
	xdp->program_id = xdp_attached(xdp->ifindex, &xdp->native);
	if (xdp->program_id == 0 || !is_ours(xdp->program_id, &info, ids)) {
		snprintf(why, why_size, "the driver has not attached our XDP program");
		free(xdp);
		return NULL;
	}
	xdp->config_fd = find_map(&info, "steer_config");
	xdp->counts_fd = find_map(&info, "steer_counts");
	xdp->doh_fd = find_map(&info, "steer_doh");
	int result = xdp->config_fd < 0 || xdp->counts_fd < 0 || xdp->doh_fd < 0 ? -ENOENT : fill(xdp, &info, options);
	if (result == 0)
		return xdp;
	snprintf(why, why_size, "the maps of the XDP program cannot be written: %s", strerror(-result));
	xdp_close(xdp);
	return NULL;
}

const char *xdp_attach_mode(const struct xdp *xdp)
{
	return xdp->native ? "native" : "generic";
}

int xdp_set_doh(const struct xdp *xdp, const struct prefix_list *doh)
{
	struct xdp_steer_prefix key;
	struct xdp_steer_config config;
	uint32_t zero = 0;

	while (bpf_map_get_next_key(xdp->doh_fd, NULL, &key) == 0 && bpf_map_delete_elem(xdp->doh_fd, &key) == 0)
		;
	int result = add_prefixes(xdp->doh_fd, doh);
	if (result == 0)
		result = bpf_map_lookup_elem(xdp->config_fd, &zero, &config);
	config.doh = doh->len > 0;
	return result == 0 ? bpf_map_update_elem(xdp->config_fd, &zero, &config, BPF_ANY) : result;
}

bool xdp_is_attached(const struct xdp *xdp)
{
	bool native;

	return xdp_attached(xdp->ifindex, &native) == xdp->program_id;
}

static uint64_t read_counter(const struct xdp *xdp, uint32_t index)
{
	uint64_t *values = calloc((size_t)xdp->cpus, sizeof(*values)), sum = 0;

	if (values && bpf_map_lookup_elem(xdp->counts_fd, &index, values) == 0)
		for (int i = 0; i < xdp->cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}

void xdp_read_stats(const struct xdp *xdp, struct port_stats *stats)
{
	uint64_t *const counter[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX] = {
		[XDP_STEER_DNS] = &stats->xdp_dns,
		[XDP_STEER_FRAGMENT] = &stats->xdp_fragment,
		[XDP_STEER_TUNNEL] = &stats->xdp_tunnel,
		[XDP_STEER_BEYOND] = &stats->xdp_beyond,
		[XDP_STEER_ALL] = &stats->xdp_all,
		[XDP_LEAVE_OTHER] = &stats->xdp_other,
		[XDP_LEAVE_PREFIX] = &stats->xdp_prefix,
		[XDP_LEAVE_SAMPLE] = &stats->xdp_sample,
		[XDP_LEAVE_NO_SOCKET] = &stats->xdp_no_socket,
		[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_DOT] = &stats->xdp_dot,
		[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_DOQ] = &stats->xdp_doq,
		[XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_DOH] = &stats->xdp_doh,
	};

	for (uint32_t i = 0; i < XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX; i++)
		*counter[i] += read_counter(xdp, i);
}

void xdp_identity(const struct xdp *xdp, int *ifindex, uint32_t *id)
{
	*ifindex = xdp ? xdp->ifindex : 0;
	*id = xdp ? xdp->program_id : 0;
}

void xdp_close(struct xdp *xdp)
{
	bool native = false;

	if (!xdp)
		return;
	if (xdp->program_id != 0 && xdp_attached(xdp->ifindex, &native) == xdp->program_id)
		xdp_detach(xdp->ifindex, native);
	if (xdp->config_fd >= 0)
		close(xdp->config_fd);
	if (xdp->counts_fd >= 0)
		close(xdp->counts_fd);
	if (xdp->doh_fd >= 0)
		close(xdp->doh_fd);
	free(xdp);
}

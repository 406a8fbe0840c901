// SPDX-License-Identifier: BSD-3-Clause
// Calls of DPDK's net_af_xdp to libbpf (driver_calls.h). The driver opens the object file, loads it, and uses the program and
// one map, xsks_map. Inside the sandbox the object is opened but not loaded: the helper loads the same one and passes the
// descriptors.
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/privileged/helper.h"
#include "dataplane/privileged/xdp.h"

static int program_fd = -1, sockets_fd = -1; // of the program loaded last

// The function of the library.
#define REAL(name) ((__typeof__(&(name)))real(#name))

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int bpf_object__load(struct bpf_object *object)
{
	const struct helper_request request = {.operation = HELPER_PROGRAM};
	struct helper_reply reply;

	if (!helper_is_on())
		return REAL(bpf_object__load)(object);
	int result = helper_ask(&request, &reply);
	if (result < 0)
		return result;
	if (reply.files_len < 2)
		return -EPROTO;
	program_fd = reply.files[0]; // iface_close closes all of them
	sockets_fd = reply.files[1];
	return 0;
}

int bpf_program__fd(const struct bpf_program *program)
{
	return helper_is_on() ? program_fd : REAL(bpf_program__fd)(program);
}

int bpf_map__fd(const struct bpf_map *map)
{
	return helper_is_on() ? sockets_fd : REAL(bpf_map__fd)(map);
}

int bpf_xdp_attach(int ifindex, int fd, uint32_t flags, const struct bpf_xdp_attach_opts *options)
{
	const struct helper_request request = {.operation = HELPER_ATTACH, .value = ifindex, .flags = flags};
	struct helper_reply reply;

	return helper_is_on() ? helper_ask(&request, &reply) : REAL(bpf_xdp_attach)(ifindex, fd, flags, options);
}

int bpf_xdp_detach(int ifindex, uint32_t flags, const struct bpf_xdp_attach_opts *options)
{
	const struct helper_request request = {.operation = HELPER_DETACH, .value = ifindex};
	struct helper_reply reply;

	return helper_is_on() ? helper_ask(&request, &reply) : REAL(bpf_xdp_detach)(ifindex, flags, options);
}

int bpf_xdp_query_id(int ifindex, int flags, uint32_t *id)
{
	const struct helper_request request = {.operation = HELPER_ATTACHED, .value = ifindex};
	struct helper_reply reply;

	if (!helper_is_on())
		return REAL(bpf_xdp_query_id)(ifindex, flags, id);
	int result = helper_ask(&request, &reply);
	*id = result > 0 ? (uint32_t)result : 0;
	return result < 0 ? result : 0;
}

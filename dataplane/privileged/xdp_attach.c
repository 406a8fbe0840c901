// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/privileged/xdp_attach.h"

#include <errno.h>
#include <fcntl.h>

#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "dataplane/privileged/helper.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" // in what bpftool writes
#include "xdp_steer.skel.h"
#pragma GCC diagnostic pop

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

void xdp_be_quiet(void)
{
	libbpf_set_print(quiet);
}

// `max` must be enough for all maps.
static int copy_files(struct bpf_object *object, int *files, unsigned max)
{
	struct bpf_program *program = bpf_object__next_program(object, NULL);
	struct bpf_map *sockets = bpf_object__find_map_by_name(object, "xsks_map"), *map = NULL;
	unsigned len = 0;

	files[len++] = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0);
	files[len++] = fcntl(bpf_map__fd(sockets), F_DUPFD_CLOEXEC, 0);
	while ((map = bpf_object__next_map(object, map)) != NULL && len < max)
		if (map != sockets)
			files[len++] = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 0);
	for (unsigned i = 0; i < len; i++)
		if (files[i] < 0)
			return -errno;
	return (int)len;
}

int xdp_load(int *files, unsigned max)
{
	size_t size;
	const void *bytes = xdp_steer_bpf__elf_bytes(&size);

	xdp_be_quiet();
	struct bpf_object *object = bpf_object__open_mem(bytes, size, NULL);
	if (!object)
		return -errno;
	int result = bpf_object__load(object);
	if (result == 0)
		result = copy_files(object, files, max);
	bpf_object__close(object);
	return result;
}

int xdp_attach(int ifindex, int program, uint32_t flags)
{
	return bpf_xdp_attach(ifindex, program, flags, NULL);
}

int xdp_detach(int ifindex, bool native)
{
	const struct helper_request request = {.operation = HELPER_DETACH, .value = ifindex};
	struct helper_reply reply;

	if (helper_is_on())
		return helper_ask(&request, &reply);
	return bpf_xdp_detach(ifindex, native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE, NULL);
}

uint32_t xdp_attached(int ifindex, bool *native)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	const struct helper_request request = {.operation = HELPER_ATTACHED, .value = ifindex};
	struct helper_reply reply;

	if (helper_is_on()) {
		int id = helper_ask(&request, &reply);
		*native = reply.more;
		return id > 0 ? (uint32_t)id : 0;
	}
	if (bpf_xdp_query(ifindex, 0, &query) != 0)
		return 0;
	*native = query.attach_mode == XDP_ATTACHED_DRV || query.attach_mode == XDP_ATTACHED_HW;
	return query.prog_id;
}

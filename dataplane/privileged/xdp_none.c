// SPDX-License-Identifier: BSD-3-Clause
// Replaces xdp.c and xdp_attach.c in a build without clang, bpftool or libbpf.
#include <errno.h>
#include <stdio.h>

#include "dataplane/privileged/xdp.h"
#include "dataplane/privileged/xdp_attach.h"

bool xdp_possible(char *why, size_t why_size)
{
	snprintf(why, why_size, "built without XDP (meson option xdp)");
	return false;
}

int xdp_object(char *path, size_t path_size)
{
	(void)path;
	(void)path_size;
	return -ENOTSUP;
}

int xdp_clean_up(const char *iface, char *why, size_t why_size)
{
	(void)iface;
	(void)why;
	(void)why_size;
	return 0;
}

struct xdp *xdp_open(const char *iface, const struct xdp_steering *options, char *why, size_t why_size)
{
	(void)iface;
	(void)options;
	xdp_possible(why, why_size);
	return NULL;
}

const char *xdp_attach_mode(const struct xdp *xdp)
{
	(void)xdp;
	return "none";
}

int xdp_set_doh(const struct xdp *xdp, const struct prefix_list *doh)
{
	(void)xdp;
	(void)doh;
	return 0;
}

bool xdp_is_attached(const struct xdp *xdp)
{
	(void)xdp;
	return true;
}

void xdp_read_stats(const struct xdp *xdp, struct port_stats *stats)
{
	(void)xdp;
	(void)stats;
}

int xdp_load(int *files, unsigned max)
{
	(void)files;
	(void)max;
	return -ENOTSUP;
}

int xdp_attach(int ifindex, int program, uint32_t flags)
{
	(void)ifindex;
	(void)program;
	(void)flags;
	return -ENOTSUP;
}

int xdp_detach(int ifindex, bool native)
{
	(void)ifindex;
	(void)native;
	return 0;
}

uint32_t xdp_attached(int ifindex, bool *native)
{
	(void)ifindex;
	(void)native;
	return 0;
}

void xdp_identity(const struct xdp *xdp, int *ifindex, uint32_t *id)
{
	(void)xdp;
	*ifindex = 0;
	*id = 0;
}

void xdp_close(struct xdp *xdp)
{
	(void)xdp;
}

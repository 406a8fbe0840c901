// SPDX-License-Identifier: BSD-3-Clause
// In place of xdp.c where clang, bpftool or libbpf were not there at build time.
#include <errno.h>
#include <stdio.h>

#include "dataplane/xdp.h"

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

void xdp_close(struct xdp *xdp)
{
	(void)xdp;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/netlink.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/xdp_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_SIZE = 65536, PATIENCE_S = 2 };

// Calls `take` for each message of the answer.
static void ask(int protocol, const void *request, size_t size, void (*take)(struct nlmsghdr *, void *), void *arg)
{
	static char answer[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	bool more = true;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, request, size, 0) < 0)
		more = false;
	while (more) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);
		if (n <= 0)
			break;
		unsigned left = (unsigned)n;
		for (struct nlmsghdr *m = (struct nlmsghdr *)answer; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
			more = m->nlmsg_flags & NLM_F_MULTI && m->nlmsg_type != NLMSG_DONE &&
			       m->nlmsg_type != NLMSG_ERROR;
			if (m->nlmsg_type >= NLMSG_MIN_TYPE)
				take(m, arg);
		}
	}
	close(fd);
}

// An attribute among others, or NULL.
static struct rtattr *find(struct rtattr *first, size_t size, unsigned type)
{
	for (struct rtattr *a = first; RTA_OK(a, size); a = RTA_NEXT(a, size))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

static void take_link(struct nlmsghdr *m, void *arg)
{
	static const enum netlink_xdp modes[] = {[XDP_ATTACHED_NONE] = NETLINK_XDP_NONE,
		[XDP_ATTACHED_DRV] = NETLINK_XDP_NATIVE,
		[XDP_ATTACHED_SKB] = NETLINK_XDP_GENERIC,
		[XDP_ATTACHED_HW] = NETLINK_XDP_HARDWARE,
		[XDP_ATTACHED_MULTI] = NETLINK_XDP_NATIVE};
	struct ifinfomsg *link = NLMSG_DATA(m);
	struct rtattr *xdp = find(IFLA_RTA(link), IFLA_PAYLOAD(m), IFLA_XDP);
	struct rtattr *attached = xdp ? find(RTA_DATA(xdp), RTA_PAYLOAD(xdp), IFLA_XDP_ATTACHED) : NULL;
	enum netlink_xdp *mode = arg;

	*mode = NETLINK_XDP_NONE;
	if (attached && *(const unsigned char *)RTA_DATA(attached) < sizeof(modes) / sizeof(*modes))
		*mode = modes[*(const unsigned char *)RTA_DATA(attached)];
}

enum netlink_xdp netlink_xdp_mode(int index)
{
	enum netlink_xdp mode = NETLINK_XDP_UNKNOWN;
	const struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} request = {.head = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
		.link = {.ifi_index = index}};

	ask(NETLINK_ROUTE, &request, sizeof(request), take_link, &mode);
	return mode;
}

struct copy_search {
	int index;
	enum netlink_copy copy;
};

static void take_socket(struct nlmsghdr *m, void *arg)
{
	struct xdp_diag_msg *socket = NLMSG_DATA(m);
	struct rtattr *first = (struct rtattr *)(void *)((char *)socket + NLMSG_ALIGN(sizeof(*socket)));
	size_t size = NLMSG_PAYLOAD(m, sizeof(*socket));
	struct rtattr *info = find(first, size, XDP_DIAG_INFO), *umem = find(first, size, XDP_DIAG_UMEM);
	struct copy_search *s = arg;

	if (!info || !umem || RTA_PAYLOAD(info) < sizeof(struct xdp_diag_info) ||
		RTA_PAYLOAD(umem) < sizeof(struct xdp_diag_umem))
		return;
	const struct xdp_diag_info *at = RTA_DATA(info);
	const struct xdp_diag_umem *memory = RTA_DATA(umem);
	if ((int)at->ifindex == s->index)
		s->copy = memory->flags & XDP_DU_F_ZEROCOPY ? NETLINK_ZERO_COPY : NETLINK_COPYING;
}

enum netlink_copy netlink_xdp_copy(int index)
{
	struct copy_search s = {.index = index};
	const struct {
		struct nlmsghdr head;
		struct xdp_diag_req body;
	} request = {.head = {.nlmsg_len = sizeof(request),
			     .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = AF_XDP, .xdiag_show = XDP_SHOW_INFO | XDP_SHOW_UMEM}};

	ask(NETLINK_SOCK_DIAG, &request, sizeof(request), take_socket, &s);
	return s.copy;
}

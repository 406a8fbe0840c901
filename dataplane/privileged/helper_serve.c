// SPDX-License-Identifier: BSD-3-Clause
// The helper process (helper.h). It trusts no request: it serves only the interfaces that it was started for.
#include "dataplane/privileged/helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/capability.h>

#include "dataplane/privileged/iface_use.h"
#include "dataplane/sandbox/sandbox.h"
#include "dataplane/privileged/xdp.h"
#include "dataplane/privileged/xdp_attach.h"

#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#define SO_BUSY_POLL_BUDGET 70
#endif

enum { BUSY_POLL_US = 20, BUSY_POLL_BUDGET = 64 };

static struct {
	const struct helper_options *options;
	char folder[128]; // DPDK's, to be removed
	bool confined;	  // after HELPER_FOLDER
	int program;	  // loaded last, or -1
	struct {
		int ifindex;	       // 0: none
		uint32_t id;	       // of the program on it
	} attached[HELPER_IFACES_MAX]; // of each interface
} me = {.program = -1};

// which interfaces ───────────────────────────────────────────────────────────────────────────

// Returns the number of our interface with that index, by its name now or by our program on it; -1: none.
static int which(int ifindex)
{
	for (unsigned i = 0; i < me.options->ifaces_len; i++)
		if (ifindex > 0 &&
			((int)if_nametoindex(me.options->ifaces[i]) == ifindex || me.attached[i].ifindex == ifindex))
			return (int)i;
	return -1;
}

static bool is_named(const char *name)
{
	for (unsigned i = 0; i < me.options->ifaces_len; i++)
		if (strcmp(me.options->ifaces[i], name) == 0)
			return true;
	return false;
}

// operations ─────────────────────────────────────────────────────────────────────────────────

static int confine(const char *folder, char *why, size_t why_size)
{
	struct sandbox s;

	if (me.confined)
		return -EPERM;
	me.confined = true;
	snprintf(me.folder, sizeof(me.folder), "%s", folder);
	sandbox_begin(&s, SANDBOX_HELPER);
	snprintf(s.user.name, sizeof(s.user.name), "%u", geteuid());
	s.keep = 1ull << CAP_DAC_OVERRIDE; // to connect to the collector's socket, which may belong to another user
	s.sockets = SANDBOX_UNIX;
	if (me.options->ifaces_len > 0) {
		s.keep |= 1ull << CAP_NET_RAW | 1ull << CAP_NET_ADMIN | 1ull << CAP_BPF | 1ull << CAP_PERFMON;
		s.sockets |= SANDBOX_CAPTURE;
	}
	sandbox_allow(&s, "/proc", SANDBOX_READ); // libbpf reads the kernel's features
	sandbox_allow(&s, "/sys", SANDBOX_READ);
	sandbox_allow_folder_of(&s, folder, SANDBOX_WRITE);
	return sandbox_enter(&s, why, why_size) == 0 && sandbox_seal(&s, why, why_size) == 0 ? 0 : -EPERM;
}

static int connect_collector(struct helper_reply *reply)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", me.options->collector_socket);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		reply->files[reply->files_len++] = fd;
		return 0;
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	return -error;
}

static int open_socket(const struct helper_request *q, struct helper_reply *reply)
{
	int budget = BUSY_POLL_BUDGET, time = BUSY_POLL_US, one = 1;

	if (me.options->ifaces_len == 0 || (q->value != AF_PACKET && q->value != AF_XDP))
		return -EPERM;
	int fd = socket(q->value, SOCK_RAW | SOCK_CLOEXEC, q->more);
	if (fd < 0)
		return -errno;
	if (q->flags && (setsockopt(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, &one, sizeof(one)) != 0 ||
				setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, &time, sizeof(time)) != 0 ||
				setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL_BUDGET, &budget, sizeof(budget)) != 0))
		snprintf(reply->text, sizeof(reply->text), "busy polling is not possible: %s", strerror(errno));
	reply->files[reply->files_len++] = fd;
	return 0;
}

static int load(struct helper_reply *reply)
{
	if (me.options->ifaces_len == 0)
		return -EPERM;
	int len = xdp_load(reply->files, HELPER_FILES_MAX);
	if (len < 0)
		return len;
	reply->files_len = (uint32_t)len;
	if (me.program >= 0)
		close(me.program);
	me.program = fcntl(reply->files[0], F_DUPFD_CLOEXEC, 0);
	return 0;
}

static int attach(const struct helper_request *q)
{
	bool native;
	int i = which(q->value);

	if (i < 0 || me.program < 0)
		return -EPERM;
	int result = xdp_attach(q->value, me.program, q->flags);
	if (result == 0) {
		me.attached[i].ifindex = q->value;
		me.attached[i].id = xdp_attached(q->value, &native);
	}
	return result;
}

// Leaves a program of someone else alone.
static int detach_ours(int i)
{
	int ifindex = me.attached[i].ifindex;
	bool native = false;

	me.attached[i].ifindex = 0;
	return ifindex > 0 && xdp_attached(ifindex, &native) == me.attached[i].id ? xdp_detach(ifindex, native) : 0;
}

static int adopt(const struct helper_request *q)
{
	int i = which(q->value);

	if (i < 0)
		return -EPERM;
	me.attached[i].ifindex = q->value;
	me.attached[i].id = (uint32_t)q->more;
	return 0;
}

static int find_attached(const struct helper_request *q, struct helper_reply *reply)
{
	bool native = false;
	uint32_t id = xdp_attached(q->value, &native);

	reply->more = native;
	return (int)id;
}

static int make_promiscuous(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", name);
	int result = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 ? 0 : -errno;
	request.ifr_flags |= IFF_PROMISC;
	if (result == 0 && ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		result = -errno;
	if (fd >= 0)
		close(fd);
	return result;
}

// the end ────────────────────────────────────────────────────────────────────────────────────

static void remove_folder(void)
{
	DIR *folder = me.folder[0] ? opendir(me.folder) : NULL;

	for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	if (me.folder[0])
		rmdir(me.folder);
}

static void clean_up(void)
{
	if (!me.confined)
		return; // the dataplane still has its rights and cleans up itself
	for (unsigned i = 0; i < me.options->ifaces_len; i++)
		detach_ours((int)i);
	remove_folder();
}

// requests ───────────────────────────────────────────────────────────────────────────────────

static int answer(const struct helper_request *q, struct helper_reply *reply)
{
	if (!me.confined && q->operation != HELPER_FOLDER)
		return -EPERM;
	switch (q->operation) {
	case HELPER_FOLDER:
		return confine(q->name, reply->text, sizeof(reply->text));
	case HELPER_ADOPT:
		return adopt(q);
	case HELPER_CONNECT:
		return connect_collector(reply);
	case HELPER_SOCKET:
		return open_socket(q, reply);
	case HELPER_USE:
		return is_named(q->name) ? iface_use_is(q->name, q->flags, reply->text, sizeof(reply->text)) : -EPERM;
	case HELPER_CLEAN:
		return is_named(q->name) ? xdp_clean_up(q->name, reply->text, sizeof(reply->text)) : -EPERM;
	case HELPER_PROGRAM:
		return load(reply);
	case HELPER_ATTACH:
		return attach(q);
	case HELPER_DETACH:
		return which(q->value) >= 0 ? detach_ours(which(q->value)) : -EPERM;
	case HELPER_ATTACHED:
		return which(q->value) >= 0 ? find_attached(q, reply) : -EPERM;
	case HELPER_PROMISCUOUS:
		return is_named(q->name) ? make_promiscuous(q->name) : -EPERM;
	case HELPER_END:
		clean_up();
		me.confined = false; // done
		return 0;
	}
	return -EINVAL;
}

static bool send_reply(int fd, struct helper_reply *reply)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(reply->files))] = {0};
	struct iovec part = {.iov_base = reply, .iov_len = sizeof(*reply)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (reply->files_len > 0) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(reply->files_len * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(reply->files_len * sizeof(int));
		memcpy(CMSG_DATA(c), reply->files, reply->files_len * sizeof(int));
	}
	bool sent = sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(*reply);
	for (uint32_t i = 0; i < reply->files_len; i++)
		close(reply->files[i]);
	return sent;
}

_Noreturn void helper_serve(int fd, const struct helper_options *options)
{
	struct helper_request request;
	ssize_t size;

	me.options = options;
	signal(SIGINT, SIG_IGN); // the dataplane still needs it while it finishes
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	while ((size = recv(fd, &request, sizeof(request), 0)) != 0) {
		struct helper_reply reply = {0};
		if (size < 0 && errno == EINTR)
			continue;
		request.name[sizeof(request.name) - 1] = '\0';
		reply.result = size == (ssize_t)sizeof(request) ? answer(&request, &reply) : -EINVAL;
		if (!send_reply(fd, &reply) || request.operation == HELPER_END)
			break;
	}
	clean_up();
	_exit(0);
}

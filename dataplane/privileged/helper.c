// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/privileged/helper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/common/log.h"

static int fd_to_helper = -1;
static bool is_on, said_gone;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// ps shows this name, not that of the dataplane.
static void rename_self(int argc, char **argv)
{
	static const char title[] = "lookback-helper";
	char *end = argv[argc - 1] + strlen(argv[argc - 1]);

	prctl(PR_SET_NAME, title);
	size_t size = (size_t)(end - argv[0]);
	memset(argv[0], 0, size);
	if (size >= sizeof(title))
		memcpy(argv[0], title, sizeof(title));
}

int helper_start(const struct helper_options *options, int argc, char **argv)
{
	static struct helper_options kept; // copies: the names are in argv, which is overwritten
	static char names[HELPER_IFACES_MAX][32], path[108];
	int pair[2];

	snprintf(path, sizeof(path), "%s", options->collector_socket);
	kept = *options;
	kept.collector_socket = path;
	for (unsigned i = 0; i < kept.ifaces_len; i++) {
		snprintf(names[i], sizeof(names[i]), "%s", options->ifaces[i]);
		kept.ifaces[i] = names[i];
	}
	pid_t child = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 ? fork() : -1;
	if (child < 0) {
		log_error("helper process: cannot be started: %s; set sandbox = off to run without it",
			strerror(errno));
		return -1;
	}
	if (child == 0) {
		close(pair[0]);
		rename_self(argc, argv);
		helper_serve(pair[1], &kept);
	}
	close(pair[1]);
	fd_to_helper = pair[0];
	return 0;
}

bool helper_is_on(void)
{
	return is_on;
}

static void take_files(struct msghdr *message, struct helper_reply *reply)
{
	reply->files_len = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		reply->files_len = (uint32_t)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(reply->files, CMSG_DATA(c), reply->files_len * sizeof(int));
	}
}

static int receive(struct helper_reply *reply)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(reply->files))];
	struct iovec part = {.iov_base = reply, .iov_len = sizeof(*reply)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t size;

	do
		size = recvmsg(fd_to_helper, &message, MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size != (ssize_t)sizeof(*reply))
		return -EPIPE;
	take_files(&message, reply);
	return reply->result;
}

int helper_ask(const struct helper_request *request, struct helper_reply *reply)
{
	pthread_mutex_lock(&lock);
	ssize_t size = send(fd_to_helper, request, sizeof(*request), MSG_NOSIGNAL);
	int result = size == (ssize_t)sizeof(*request) ? receive(reply) : -EPIPE;
	if (result == -EPIPE) {
		*reply = (struct helper_reply){.result = -EPIPE};
		if (!said_gone)
			log_error(
				"helper process: has ended; an interface or collector that goes away cannot be opened again; restart the dataplane");
		said_gone = true;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

int helper_take_over(const char *runtime_folder)
{
	struct helper_request request = {.operation = HELPER_FOLDER};
	struct helper_reply reply;

	snprintf(request.name, sizeof(request.name), "%s", runtime_folder ? runtime_folder : "");
	int result = helper_ask(&request, &reply);
	if (result < 0 && result != -EPIPE)
		log_error("helper process: cannot confine itself: %s", reply.text);
	is_on = result >= 0;
	return is_on ? 0 : -1;
}

int helper_connect(void)
{
	const struct helper_request request = {.operation = HELPER_CONNECT};
	struct helper_reply reply;
	int result = helper_ask(&request, &reply);

	return result < 0 ? result : reply.files_len == 1 ? reply.files[0] : -EPROTO;
}

void helper_end(void)
{
	const struct helper_request request = {.operation = HELPER_END};
	struct helper_reply reply;

	if (is_on && !said_gone)
		helper_ask(&request, &reply);
	is_on = false;
}

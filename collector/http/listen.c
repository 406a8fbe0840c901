// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/listen.h"

#include "dataplane/common/log.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

int http_listen_socket(const struct endpoint *e, char *why, size_t why_size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
	char port[8];
	int fd = -1, one = 1;

	snprintf(port, sizeof(port), "%u", e->port);
	int error = getaddrinfo(e->host, port, &hints, &found);
	if (error != 0) {
		snprintf(why, why_size, "http.listen %s: %s", e->text, gai_strerror(error));
		return -1;
	}
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd >= 0)
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (fd < 0 || bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
			snprintf(why, why_size, "http.listen %s: %s", e->text, strerror(errno));
			if (fd >= 0)
				close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

void http_listen_log(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
		getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	log_info(address.ss_family == AF_INET6 ? "http: listening on [%s]:%s" : "http: listening on %s:%s", host, port);
}

bool http_listen_is_local(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return false;
	if (address.ss_family == AF_INET)
		return ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&address)->sin6_addr);
}

// True for a loopback address, or "localhost".
static bool is_loopback_text(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
}

const char *http_listen_warning(const struct settings *s)
{
	bool clear = s->http.kind != ENDPOINT_NONE && *s->http_keys && !*s->http_certificate &&
		     !is_loopback_text(s->http.host);

	return clear ? "http.keys: keys cross the network in clear, so others can read and use them; set "
		       "http.certificate and http.certificate_key, or listen on 127.0.0.1 behind a TLS proxy"
		     : NULL;
}

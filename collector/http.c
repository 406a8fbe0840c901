// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http.h"

#include "collector/http_api.h"
#include "collector/http_static.h"
#include "collector/metrics.h"
#include "dataplane/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IDLE_S = 10, CONNECTION_MEMORY = 32768, BACKLOG = 128, PEM_SIZE_MAX = 1 << 20 };

struct http {
	struct MHD_Daemon *daemon; // owns the listening socket
	struct http_sources sources;
	struct http_api *api;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type, char *body,
	size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, body, mode);

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_line(struct MHD_Connection *connection, unsigned code, const char *line)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "%s\n", line);

	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	return answer(
		connection, code, "text/plain; charset=utf-8", text, (size_t)len, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection, const struct http *h)
{
	size_t len;
	char *text = http_metrics_text(&h->sources, &len);

	if (!text)
		return MHD_NO;
	metrics_add(http_metrics, 1);
	return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, len,
		MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result answer_status(struct MHD_Connection *connection, const struct http *h)
{
	size_t len;
	char *text = http_status_text(&h->sources, &len);

	if (!text)
		return MHD_NO;
	metrics_add(http_status, 1);
	return answer(connection, MHD_HTTP_OK, "application/json", text, len, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result answer_page(struct MHD_Connection *connection, const struct http_file *file)
{
	metrics_add(http_page, 1);
	return http_static_answer(connection, file);
}

static enum MHD_Result answer_ready(struct MHD_Connection *connection, const struct http *h)
{
	char why[900];

	if (writer_is_up(h->sources.writer, why, sizeof(why)) &&
		spool_is_well(h->sources.spool, why, sizeof(why))) {
		char lost[320];
		spool_damage(h->sources.spool, lost, sizeof(lost));
		snprintf(why, sizeof(why), "ready%s%s", *lost ? "; but " : "", lost);
		metrics_add(http_ready, 1);
		return answer_line(connection, MHD_HTTP_OK, why);
	}
	metrics_add(http_not_ready, 1);
	return answer_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE, why);
}

static char is_plain; // the state of requests that keep none

static void completed(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	if (*state != &is_plain)
		http_api_completed(*state);
	*state = NULL;
}

// Paths and parameters are decoded after they are split: "%2F" is no slash.
static size_t keep_escapes(void *arg, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size, void **state)
{
	const struct http *h = arg;

	if (http_api_owns(url))
		return http_api_handle(h->api, connection, url, method, upload, upload_size, state);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		metrics_add(http_method, 1);
		return answer_line(
			connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered here");
	}
	if (!*state) { // the headers are read, the request's end is not: called once more
		*state = &is_plain;
		return MHD_YES;
	}
	if (*upload_size > 0) { // a GET with a body: passed over
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(connection, h);
	const struct http_file *file = http_static_find(url);
	if (file)
		return answer_page(connection, file);
	if (strcmp(url, "/api/status") == 0)
		return answer_status(connection, h);
	if (strcmp(url, "/readyz") == 0)
		return answer_ready(connection, h);
	if (strcmp(url, "/healthz") == 0) {
		metrics_add(http_healthz, 1);
		return answer_line(connection, MHD_HTTP_OK, "alive");
	}
	metrics_add(http_not_found, 1);
	return answer_line(
		connection, MHD_HTTP_NOT_FOUND, "not found; there are /, /metrics, /healthz, /readyz, /dnsdb/v2/, /pdns/query/ and /api/");
}

// A socket that listens on the first address that works. -1 with the reason in `why`.
static int listen_socket(const struct endpoint *e, char *why, size_t why_size)
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

static void log_address(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
		getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	log_info(address.ss_family == AF_INET6 ? "http: listening on [%s]:%s" : "http: listening on %s:%s",
		host, port);
}

// Without keys, lookups are for this machine alone.
static bool is_loopback(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return false;
	if (address.ss_family == AF_INET)
		return ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address.ss_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&address)->sin6_addr);
}

// A PEM file as text, NULL where it is not readable.
static char *read_pem(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file ? calloc(1, PEM_SIZE_MAX) : NULL;

	if (text && fread(text, 1, PEM_SIZE_MAX - 1, file) == 0) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

// Starts libmicrohttpd on `fd`, with TLS where there is a certificate.
static struct MHD_Daemon *start_daemon(struct http *h, int fd)
{
	const struct settings *s = h->sources.settings;
	bool tls = *s->http_certificate;
	char *certificate = tls ? read_pem(s->http_certificate) : NULL;
	char *key = tls ? read_pem(s->http_certificate_key) : NULL;
	struct MHD_OptionItem options[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, key}, {MHD_OPTION_END, 0, NULL}};
	struct MHD_Daemon *daemon = NULL;

	if (!tls)
		options[0] = options[2];
	if (!tls || (certificate && key))
		daemon = MHD_start_daemon(
			MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0), 0,
			NULL, NULL, handle, h, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
			(unsigned)s->http_connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
			(unsigned)(s->http_connections + 1) / 2, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
			MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
			MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK,
			keep_escapes, NULL, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	free(certificate);
	free(key);
	return daemon;
}

struct http *http_start(
	const struct endpoint *listen_on, const struct http_sources *sources, char *why, size_t why_size)
{
	struct http *h = calloc(1, sizeof(*h));
	int fd = listen_socket(listen_on, why, why_size);

	if (!h || fd < 0) {
		if (fd >= 0)
			close(fd);
		free(h);
		return NULL;
	}
	h->sources = *sources;
	if (!*sources->settings->http_keys && !is_loopback(fd))
		snprintf(why, why_size,
			"http.listen %s: lookups would be open to everyone; name a file of keys with http.keys, or "
			"listen on 127.0.0.1",
			listen_on->text);
	else
		h->api = http_api_open(&h->sources, why, why_size);
	h->daemon = h->api ? start_daemon(h, fd) : NULL;
	if (!h->daemon) {
		if (h->api)
			snprintf(why, why_size, "http.listen %s: the server did not start; are certificate and key good?",
				listen_on->text);
		http_api_close(h->api);
		close(fd);
		free(h);
		return NULL;
	}
	log_address(fd);
	return h;
}

void http_stop(struct http *h)
{
	if (!h)
		return;
	http_api_stop(h->api);
	MHD_stop_daemon(h->daemon);
	http_api_close(h->api);
	free(h);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/http.h"

#include "collector/base/histogram.h"
#include "collector/base/settings.h"
#include "collector/http/dispatch.h"
#include "collector/http/gzip.h"
#include "collector/http/guard.h"
#include "collector/http/listen.h"
#include "collector/http/origin.h"
#include "collector/http/response.h"
#include "collector/http/static.h"
#include "collector/base/metrics.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	IDLE_S = 10,
	CONNECTION_MEMORY = 65536,
	PEM_SIZE_MAX = 1 << 20,
	PASSED_OVER_MAX = 32 << 20,
	CACHE_MS = 20,
	OTHER_FILES = 256
};

// TLS 1.2 and later (RFC 8996).
static const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// A text that is made at most every CACHE_MS, however many clients ask for it.
struct cached {
	struct MHD_Response *response[2]; // as it is, by gzip; NULL: none
	uint64_t made_ms;
};

struct http {
	struct MHD_Daemon *daemon; // owns the listening socket
	struct http_sources sources;
	struct http_guard *guard;
	struct http_lookups *lookups;
	struct cached metrics, status;
};

static bool takes_gzip(struct MHD_Connection *connection)
{
	return http_gzip_is_accepted(
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING));
}

// Takes ownership of `body`.
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
	struct redis_buffer *body)
{
	struct MHD_Response *response = http_response_whole(body, type, takes_gzip(connection));

	if (!response)
		return MHD_NO;
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_line(struct MHD_Connection *connection, unsigned code, const char *line)
{
	struct redis_buffer body = {0};

	query_put_text(&body, line);
	query_put_text(&body, "\n");
	return answer(connection, code, "text/plain; charset=utf-8", &body);
}

static void forget(struct cached *c)
{
	for (int i = 0; i < 2; i++) {
		if (c->response[i])
			MHD_destroy_response(c->response[i]);
		c->response[i] = NULL;
	}
}

typedef char *make_text(const struct report_sources *report, size_t *len);

static enum MHD_Result answer_cached(struct MHD_Connection *connection, const struct http *h, struct cached *c,
	const char *type, make_text *make)
{
	bool gzip = takes_gzip(connection);
	uint64_t now = monotonic_ms();

	if (now - c->made_ms > CACHE_MS)
		forget(c);
	if (!c->response[gzip]) {
		struct redis_buffer body = {0};
		body.bytes = make(h->sources.report, &body.size);
		body.capacity = body.size;
		c->response[gzip] = body.bytes ? http_response_whole(&body, type, gzip) : NULL;
		c->made_ms = now;
	}
	return c->response[gzip] ? MHD_queue_response(connection, MHD_HTTP_OK, c->response[gzip]) : MHD_NO;
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection, struct http *h)
{
	metrics_add(http_metrics, 1);
	return answer_cached(connection, h, &h->metrics, "text/plain; version=0.0.4; charset=utf-8",
		h->sources.metrics);
}

static enum MHD_Result answer_status(struct MHD_Connection *connection, struct http *h)
{
	metrics_add(http_status, 1);
	return answer_cached(connection, h, &h->status, "application/json", h->sources.status);
}

static enum MHD_Result answer_page(struct MHD_Connection *connection, const struct http_file *file)
{
	metrics_add(http_page, 1);
	return http_static_answer(connection, file);
}

static enum MHD_Result answer_ready(struct MHD_Connection *connection, const struct http *h)
{
	char text[5120];
	bool ready = h->sources.is_ready(h->sources.report, text, sizeof(text));

	metrics_add(http_ready, ready);
	metrics_add(http_not_ready, !ready);
	return answer_line(connection, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

// The state of a request: of a lookup, or of any other path.
struct plain_request {
	struct http_request *lookup; // NULL: none
	uint64_t passed_over;	     // octets of a body
	uint64_t began_ns;	     // monotonic time when the head was received
};

static void completed(void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	struct http_client *client = http_guard_client(connection);
	struct plain_request *s = *state;

	if (s)
		http_dispatch_completed(s->lookup);
	free(s);
	*state = NULL;
	if (client)
		http_guard_done(client);
}

// Paths and parameters are decoded after they are split: "%2F" is no slash.
static size_t keep_escapes(void *arg, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

static enum MHD_Result answer_path(struct MHD_Connection *connection, struct http *h, const char *path)
{
	if (strcmp(path, "/metrics") == 0)
		return answer_metrics(connection, h);
	const struct http_file *file = http_static_find(path);
	if (file)
		return answer_page(connection, file);
	if (strcmp(path, "/api/status") == 0)
		return answer_status(connection, h);
	if (strcmp(path, "/readyz") == 0)
		return answer_ready(connection, h);
	if (strcmp(path, "/healthz") == 0) {
		metrics_add(http_healthz, 1);
		return answer_line(connection, MHD_HTTP_OK, "alive");
	}
	metrics_add(http_not_found, 1);
	return answer_line(connection, MHD_HTTP_NOT_FOUND,
		"path: unknown; expected /, /metrics, /healthz, /readyz, /dnsdb/v2/, /pdns/query/ or /api/");
}

// Pages of other sites may not fetch counters; a person may follow a link.
static bool is_refused(struct MHD_Connection *connection, const char *path)
{
	const char *target = http_client_target(http_guard_client(connection));

	return (strcmp(path, "/metrics") == 0 || strcmp(path, "/api/status") == 0) &&
	       http_is_cross_site(connection, target, true);
}

static enum MHD_Result answer_plain(struct MHD_Connection *connection, struct http *h, const char *path,
	const char *method)
{
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		metrics_add(http_method, 1);
		return answer_line(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "method: expected GET or HEAD");
	}
	if (is_refused(connection, path)) {
		metrics_add(http_bad_request, 1);
		return answer_line(connection, MHD_HTTP_FORBIDDEN,
			"request from another site; expected one from this page or from a program");
	}
	return answer_path(connection, h, path);
}

// What is wrong with the request as HTTP: one line, and the status code of the answer. NULL: nothing.
static const char *what_is_wrong(struct MHD_Connection *connection, const char *url, const char *version,
	unsigned *status)
{
	const struct http_client *client = http_guard_client(connection);

	*status = MHD_HTTP_BAD_REQUEST;
	if (http_client_is_too_long(client)) {
		*status = MHD_HTTP_URI_TOO_LONG;
		return "request target: found more than 8192 octets";
	}
	if (http_client_has_too_many(client))
		return "parameters: found more than 100";
	if (!http_host_is_sound(connection, version))
		return "Host: expected exactly one, with a name or an address (RFC 9112, section 3.2)";
	return http_target_path(url) ? NULL : "request target: expected a path, or a URL of http or https";
}

// Called when the head of a request was received. An error is reported after the body, which is discarded.
static enum MHD_Result begin(void **state)
{
	struct plain_request *s = calloc(1, sizeof(*s));

	if (s)
		s->began_ns = histogram_now();
	*state = s;
	return s ? MHD_YES : MHD_NO;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **state)
{
	struct http *h = arg;
	struct http_client *client = http_guard_client(connection);
	bool first = *state == NULL;

	if (!client || (first && begin(state) != MHD_YES))
		return MHD_NO;
	struct plain_request *s = *state;
	unsigned status;
	const char *wrong = what_is_wrong(connection, url, version, &status), *path = http_target_path(url);
	if (!wrong && http_dispatch_owns(h->lookups, path))
		return http_dispatch_handle(h->lookups, connection, path, method, upload, upload_size,
			(void **)&s->lookup);
	if (first)
		return MHD_YES; // called once more
	if (*upload_size > 0) {
		s->passed_over += *upload_size;
		http_guard_body(client, *upload_size);
		*upload_size = 0;
		return s->passed_over <= PASSED_OVER_MAX ? MHD_YES : MHD_NO;
	}
	http_guard_answers(client);
	metrics_add(http_bad_request, wrong != NULL);
	enum MHD_Result result =
		wrong ? answer_line(connection, status, wrong) : answer_plain(connection, h, path, method);
	histogram_since(&histogram_page, s->began_ns);
	return result;
}

// A PEM file as text. NULL if it cannot be read.
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

// Starts libmicrohttpd on `fd`; with TLS if http.certificate is set.
static struct MHD_Daemon *start_daemon(struct http *h, int fd)
{
	const struct settings *s = h->sources.settings;
	bool tls = *s->http_certificate;
	char *certificate = tls ? read_pem(s->http_certificate) : NULL;
	char *key = tls ? read_pem(s->http_certificate_key) : NULL;
	struct MHD_OptionItem options[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, key}, {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
		{MHD_OPTION_END, 0, NULL}};
	struct MHD_Daemon *daemon = NULL;

	if (!tls)
		options[0] = options[3];
	if (!tls || (certificate && key))
		daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
						  (tls ? MHD_USE_TLS : 0),
			0, NULL, NULL, handle, h, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
			http_guard_connections(h->guard), MHD_OPTION_NOTIFY_CONNECTION, http_guard_notify, h->guard,
			MHD_OPTION_URI_LOG_CALLBACK, http_guard_target, h->guard, MHD_OPTION_CONNECTION_TIMEOUT,
			(unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
			MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
			MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	free(certificate);
	free(key);
	return daemon;
}

// Raises the limit of open files for the connections, if that is permitted.
static void allow_files(unsigned connections)
{
	struct rlimit files;
	rlim_t wanted = connections + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
		return;
	files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < wanted)
		log_warning(
			"http.connections: %u connections need %lu open files, found a limit of %lu; raise it (LimitNOFILE, ulimit -n)",
			connections, (unsigned long)wanted, (unsigned long)files.rlim_cur);
}

struct http *http_start(const struct endpoint *listen_on, int fd, const struct http_sources *sources, char *why,
	size_t why_size)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h) {
		close(fd);
		return NULL;
	}
	h->sources = *sources;
	if (!*sources->settings->http_keys && !http_listen_is_local(fd))
		snprintf(why, why_size,
			"http.listen %s: found no http.keys, so everyone could look up; set http.keys, or listen on 127.0.0.1",
			listen_on->text);
	else if (!(h->guard = http_guard_new((unsigned)sources->settings->http_connections)))
		snprintf(why, why_size, "http: out of memory, or no thread can be started");
	else
		h->lookups = http_dispatch_open(&h->sources, h->guard, why, why_size);
	h->daemon = h->lookups ? start_daemon(h, fd) : NULL;
	if (!h->daemon) {
		if (h->lookups)
			snprintf(why, why_size,
				"http.listen %s: the server did not start; check http.certificate and http.certificate_key",
				listen_on->text);
		if (h->lookups)
			http_dispatch_stop(h->lookups);
		http_dispatch_close(h->lookups);
		http_guard_free(h->guard);
		close(fd);
		free(h);
		return NULL;
	}
	allow_files(http_guard_connections(h->guard));
	http_listen_log(fd);
	if (http_listen_warning(sources->settings))
		log_warning("%s", http_listen_warning(sources->settings));
	return h;
}

void http_stop(struct http *h)
{
	if (!h)
		return;
	http_dispatch_stop(h->lookups);
	MHD_stop_daemon(h->daemon);
	forget(&h->metrics);
	forget(&h->status);
	http_dispatch_close(h->lookups);
	http_guard_free(h->guard);
	free(h);
}

// SPDX-License-Identifier: BSD-3-Clause
// Alerts by syslog, RFC 5424, or RFC 3164 for a daemon of this machine: one datagram each over UDP (RFC 5426) or a Unix socket, or octet counting over TCP (RFC 6587 §3.4.1)
// and TLS (RFC 5425), whose connections libcurl makes.
#include "collector/alert/curl.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/common/monotonic.h"

struct syslog_state {
	int fd; // datagrams; -1: closed
	CURL *curl;
	bool connected; // of curl
	char error[CURL_ERROR_SIZE];
	char host[256]; // our name
};

// the message ────────────────────────────────────────────────────────────────────────────────

// A value of structured data (§6.3.3): '"', '\' and ']' escaped.
static void put_param(FILE *out, const char *name, const char *value)
{
	if (!*value)
		return;
	fprintf(out, " %s=\"", name);
	for (; *value; value++) {
		if (strchr("\"\\]", *value))
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('"', out);
}

static const char *severity_of(const struct alert *a)
{
	return alert_severity(a) >= 8 ? "2" : alert_severity(a) >= 5 ? "4" : "5"; // critical, warning, notice
}

// "Nov 30 22:06:21 HOST ", in local time; a local daemon adds the name of the host itself.
static void put_old_head(FILE *out, const struct alert_outlet_config *o, const struct alert *a, const char *host)
{
	time_t seconds = (time_t)(alert_time_ms(a) / 1000);
	bool local = o->transport == ALERT_OVER_UNIX;
	struct tm tm;
	char time[32];

	localtime_r(&seconds, &tm);
	strftime(time, sizeof(time), "%b %e %H:%M:%S", &tm);
	fprintf(out, "%s %s%slookback[%d]: ", time, local ? "" : *host ? host : "-", local ? "" : " ", (int)getpid());
}

// The rest of the head of RFC 5424 (§6), and structured data.
static void put_head(FILE *out, const struct alert *a, const char *host)
{
	char time[32];

	alert_time_text(alert_time_ms(a), time, sizeof(time));
	fprintf(out, "1 %s %s lookback %d ", time, *host ? host : "-", (int)getpid());
	for (const char *c = *a->field[ALERT_KIND] ? a->field[ALERT_KIND] : "-"; *c; c++) // MSGID: printable ASCII
		fputc(*c > 0x20 && *c < 0x7f ? *c : '?', out);
	fputs(" [lookback@32473", out);
	put_param(out, "id", a->field[ALERT_ID]);
	put_param(out, "rule", a->field[ALERT_RULE]);
	put_param(out, "name", a->field[ALERT_NAME]);
	put_param(out, "type", a->field[ALERT_TYPE]);
	put_param(out, "sensor", a->field[ALERT_SENSOR]);
	fputs("] ", out);
}

char *alert_syslog_message(const struct alert_outlet_config *o, const struct alert *a, const char *host)
{
	char *text = NULL, *message = alert_format(o->format, a);
	size_t size;
	FILE *out = message ? open_memstream(&text, &size) : NULL;

	if (!out) {
		free(message);
		return NULL;
	}
	fprintf(out, "<%d>", o->facility * 8 + atoi(severity_of(a)));
	if (o->old_syslog)
		put_old_head(out, o, a, host);
	else
		put_head(out, a, host);
	fputs(message, out);
	free(message);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

// datagrams ─────────────────────────────────────────────────────────────────────────────────

static int connect_unix(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%.107s", path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	int result = -errno;
	if (fd >= 0)
		close(fd);
	return result;
}

static int connect_udp(const char *host, const char *port, struct alert_outcome *out)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
	struct addrinfo *list = NULL;
	int fd = -1, result = getaddrinfo(host, port, &hints, &list);

	if (result != 0) {
		alert_sender_fail(out, ALERT_AGAIN, "%s: %s", host, gai_strerror(result));
		return -EHOSTUNREACH;
	}
	result = -EHOSTUNREACH;
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			result = -errno;
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd >= 0 ? fd : result;
}

// An ICMP error says that nobody listens: it comes soon, if at all, and fails the next call.
static int error_of(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&p, 1, 20) > 0 && (p.revents & POLLERR))
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

// A Unix socket of a daemon that does not read blocks.
static int send_datagram(const struct alert_sender *s, int fd, const char *text)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	if (poll(&p, 1, (int)(s->config->timeout_s * 1000)) == 0)
		return -ETIMEDOUT;
	return send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ? 0 : -errno;
}

static void send_datagrams(struct alert_sender *s, struct syslog_state *y, char *const *texts, size_t len,
	struct alert_outcome *out)
{
	const struct alert_outlet_config *o = s->config;
	bool local = o->transport == ALERT_OVER_UNIX;

	if (y->fd < 0)
		y->fd = local ? connect_unix(o->host) : connect_udp(o->host, o->port, out);
	int result = y->fd < 0 ? y->fd : 0;
	for (size_t i = 0; i < len && result == 0; i++) {
		result = send_datagram(s, y->fd, texts[i]);
		if (result == 0 && !local && (i == 0 || i + 1 == len))
			result = -error_of(y->fd);
		if (result == 0 && (local || i == 0 || i + 1 == len))
			out->sent = i + 1;
	}
	if (result == 0)
		return;
	if (!*out->why)
		alert_sender_fail(out, result == -EMSGSIZE ? ALERT_REFUSED : ALERT_AGAIN, "%s: %s", o->host,
			strerror(-result));
	alert_syslog_close(s);
}

// connections ───────────────────────────────────────────────────────────────────────────────

static bool connect_stream(struct alert_sender *s, struct syslog_state *y, struct alert_outcome *out)
{
	const struct alert_outlet_config *o = s->config;
	char url[400];
	bool colon = strchr(o->host, ':') != NULL;
	CURL *curl = alert_curl_handle(s, &y->curl, y->error, out);

	if (!curl)
		return false;
	snprintf(url, sizeof(url), "%s://%s%s%s:%s", o->transport == ALERT_OVER_TLS ? "https" : "http",
		colon ? "[" : "", o->host, colon ? "]" : "", o->port);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); // not for this protocol
	curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	CURLcode code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		alert_curl_fail(out, code, y->error);
	y->connected = code == CURLE_OK;
	return y->connected;
}

// False if the receiver closed the connection, or time is over.
static bool wait_for(struct alert_sender *s, struct syslog_state *y, short events, uint64_t until_ms)
{
	curl_socket_t fd;
	char ignored[256];
	size_t got;

	if (curl_easy_getinfo(y->curl, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK)
		return false;
	CURLcode code = curl_easy_recv(y->curl, ignored, sizeof(ignored), &got);
	if (code != CURLE_AGAIN && !(code == CURLE_OK && got > 0))
		return false;
	struct pollfd p = {.fd = fd, .events = events};
	while (monotonic_ms() < until_ms && !__atomic_load_n(s->abort, __ATOMIC_RELAXED))
		if (poll(&p, 1, 100) > 0)
			return true;
	return false;
}

static bool send_whole(struct alert_sender *s, struct syslog_state *y, const char *text, size_t size)
{
	uint64_t until_ms = monotonic_ms() + (uint64_t)(s->config->timeout_s * 1000);
	size_t wrote;

	while (size > 0) {
		if (!wait_for(s, y, POLLOUT, until_ms))
			return false;
		CURLcode code = curl_easy_send(y->curl, text, size, &wrote);
		if (code != CURLE_OK && code != CURLE_AGAIN)
			return false;
		if (code == CURLE_OK) {
			text += wrote;
			size -= wrote;
		}
	}
	return true;
}

static void send_stream(struct alert_sender *s, struct syslog_state *y, char *const *texts, size_t len,
	struct alert_outcome *out)
{
	if (!y->connected && !connect_stream(s, y, out)) {
		alert_syslog_close(s);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		char head[24];
		size_t head_len = (size_t)snprintf(head, sizeof(head), "%zu ", strlen(texts[i]));
		if (!send_whole(s, y, head, head_len) || !send_whole(s, y, texts[i], strlen(texts[i]))) {
			alert_sender_fail(out, ALERT_AGAIN,
				"%s: the connection was closed, or the receiver takes nothing", s->config->host);
			alert_syslog_close(s);
			return;
		}
		out->sent = i + 1;
	}
}

void alert_syslog_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out)
{
	struct syslog_state *y = s->state ? s->state : calloc(1, sizeof(*y));
	char **texts = calloc(len, sizeof(*texts));
	bool good = y && texts;

	if (y && !s->state) {
		y->fd = -1;
		if (gethostname(y->host, sizeof(y->host) - 1) != 0)
			y->host[0] = '\0';
		s->state = y;
	}
	for (size_t i = 0; i < len && good; i++)
		good = (texts[i] = alert_syslog_message(s->config, &items[i].alert, y->host)) != NULL;
	if (!good)
		alert_sender_fail(out, ALERT_AGAIN, "out of memory");
	else if (s->config->transport == ALERT_OVER_UDP || s->config->transport == ALERT_OVER_UNIX)
		send_datagrams(s, y, texts, len, out);
	else
		send_stream(s, y, texts, len, out);
	for (size_t i = 0; texts && i < len; i++)
		free(texts[i]);
	free(texts);
}

void alert_syslog_close(struct alert_sender *s)
{
	struct syslog_state *y = s->state;

	if (y && y->fd >= 0)
		close(y->fd);
	if (y && y->curl)
		curl_easy_cleanup(y->curl);
	free(y);
	s->state = NULL;
}

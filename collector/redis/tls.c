// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/tls.h"

#include "collector/redis/tls_files.h"
#include "collector/redis/tls_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Handshake records, and alerts (RFC 8446, section 5.1).
enum { RECORD_ALERT = 0x15, RECORD_HANDSHAKE = 0x16 };

struct redis_tls {
	int fd; // borrowed
	gnutls_session_t session;
	gnutls_certificate_credentials_t files;
	struct redis_tls_peer peer;
	char name[256];	       // expected in the certificate
	char ca[1024];	       // redis.ca
	char certificate[200]; // redis.certificate, for messages
	int error;	       // errno of the last failed send or recv
	bool ready;	       // the session exists
	bool heard;	       // octets were received
	bool stranger;	       // the first of them is no TLS
	bool shaken;	       // the handshake is done
	char why[480];
};

const char *redis_tls_why(const struct redis_tls *t)
{
	return t->why;
}

time_t redis_tls_expires(const struct redis_tls *t)
{
	return t->peer.expires;
}

// the socket ─────────────────────────────────────────────────────────────────────────────────

// Octets for a server that has closed the connection are dropped: what is received next is its alert, which says why, or the end.
static ssize_t push(gnutls_transport_ptr_t at, const void *bytes, size_t size)
{
	struct redis_tls *t = at;
	ssize_t n = send(t->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		return (ssize_t)size;
	if (n < 0)
		gnutls_transport_set_errno(t->session, t->error = errno);
	return n;
}

static ssize_t pull(gnutls_transport_ptr_t at, void *to, size_t size)
{
	struct redis_tls *t = at;
	ssize_t n = recv(t->fd, to, size, MSG_DONTWAIT);

	if (n < 0)
		gnutls_transport_set_errno(t->session, t->error = errno);
	if (n > 0 && !t->heard) {
		unsigned char first = *(const unsigned char *)to;
		t->heard = true;
		t->stranger = first != RECORD_HANDSHAKE && first != RECORD_ALERT;
	}
	return n;
}

// begin and end ──────────────────────────────────────────────────────────────────────────────

static int check_peer(gnutls_session_t session)
{
	struct redis_tls *t = gnutls_session_get_ptr(session);

	return redis_tls_peer_check(session, &t->peer, t->why, sizeof(t->why)) == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int prepare(struct redis_tls *t, const char *host)
{
	unsigned char number[16];
	bool is_name = inet_pton(AF_INET, host, number) != 1 && inet_pton(AF_INET6, host, number) != 1;
	int result = gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);

	if (result != 0)
		return result;
	t->ready = true;
	result = gnutls_priority_set_direct(t->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL);
	if (result == 0)
		result = gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->files);
	if (result == 0 && is_name)
		result = gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, host, strlen(host));
	gnutls_certificate_set_verify_function(t->files, check_peer);
	gnutls_session_set_ptr(t->session, t);
	gnutls_transport_set_ptr(t->session, t);
	gnutls_transport_set_push_function(t->session, push);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
	return result;
}

struct redis_tls *redis_tls_new(int fd, const struct redis_settings *s, const struct endpoint *at)
{
	struct redis_tls *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->fd = fd;
	snprintf(t->ca, sizeof(t->ca), "%s", s->ca);
	snprintf(t->name, sizeof(t->name), "%s", s->server_name[0] ? s->server_name : at->host);
	snprintf(t->certificate, sizeof(t->certificate), "%.190s", s->certificate);
	t->peer = (struct redis_tls_peer){.name = t->name, .any_name = s->any_name, .ca = t->ca};
	if (redis_tls_files_read(&t->files, s, t->why, sizeof(t->why)) != 0)
		return t;
	int result = prepare(t, t->name);
	if (result != 0)
		snprintf(t->why, sizeof(t->why), "TLS: %s", gnutls_strerror(result));
	return t;
}

void redis_tls_free(struct redis_tls *t)
{
	if (!t)
		return;
	if (t->ready && t->shaken)
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
	if (t->ready)
		gnutls_deinit(t->session);
	if (t->files)
		gnutls_certificate_free_credentials(t->files);
	free(t);
}

// failures ───────────────────────────────────────────────────────────────────────────────────

// The server sent an alert: it rejects the client's certificate, asks for one, or something else.
static void tell_alert(struct redis_tls *t)
{
	const char *alert = gnutls_alert_get_name(gnutls_alert_get(t->session));

	alert = alert ? alert : "unknown";
	if (gnutls_certificate_client_get_request_status(t->session) == 0)
		snprintf(t->why, sizeof(t->why), "TLS: the server ended the connection with the alert '%s'", alert);
	else if (t->certificate[0])
		snprintf(t->why, sizeof(t->why),
			"redis.certificate %s: found it rejected by the server with the alert '%s', expected it accepted; the server's "
			"tls-ca-cert-file must have its authority, and it must not have expired",
			t->certificate, alert);
	else
		snprintf(t->why, sizeof(t->why),
			"TLS: the server ended the connection with the alert '%s' after it asked for a certificate of the client; set "
			"redis.certificate and redis.certificate_key",
			alert);
}

static int fail(struct redis_tls *t, int result)
{
	if (t->why[0]) // the certificate of the server
		return REDIS_TLS_FAILED;
	if (t->stranger)
		snprintf(t->why, sizeof(t->why),
			"TLS: found a server without TLS, expected one with TLS; use the port that tls-port names in redis.conf, or remove "
			"rediss://");
	else if (result == GNUTLS_E_FATAL_ALERT_RECEIVED)
		tell_alert(t);
	else if (result == GNUTLS_E_PULL_ERROR || result == GNUTLS_E_PUSH_ERROR)
		snprintf(t->why, sizeof(t->why), "connection lost in the handshake of TLS: %s", strerror(t->error));
	else if (result == GNUTLS_E_PREMATURE_TERMINATION)
		snprintf(t->why, sizeof(t->why), "it closed the connection in the handshake of TLS");
	else
		snprintf(t->why, sizeof(t->why), "TLS: %s", gnutls_strerror(result));
	return REDIS_TLS_FAILED;
}

void redis_tls_time_out(struct redis_tls *t)
{
	snprintf(t->why, sizeof(t->why),
		"TLS: found no complete handshake within redis.timeout, expected one; check that this is the port of tls-port in "
		"redis.conf");
}

// octets ─────────────────────────────────────────────────────────────────────────────────────

static short direction(const struct redis_tls *t)
{
	return gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN;
}

int redis_tls_handshake(struct redis_tls *t)
{
	int result;

	if (!t->ready || t->why[0])
		return REDIS_TLS_FAILED;
	do
		result = gnutls_handshake(t->session);
	while (result != 0 && result != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(result));
	t->shaken = result == 0;
	return result == 0 ? 0 : result == GNUTLS_E_AGAIN ? direction(t) : fail(t, result);
}

// A result of GnuTLS as send(2) and recv(2) report it.
static ssize_t outcome(struct redis_tls *t, ssize_t n, short *events)
{
	if (n >= 0)
		return n;
	if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) {
		*events = direction(t);
		errno = n == GNUTLS_E_AGAIN ? EAGAIN : EINTR;
		return -1;
	}
	if (n == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	if (n == GNUTLS_E_PUSH_ERROR || n == GNUTLS_E_PULL_ERROR) {
		errno = t->error;
		return -1;
	}
	return fail(t, (int)n);
}

ssize_t redis_tls_send(struct redis_tls *t, const char *bytes, size_t size, short *events)
{
	return outcome(t, gnutls_record_send(t->session, bytes, size), events);
}

ssize_t redis_tls_receive(struct redis_tls *t, char *to, size_t size, short *events)
{
	ssize_t n;

	do // messages of TLS itself, as a renegotiation, are refused
		n = gnutls_record_recv(t->session, to, size);
	while (n < 0 && n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED && !gnutls_error_is_fatal((int)n));
	return outcome(t, n, events);
}

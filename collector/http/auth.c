// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/auth.h"

#include "collector/http/origin.h"
#include "collector/http/params.h"
#include "dataplane/common/log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

// RFC 4648 §4, without its finer points. Returns the length, or 0.
static size_t base64_decode(const char *text, char *out, size_t out_size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	size_t n = 0;
	int have = 0;

	for (; *text && *text != '='; text++) {
		const char *digit = strchr(digits, *text);
		if (!digit || n + 1 >= out_size)
			return 0;
		bits = bits << 6 | (uint32_t)(digit - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	out[n] = '\0';
	return n;
}

// The keys in a request, the most usual place first. Returns how many.
static int presented(struct http_request *r, char out[2][512])
{
	const char *key = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "X-API-Key");
	const char *header = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	char plain[512];

	if (key && *key) {
		snprintf(out[0], 512, "%s", key);
		return 1;
	}
	// Firewalls and resolvers that fetch a list can often set nothing but its address.
	if (!header && r->segments > 0 && strcmp(r->segment[0], "block") == 0)
		return http_param(r, "key", out[0], 512) && *out[0] ? 1 : 0;
	if (!header)
		return 0;
	if (strncasecmp(header, "Basic ", 6) == 0 && base64_decode(header + 6, plain, sizeof(plain)) > 0) {
		char *colon = strchr(plain, ':');
		snprintf(out[0], 512, "%s", colon ? colon + 1 : plain);
		if (colon)
			*colon = '\0';
		snprintf(out[1], 512, "%s", plain);
		return 2;
	}
	if (strncasecmp(header, "Bearer ", 7) == 0)
		header += 7;
	snprintf(out[0], 512, "%s", header);
	return 1;
}

static unsigned authorize_by_key(struct http_request *r, bool count)
{
	char key[2][512];
	int64_t now = time(NULL);

	keys_refresh(r->lookups->keys, now);
	int n = presented(r, key);
	for (int i = 0; i < n; i++) {
		enum keys_verdict verdict = keys_check(r->lookups->keys, key[i], count, now, &r->rate);
		if (verdict == KEYS_UNKNOWN)
			continue;
		strcpy(r->who, r->rate.name);
		if (verdict == KEYS_GOOD)
			return 0;
		snprintf(r->why, sizeof(r->why),
			"over quota: found %llu requests in this period; the next period begins at %lld",
			(unsigned long long)r->rate.limit, (long long)r->rate.reset);
		return MHD_HTTP_TOO_MANY_REQUESTS;
	}
	return n == 0 ? http_request_refuse(r, MHD_HTTP_UNAUTHORIZED, "API key: found none; send one as X-API-Key")
		      : http_request_refuse(r, MHD_HTTP_FORBIDDEN,
				"API key: unknown; check that it is complete and was not removed");
}

unsigned http_auth_check(struct http_request *r, bool count)
{
	const char *target = http_client_target(r->client);

	if (!r->lookups->keys && !http_host_is_local(r->connection, target))
		return http_request_refuse(r, MHD_HTTP_MISDIRECTED_REQUEST,
			"Host: expected localhost or an address, since without keys only this machine may look up; use 127.0.0.1, or make a key (lookback key add)");
	if (http_is_cross_site(r->connection, target, false))
		return http_request_refuse(r, MHD_HTTP_FORBIDDEN,
			"request from another site; expected one from this page or from a program");
	return r->lookups->keys ? authorize_by_key(r, count) : 0;
}

// The beginning of a body as one line of ASCII, for the audit line.
static void add_body(const struct redis_buffer *body, char *out, size_t out_size)
{
	size_t n = 0;

	for (size_t i = 0; i < body->size && n + 2 < out_size; i++) {
		unsigned char c = (unsigned char)body->bytes[i];
		out[n++] = c == '\n' ? ' ' : c < 0x20 || c > 0x7e ? '?' : (char)c;
	}
	out[n] = '\0';
}

void http_auth_audit(struct http_request *r, unsigned code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char address[INET6_ADDRSTRLEN] = "?", body[300];

	if (!r->lookups->audit)
		return;
	if (info && info->client_addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)info->client_addr)->sin_addr, address,
			sizeof(address));
	else if (info && info->client_addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)info->client_addr)->sin6_addr, address,
			sizeof(address));
	add_body(&r->body, body, sizeof(body));
	log_info("lookup: key %s, from %s: %s%s%s%s", *r->who ? r->who : "none", address, r->asked, *body ? ": " : "",
		body,
		code == 0			     ? ""
		: code == MHD_HTTP_TOO_MANY_REQUESTS ? " (over quota)"
						     : " (refused)");
}

void http_auth_rate(struct redis_buffer *out, const struct keys_rate *rate)
{
	if (rate->limit == 0) {
		query_put_text(out, "{\"rate\":{\"reset\":\"n/a\",\"limit\":\"unlimited\",\"remaining\":\"n/a\"}}\n");
		return;
	}
	query_put_text(out, "{\"rate\":{\"reset\":");
	query_put_number(out, rate->reset);
	query_put_text(out, ",\"limit\":");
	query_put_number(out, (int64_t)rate->limit);
	query_put_text(out, ",\"remaining\":");
	query_put_number(out, (int64_t)rate->remaining);
	query_put_text(out, "}}\n");
}

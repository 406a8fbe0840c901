// SPDX-License-Identifier: BSD-3-Clause
// Who asks: keys as clients send them, and the audit line.
#include "collector/http_api.h"

#include "dataplane/log.h"

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

// The keys that a request may carry, most usual first. Returns how many.
static int presented(struct http_request *r, char out[2][512])
{
	const char *key = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "X-API-Key");
	const char *header =
		MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	char plain[512];

	if (key && *key) {
		snprintf(out[0], 512, "%s", key);
		return 1;
	}
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

// Without keys, lookups are for this machine. A page of elsewhere that a browser on it shows may point its own name at
// 127.0.0.1 (DNS rebinding): what it then asks carries that name, never an address or "localhost".
static bool is_for_this_machine(struct http_request *r)
{
	const char *host = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	unsigned char address[16];
	char name[64];

	if (!host || *host == '[') // none in HTTP/1.0; an address of IPv6
		return true;
	size_t len = strcspn(host, ":");
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, address) == 1;
}

unsigned http_authorize(struct http_request *r, bool count, struct keys_rate *rate)
{
	char key[2][512];
	int64_t now = time(NULL);

	*rate = (struct keys_rate){.limit = 0};
	if (!r->api->keys)
		return is_for_this_machine(r) ? 0 : MHD_HTTP_MISDIRECTED_REQUEST;
	keys_refresh(r->api->keys, now);
	int n = presented(r, key);
	for (int i = 0; i < n; i++) {
		switch (keys_check(r->api->keys, key[i], count, now, rate)) {
		case KEYS_GOOD:
			strcpy(r->who, rate->name);
			return 0;
		case KEYS_OVER:
			strcpy(r->who, rate->name);
			return MHD_HTTP_TOO_MANY_REQUESTS;
		case KEYS_UNKNOWN:
			break;
		}
	}
	return n == 0 ? MHD_HTTP_UNAUTHORIZED : MHD_HTTP_FORBIDDEN;
}

void http_audit(struct http_request *r, unsigned code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char address[INET6_ADDRSTRLEN] = "?";

	if (!r->api->audit)
		return;
	if (info && info->client_addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)info->client_addr)->sin_addr, address,
			sizeof(address));
	else if (info && info->client_addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)info->client_addr)->sin6_addr, address,
			sizeof(address));
	log_info("lookup: key %s, from %s: %s%s", *r->who ? r->who : "none", address, r->asked,
		code == 0			     ? ""
		: code == MHD_HTTP_TOO_MANY_REQUESTS ? " (over quota)"
						     : " (refused)");
}

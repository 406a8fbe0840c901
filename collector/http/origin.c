// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/origin.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HOST_SIZE = 300 };

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// The part after "http://" or "https://"; NULL if the URL begins with neither.
static const char *authority_of(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return url + 7;
	return strncasecmp(url, "https://", 8) == 0 ? url + 8 : NULL;
}

const char *http_target_path(const char *target)
{
	const char *authority = authority_of(target);

	if (!authority)
		return *target == '/' ? target : NULL;
	const char *path = strchr(authority, '/');
	return path ? path : "/";
}

// The host that a request names: the authority of its target, else Host. NULL: none.
static const char *host_of(struct MHD_Connection *connection, const char *target, char out[HOST_SIZE])
{
	const char *authority = authority_of(target);

	if (!authority)
		return header(connection, MHD_HTTP_HEADER_HOST);
	size_t len = strcspn(authority, "/?#");
	if (len >= HOST_SIZE)
		return "";
	memcpy(out, authority, len);
	out[len] = '\0';
	return out;
}

// host [":" port], of RFC 3986 §3.2.
static bool is_host(const char *host)
{
	size_t len = *host == '[' ? 1 + strspn(host + 1, "0123456789abcdefABCDEF:.vV%-_~") : strcspn(host, ":");

	if (*host == '[' && host[len++] != ']')
		return false;
	for (size_t i = 0; *host != '[' && i < len; i++)
		if (!isalnum((unsigned char)host[i]) && !strchr("-._~%!$&'()*+,;=", host[i]))
			return false;
	if (len == 0 || len > 255)
		return false;
	return host[len] == '\0' ||
	       (host[len] == ':' && strspn(host + len + 1, "0123456789") == strlen(host + len + 1));
}

struct hosts {
	unsigned len;
	bool sound;
};

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct hosts *hosts = context;

	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
		hosts->len++;
		hosts->sound = value && is_host(value);
	}
	return MHD_YES;
}

bool http_host_is_sound(struct MHD_Connection *connection, const char *version)
{
	struct hosts hosts = {.len = 0};

	MHD_get_connection_values(connection, MHD_HEADER_KIND, see_header, &hosts);
	if (hosts.len == 0)
		return strcmp(version, MHD_HTTP_VERSION_1_1) != 0;
	return hosts.len == 1 && hosts.sound;
}

bool http_host_is_local(struct MHD_Connection *connection, const char *target)
{
	char text[HOST_SIZE], name[64];
	const char *host = host_of(connection, target, text);
	unsigned char address[16];

	if (!host || *host == '[') // none in HTTP/1.0; an address of IPv6
		return true;
	size_t len = strcspn(host, ":");
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, address) == 1;
}

// Length of "host:port" without the port that its scheme implies.
static size_t without_port(const char *authority, size_t len, bool tls)
{
	const char *port = tls ? ":443" : ":80";
	size_t port_len = strlen(port);

	return len > port_len && strncmp(authority + len - port_len, port, port_len) == 0 ? len - port_len : len;
}

// True if a URL is of this host.
static bool is_of_host(const char *url, const char *host)
{
	const char *authority = authority_of(url);

	if (!authority || !host)
		return false; // also "null", of a page without origin
	bool tls = authority - url == 8;
	size_t len = without_port(authority, strcspn(authority, "/?#"), tls),
	       host_len = without_port(host, strlen(host), tls);
	return len == host_len && strncasecmp(authority, host, len) == 0;
}

bool http_is_cross_site(struct MHD_Connection *connection, const char *target, bool navigation)
{
	const char *site = header(connection, "Sec-Fetch-Site"), *mode = header(connection, "Sec-Fetch-Mode");
	const char *from = header(connection, "Origin");
	char text[HOST_SIZE];

	if (navigation && mode && strcasecmp(mode, "navigate") == 0)
		return false;
	if (site)
		return strcasecmp(site, "same-origin") != 0 && strcasecmp(site, "none") != 0;
	if (!from)
		from = header(connection, MHD_HTTP_HEADER_REFERER);
	return from && !is_of_host(from, host_of(connection, target, text));
}

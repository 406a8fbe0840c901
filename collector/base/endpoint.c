// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/endpoint.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Splits HOST:PORT or [IPV6]:PORT. Returns 0 or -EINVAL.
static int parse_tcp(struct endpoint *e, const char *value, unsigned long port_min)
{
	const char *host = value, *colon = strrchr(value, ':');
	char *end;

	if (!colon || !isdigit((unsigned char)colon[1]))
		return -EINVAL;
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port < port_min || port > UINT16_MAX)
		return -EINVAL;
	size_t len = (size_t)(colon - host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len)) {
		return -EINVAL; // an IPv6 address needs brackets
	}
	if (len == 0 || len >= sizeof(e->host) || strcspn(host, " \t[]") < len)
		return -EINVAL;
	memcpy(e->host, host, len);
	e->host[len] = '\0';
	e->port = (uint16_t)port;
	e->kind = ENDPOINT_TCP;
	return 0;
}

int endpoint_set_redis(void *at, const char *value, char *why, size_t why_size)
{
	static const char scheme[] = "rediss://";
	struct endpoint e = {.kind = ENDPOINT_NONE};
	bool tls = strncmp(value, scheme, sizeof(scheme) - 1) == 0;

	memcpy(e.text, value, strnlen(value, sizeof(e.text) - 1));
	if (strncmp(value, "unix:", 5) == 0) {
		const char *path = value + 5;
		if (path[0] != '/' || strlen(path) >= sizeof(e.path)) {
			snprintf(why, why_size, "expected unix: and an absolute path of at most %zu characters",
				sizeof(e.path) - 1);
			return -EINVAL;
		}
		strcpy(e.path, path);
		e.kind = ENDPOINT_UNIX;
	} else if (parse_tcp(&e, tls ? value + sizeof(scheme) - 1 : value, 1) != 0 || strpbrk(e.host, "/@")) {
		snprintf(why, why_size,
			"expected HOST:PORT, [IPV6]:PORT, unix:/path, or with TLS rediss://HOST:PORT; user, password and database "
			"are settings of their own");
		return -EINVAL;
	}
	e.tls = tls;
	*(struct endpoint *)at = e;
	return 0;
}

int endpoint_set_listen(void *at, const char *value, char *why, size_t why_size)
{
	struct endpoint e = {.kind = ENDPOINT_NONE};

	snprintf(e.text, sizeof(e.text), "%s", value);
	if (strcmp(value, "none") != 0 && parse_tcp(&e, value, 0) != 0) {
		snprintf(why, why_size, "expected ADDRESS:PORT, [IPV6]:PORT or none");
		return -EINVAL;
	}
	*(struct endpoint *)at = e;
	return 0;
}

// True if some of the TCP addresses have TLS, and others do not.
static bool is_mixed(const struct endpoint *head, const struct endpoint_list *list)
{
	bool with = false, without = false;

	for (size_t i = 0; i <= list->len; i++) {
		const struct endpoint *e = i == 0 ? head : &list->at[i - 1];
		with = with || e->tls;
		without = without || (e->kind == ENDPOINT_TCP && !e->tls);
	}
	return with && without;
}

int endpoint_read_list(struct endpoint *first, struct endpoint_list *more, const char *value, char *why,
	size_t why_size)
{
	struct endpoint_list list = {.len = 0};
	struct endpoint e = {.kind = ENDPOINT_NONE}, head = {.kind = ENDPOINT_NONE};

	for (const char *at = value;;) {
		char one[300];
		size_t len = strcspn(at, ",");
		const char *next = at[len] ? at + len + 1 : NULL;
		while (len > 0 && isspace((unsigned char)*at))
			at++, len--;
		while (len > 0 && isspace((unsigned char)at[len - 1]))
			len--;
		if (len >= sizeof(one) || (head.kind != ENDPOINT_NONE && list.len == ENDPOINTS_MAX)) {
			snprintf(why, why_size, "expected at most %d addresses", ENDPOINTS_MAX + 1);
			return -EINVAL;
		}
		memcpy(one, at, len);
		one[len] = '\0';
		if (endpoint_set_redis(&e, one, why, why_size) != 0)
			return -EINVAL;
		if (head.kind == ENDPOINT_NONE)
			head = e;
		else
			list.at[list.len++] = e;
		if (!next)
			break;
		at = next;
	}
	if (is_mixed(&head, &list)) {
		snprintf(why, why_size, "expected rediss:// before each HOST:PORT, or before none");
		return -EINVAL;
	}
	if (list.len > 0)
		snprintf(head.text, sizeof(head.text), "%s", value);
	*first = head;
	*more = list;
	return 0;
}

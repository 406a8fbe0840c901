// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/needs.h"

#include <string.h>

static void add(struct alert_needs *n, const char *path, enum sandbox_access access)
{
	if (*path && n->len < ALERT_NEEDS_MAX)
		n->extra[n->len++] = (struct confine_extra){path, access};
}

static unsigned sockets_of(const struct alert_outlet_config *o)
{
	if (o->kind == ALERT_TO_FILE || o->kind == ALERT_TO_STDOUT)
		return 0;
	if (o->kind == ALERT_TO_SYSLOG && o->transport == ALERT_OVER_UNIX)
		return SANDBOX_SYSLOG;
	return SANDBOX_TCP | SANDBOX_UDP; // UDP for a resolver, too
}

// Where OpenSSL has the certificates of authorities, and its configuration.
static void add_authorities(struct alert_needs *n)
{
	add(n, "/etc/ssl/certs/ca-certificates.crt", SANDBOX_READ);
	add(n, "/etc/ssl/openssl.cnf", SANDBOX_READ);
	add(n, "/usr/share/ca-certificates/mozilla", SANDBOX_READ);
}

static void add_outlet(struct alert_needs *n, const struct alert_outlet_config *o)
{
	add(n, o->path, SANDBOX_WRITE);
	add(n, o->url_file, SANDBOX_READ);
	add(n, o->header_file, SANDBOX_READ);
	add(n, o->signature_file, SANDBOX_READ);
	add(n, o->password_file, SANDBOX_READ);
	add(n, o->ca, SANDBOX_READ);
	n->sockets |= sockets_of(o);
}

struct alert_needs alert_needs_of(const struct alert_config *c)
{
	struct alert_needs n = {.len = 0};
	bool tls = false;

	for (size_t i = 0; i < c->outlets; i++) {
		add_outlet(&n, &c->outlet[i]);
		tls = tls || alert_config_needs_tls(&c->outlet[i]);
	}
	if (tls)
		add_authorities(&n);
	return n;
}

// Whether two paths are in one folder, whose files are allowed together.
static bool is_beside(const char *a, const char *b)
{
	size_t len_a = (size_t)(strrchr(a, '/') - a), len_b = (size_t)(strrchr(b, '/') - b);

	return len_a == len_b && memcmp(a, b, len_a) == 0;
}

const struct alert_outlet_config *alert_needs_more(const struct alert_config *c, const struct alert_needs *allowed)
{
	for (size_t i = 0; i < c->outlets; i++) {
		struct alert_needs n = {.len = 0};
		add_outlet(&n, &c->outlet[i]);
		if (alert_config_needs_tls(&c->outlet[i]))
			add_authorities(&n);
		bool found = (n.sockets & ~allowed->sockets) == 0;
		for (size_t need = 0; need < n.len && found; need++) {
			found = false;
			for (size_t a = 0; a < allowed->len && !found; a++)
				found = allowed->extra[a].access >= SANDBOX_READ &&
					is_beside(n.extra[need].path, allowed->extra[a].path) &&
					(allowed->extra[a].access == SANDBOX_WRITE ||
						n.extra[need].access == SANDBOX_READ);
		}
		if (!found)
			return &c->outlet[i];
	}
	return NULL;
}

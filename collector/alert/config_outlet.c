// SPDX-License-Identifier: BSD-3-Clause
// Reads one section [outlet NAME]: which keys a kind has, and what their values may be.
#include "collector/alert/config.h"

#include "collector/base/credentials.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a section is read with: for messages, and for the functions of the table.
struct outlet_reader {
	const struct sections *s;
	const struct section *section;
	struct alert_outlet_config *out;
	char *why;
	size_t why_size;
};

// Sets one value. Returns 0 or -errno with a line in `why`.
typedef int outlet_key(const struct outlet_reader *r, const struct section_entry *e);

#define REFUSE(r, e, ...) sections_refuse((r)->s, (r)->section, (e)->line, (r)->why, (r)->why_size, __VA_ARGS__)

static int set_kind(const struct outlet_reader *r, const struct section_entry *e)
{
	for (int i = 0; i < ALERT_TO_KINDS; i++)
		if (strcmp(e->value, alert_outlet_kind_names[i]) == 0) {
			r->out->kind = (enum alert_outlet_kind)i;
			return 0;
		}
	return REFUSE(r, e, "kind: found '%.60s', expected file, stdout, syslog, webhook or email", e->value);
}

static int set_format(const struct outlet_reader *r, const struct section_entry *e)
{
	for (int i = 0; i < ALERT_FORMATS; i++)
		if (strcmp(e->value, alert_format_names[i]) == 0) {
			r->out->format = (enum alert_format)i;
			return 0;
		}
	return REFUSE(r, e, "format: found '%.60s', expected json, misp, slack or cef", e->value);
}

static int set_text(const struct outlet_reader *r, const struct section_entry *e, char *out, size_t size)
{
	if (!*e->value || strlen(e->value) >= size)
		return REFUSE(r, e, "%s: found %zu characters, expected 1 to %zu", e->key, strlen(e->value), size - 1);
	snprintf(out, size, "%s", e->value);
	return 0;
}

static int set_file(const struct outlet_reader *r, const struct section_entry *e, char *out)
{
	char why[400];

	if (!credentials_is_one(e->value) && *e->value != '/')
		return REFUSE(r, e, "%s: found '%.60s', expected an absolute path, or credential:NAME", e->key,
			e->value);
	if (strlen(e->value) >= ALERT_PATH_SIZE || !credentials_is_one(e->value))
		return set_text(r, e, out, ALERT_PATH_SIZE);
	return credentials_path(e->value, out, ALERT_PATH_SIZE, why, sizeof(why)) == 0
		       ? 0
		       : REFUSE(r, e, "%s: %s", e->key, why);
}

// Of a file that is written: no credential.
static int set_path(const struct outlet_reader *r, const struct section_entry *e)
{
	if (*e->value != '/')
		return REFUSE(r, e, "path: found '%.60s', expected an absolute path", e->value);
	return set_text(r, e, r->out->path, sizeof(r->out->path));
}

static int set_seconds(const struct outlet_reader *r, const struct section_entry *e, double least, double most,
	double *out)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"", 1}, {"s", 1}, {"ms", 0.001}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	char *end = NULL;
	double n = *e->value >= '0' && *e->value <= '9' ? strtod(e->value, &end) : -1;

	for (size_t i = 0; end && n >= 0 && i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(end, units[i].name) == 0 && n * units[i].seconds >= least && n * units[i].seconds <= most) {
			*out = n * units[i].seconds;
			return 0;
		}
	return REFUSE(r, e, "%s: found '%.60s', expected a time from %g to %g seconds (ms, s, min, h, d)", e->key,
		e->value, least, most);
}

static int set_timeout(const struct outlet_reader *r, const struct section_entry *e)
{
	return set_seconds(r, e, 0.1, 600, &r->out->timeout_s);
}

static int set_backoff(const struct outlet_reader *r, const struct section_entry *e)
{
	return set_seconds(r, e, 0.1, 86400, &r->out->backoff_s);
}

static int set_keep(const struct outlet_reader *r, const struct section_entry *e)
{
	return set_seconds(r, e, 1, 86400 * 365, &r->out->keep_s);
}

// Only the schemes of the kind, a host, and nothing that ends a header.
static int set_url(const struct outlet_reader *r, const struct section_entry *e)
{
	static const char *const schemes[2][2] = {{"http://", "https://"}, {"smtp://", "smtps://"}};
	bool mail = r->out->kind == ALERT_TO_EMAIL;

	for (int i = 0; i < 2; i++) {
		const char *host = e->value + strlen(schemes[mail][i]);
		if (strncmp(e->value, schemes[mail][i], strlen(schemes[mail][i])) == 0 && *host && *host != '/' &&
			!strpbrk(e->value, " \t\\"))
			return set_text(r, e, r->out->url, sizeof(r->out->url));
	}
	return REFUSE(r, e, "%s: found '%.100s', expected %sHOST[:PORT]%s or %s…", e->key, e->value, schemes[mail][1],
		mail ? "" : "/PATH", schemes[mail][0]);
}

// "udp://HOST[:PORT]", tcp, tls, or "unix:/PATH".
static int set_syslog(const struct outlet_reader *r, const struct section_entry *e)
{
	static const struct {
		const char *scheme, *port;
	} transports[] = {[ALERT_OVER_UDP] = {"udp://", "514"},
		[ALERT_OVER_TCP] = {"tcp://", "601"},
		[ALERT_OVER_TLS] = {"tls://", "6514"},
		[ALERT_OVER_UNIX] = {"unix:", ""}};
	struct alert_outlet_config *o = r->out;
	int t = 0;

	while (t <= ALERT_OVER_UNIX && strncmp(e->value, transports[t].scheme, strlen(transports[t].scheme)) != 0)
		t++;
	if (t > ALERT_OVER_UNIX)
		return REFUSE(r, e, "server: found '%.100s', expected udp://HOST:PORT, tcp://…, tls://… or unix:/PATH",
			e->value);
	const char *host = e->value + strlen(transports[t].scheme), *end, *port = transports[t].port;
	o->transport = (enum alert_transport)t;
	if (t == ALERT_OVER_UNIX) {
		if (*host != '/' || strlen(host) > 107)
			return REFUSE(r, e,
				"server: found '%.120s', expected unix: and an absolute path of at most 107 characters",
				e->value);
		snprintf(o->host, sizeof(o->host), "%s", host);
		o->old_syslog = true; // unless `rfc`, which is read later, says something else
		return 0;
	}
	bool bracket = *host == '[';
	host += bracket;
	end = bracket ? strchr(host, ']') : host + strcspn(host, ":/");
	const char *rest = end && bracket ? end + 1 : end;
	if (rest && *rest == ':')
		port = rest + 1;
	unsigned long number = strtoul(port, NULL, 10);
	if (!end || end == host || end - host > 250 || strpbrk(host, " \t/@?#") || (*rest && *rest != ':') || !*port ||
		port[strspn(port, "0123456789")] || strlen(port) > 5 || number == 0 || number > 65535)
		return REFUSE(r, e, "server: found '%.100s', expected %sHOST:PORT or %s[IPV6]:PORT", e->value,
			transports[t].scheme, transports[t].scheme);
	snprintf(o->host, sizeof(o->host), "%.*s", (int)(end - host), host);
	snprintf(o->port, sizeof(o->port), "%lu", number);
	return 0;
}

static int set_server(const struct outlet_reader *r, const struct section_entry *e)
{
	return r->out->kind == ALERT_TO_EMAIL ? set_url(r, e) : set_syslog(r, e);
}

static int set_rfc(const struct outlet_reader *r, const struct section_entry *e)
{
	r->out->old_syslog = strcmp(e->value, "3164") == 0;
	return r->out->old_syslog || strcmp(e->value, "5424") == 0
		       ? 0
		       : REFUSE(r, e, "rfc: found '%.60s', expected 5424 or 3164", e->value);
}

static int set_facility(const struct outlet_reader *r, const struct section_entry *e)
{
	static const char *const names[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp",
		"cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3",
		"local4", "local5", "local6", "local7"};

	for (int i = 0; i < 24; i++)
		if (strcmp(e->value, names[i]) == 0) {
			r->out->facility = i;
			return 0;
		}
	return REFUSE(r, e, "facility: found '%.60s', expected daemon, auth, local0 … local7 or another one", e->value);
}

static int add(const struct outlet_reader *r, const struct section_entry *e, const char *text, char **list, size_t *len)
{
	if (*len == ALERT_LIST_MAX)
		return REFUSE(r, e, "%s: found too many, expected at most %d", e->key, ALERT_LIST_MAX);
	list[*len] = strdup(text);
	return list[(*len)++] ? 0 : -ENOMEM;
}

static int set_header(const struct outlet_reader *r, const struct section_entry *e)
{
	size_t name = strspn(e->value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	if (name == 0 || e->value[name] != ':' || strlen(e->value) > 1000)
		return REFUSE(r, e, "header: found '%.60s', expected 'Name: value'", e->value);
	return add(r, e, e->value, r->out->header, &r->out->headers);
}

// local@domain of printable ASCII without what has a meaning in headers and SMTP commands.
static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');

	for (const char *c = text; *c; c++)
		if (*c <= 0x20 || *c > 0x7e || strchr("<>()[]\\,;:\"", *c))
			return false;
	return at && at > text && at[1] && !strchr(at + 1, '@') && strlen(text) < 255;
}

static int set_from(const struct outlet_reader *r, const struct section_entry *e)
{
	if (!is_address(e->value))
		return REFUSE(r, e, "from: found '%.100s', expected an address such as lookback@example.com", e->value);
	return set_text(r, e, r->out->from, sizeof(r->out->from));
}

static int set_to(const struct outlet_reader *r, const struct section_entry *e)
{
	char list[SECTIONS_LINE_SIZE + 1], *rest = list, *one;

	snprintf(list, sizeof(list), "%s", e->value);
	while ((one = strsep(&rest, ", \t")) != NULL) {
		if (*one && !is_address(one))
			return REFUSE(r, e, "to: found '%.100s', expected addresses such as soc@example.com", one);
		int result = *one ? add(r, e, one, r->out->to, &r->out->recipients) : 0;
		if (result != 0)
			return result;
	}
	return 0;
}

static int set_user(const struct outlet_reader *r, const struct section_entry *e)
{
	return set_text(r, e, r->out->user, sizeof(r->out->user));
}

static int set_starttls(const struct outlet_reader *r, const struct section_entry *e)
{
	r->out->starttls = strcmp(e->value, "yes") == 0;
	return r->out->starttls || strcmp(e->value, "no") == 0
		       ? 0
		       : REFUSE(r, e, "starttls: found '%.60s', expected yes or no", e->value);
}

#define OF(kind) (1u << ALERT_TO_##kind)
#define ALL (OF(FILE) | OF(STDOUT) | OF(SYSLOG) | OF(WEBHOOK) | OF(EMAIL))

// In the order in which they are read: the kind first, others depend on it.
static const struct {
	const char *name;
	unsigned kinds, needed; // that have the key; that need it
	bool repeated;
	outlet_key *set; // NULL: the path of a file that is read, or a credential
	size_t file;	 // where that is in alert_outlet_config
} keys[] = {{"kind", ALL, ALL, false, set_kind, 0}, {"format", ALL & ~OF(EMAIL), 0, false, set_format, 0},
	{"path", OF(FILE), OF(FILE), false, set_path, 0},
	{"server", OF(SYSLOG) | OF(EMAIL), OF(SYSLOG) | OF(EMAIL), false, set_server, 0},
	{"rfc", OF(SYSLOG), 0, false, set_rfc, 0}, {"facility", OF(SYSLOG), 0, false, set_facility, 0},
	{"url", OF(WEBHOOK), 0, false, set_url, 0},
	{"url_file", OF(WEBHOOK), 0, false, NULL, offsetof(struct alert_outlet_config, url_file)},
	{"header", OF(WEBHOOK), 0, true, set_header, 0},
	{"header_file", OF(WEBHOOK), 0, false, NULL, offsetof(struct alert_outlet_config, header_file)},
	{"signature_file", OF(WEBHOOK), 0, false, NULL, offsetof(struct alert_outlet_config, signature_file)},
	{"ca", OF(SYSLOG) | OF(WEBHOOK) | OF(EMAIL), 0, false, NULL, offsetof(struct alert_outlet_config, ca)},
	{"from", OF(EMAIL), OF(EMAIL), false, set_from, 0}, {"to", OF(EMAIL), OF(EMAIL), true, set_to, 0},
	{"starttls", OF(EMAIL), 0, false, set_starttls, 0}, {"user", OF(EMAIL), 0, false, set_user, 0},
	{"password_file", OF(EMAIL), 0, false, NULL, offsetof(struct alert_outlet_config, password_file)},
	{"timeout", ALL, 0, false, set_timeout, 0}, {"backoff", ALL, 0, false, set_backoff, 0},
	{"keep", ALL, 0, false, set_keep, 0}};

enum { KEYS_LEN = sizeof(keys) / sizeof(*keys) };

static int set_key(const struct outlet_reader *r, size_t key, const struct section_entry *e)
{
	return keys[key].set ? keys[key].set(r, e) : set_file(r, e, (char *)r->out + keys[key].file);
}

// What depends on several keys.
static int check(const struct outlet_reader *r)
{
	const struct alert_outlet_config *o = r->out;
	const char *wrong = NULL;

	if (o->kind == ALERT_TO_WEBHOOK && !*o->url == !*o->url_file)
		wrong = "url and url_file: expected one of them";
	else if (!*o->user != !*o->password_file)
		wrong = "user and password_file: expected both or none";
	else if (o->path[0] && o->path[strlen(o->path) - 1] == '/' && o->format != ALERT_MISP)
		wrong = "path: found a folder, expected a file; a folder is a MISP feed (format = misp)";
	else if (o->kind == ALERT_TO_EMAIL && o->recipients == 0)
		wrong = "to: found nothing, expected addresses";
	return wrong ? sections_refuse(r->s, r->section, r->section->line, r->why, r->why_size, "%s", wrong) : 0;
}

int alert_outlet_read(struct alert_outlet_config *out, const struct sections *s, const struct section *section,
	char *why, size_t why_size)
{
	const struct outlet_reader reader = {s, section, out, why, why_size};
	const struct section_entry *kind = sections_entry(section, "kind");
	struct section_key known[KEYS_LEN];
	size_t len = 0;
	int result;

	*out = (struct alert_outlet_config){.facility = 16, .timeout_s = 10, .backoff_s = 60, .keep_s = 86400 * 7};
	snprintf(out->name, sizeof(out->name), "%s", section->name);
	if (!kind)
		return sections_refuse(s, section, section->line, why, why_size,
			"found no 'kind', expected kind = file, stdout, syslog, webhook or email");
	if ((result = set_kind(&reader, kind)) != 0)
		return result;
	for (size_t k = 0; k < KEYS_LEN; k++)
		if (keys[k].kinds & 1u << out->kind)
			known[len++] =
				(struct section_key){keys[k].name, keys[k].needed & 1u << out->kind, keys[k].repeated};
	result = sections_check(s, section, known, len, why, why_size);
	for (size_t k = 0; k < KEYS_LEN && result == 0; k++)
		for (uint32_t i = 0; i < section->entries_len && result == 0; i++)
			if (strcmp(section->entries[i].key, keys[k].name) == 0)
				result = set_key(&reader, k, &section->entries[i]);
	if (result == -ENOMEM)
		snprintf(why, why_size, "out of memory");
	return result ? result : check(&reader);
}

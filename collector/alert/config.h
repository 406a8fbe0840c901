// SPDX-License-Identifier: BSD-3-Clause
// What watch.conf says about the delivery of alerts: its sections [outlet NAME], and of each [rule NAME] the keys `alert` and
// `limit`. The other keys of rules are not looked at. Documented in watch.conf(5).
#pragma once

#include "collector/alert/format.h"
#include "collector/base/sections.h"

enum { ALERT_OUTLETS_MAX = 16, ALERT_LIST_MAX = 16, ALERT_PATH_SIZE = 1024 };

enum alert_outlet_kind {
	ALERT_TO_FILE,
	ALERT_TO_STDOUT,
	ALERT_TO_SYSLOG,
	ALERT_TO_WEBHOOK,
	ALERT_TO_EMAIL,
	ALERT_TO_KINDS
};

extern const char *const alert_outlet_kind_names[ALERT_TO_KINDS];

enum alert_transport { ALERT_OVER_UDP, ALERT_OVER_TCP, ALERT_OVER_TLS, ALERT_OVER_UNIX };

struct alert_outlet_config {
	char name[SECTIONS_NAME_LEN + 1];
	enum alert_outlet_kind kind;
	enum alert_format format;
	char path[ALERT_PATH_SIZE];	      // file: absolute; ends in '/': a folder, as a MISP feed
	enum alert_transport transport;	      // syslog
	char host[256], port[6];	      // syslog; host of ALERT_OVER_UNIX: the socket's path
	bool old_syslog;		      // syslog: RFC 3164, which daemons expect on a local socket; else RFC 5424
	int facility;			      // syslog: 0…23
	char url[2048];			      // webhook: http or https; email: smtp or smtps
	char url_file[ALERT_PATH_SIZE];	      // webhook: its first line is the URL; or empty
	char *header[ALERT_LIST_MAX];	      // webhook: "Name: value"; owned
	size_t headers;			      // how many
	char header_file[ALERT_PATH_SIZE];    // webhook: lines "Name: value", secret; or empty
	char signature_file[ALERT_PATH_SIZE]; // webhook: its first line is the key of X-Lookback-Signature; or empty
	char ca[ALERT_PATH_SIZE];	      // PEM file of authorities to trust instead of the system's; or empty
	char from[256];			      // email
	char *to[ALERT_LIST_MAX];	      // email; owned
	size_t recipients;		      // how many
	bool starttls;			      // email: required
	char user[256];			      // email: or empty
	char password_file[ALERT_PATH_SIZE];  // email: its first line; or empty
	double timeout_s;		      // of one delivery
	double backoff_s;		      // longest wait between two attempts
	double keep_s;			      // how long an alert waits before it is set aside
};

struct alert_rule_config {
	char name[SECTIONS_NAME_LEN + 1];
	uint32_t outlets; // bits, by index
	uint32_t limit;	  // alerts per hour; 0: no limit
};

struct alert_config {
	struct alert_outlet_config outlet[ALERT_OUTLETS_MAX];
	size_t outlets;
	struct alert_rule_config *rule; // by name; owned
	size_t rules;
};

// Reads the file; one that does not exist, or an empty path, is an empty configuration. Returns 0 or -errno with one line in
// `why`. The caller frees with alert_config_free.
int alert_config_read(struct alert_config *out, const char *path, char *why, size_t why_size);

// The same of sections that were read already.
int alert_config_of(struct alert_config *out, const struct sections *s, char *why, size_t why_size);

void alert_config_free(struct alert_config *c);

// The rule of this name, or NULL.
const struct alert_rule_config *alert_config_rule(const struct alert_config *c, const char *name);

// Reads one section [outlet NAME]. Returns 0 or -errno with one line in `why`.
int alert_outlet_read(struct alert_outlet_config *out, const struct sections *s, const struct section *section,
	char *why, size_t why_size);

// Whether an outlet sends over TLS, and reads the certificates of authorities.
bool alert_config_needs_tls(const struct alert_outlet_config *o);

// SPDX-License-Identifier: BSD-3-Clause
// The settings that concern Redis, as one value that can be copied. Used by the writer, by lookups over HTTP and by the
// `lookback` command.
#pragma once

#include "collector/base/settings.h"

struct schema_interest;

struct redis_settings {
	struct endpoint address;
	struct endpoint_list others; // tried in turn after `address`
	char sentinel[64];	     // the addresses are Sentinels, asked for this primary; or empty
	char user[128];		     // empty: the default user
	char password[512];	     // empty: none
	char password_file[4096];    // empty: none; its first line, read at each connect
	bool tls;      // on all TCP connections: also to a primary that a Sentinel names, and to nodes of a cluster
	bool any_name; // with TLS: do not compare the name in the certificate
	char ca[1024]; // with TLS: PEM file of the authorities; empty: those of the system
	char certificate[1024];	    // with TLS: PEM file of our chain; empty: none
	char certificate_key[1024]; // with TLS: PEM file of its key
	char server_name[256];	    // with TLS: in the certificate; empty: the host of the address
	uint64_t database;
	double check_s;	  // between two checks of its configuration
	double timeout_s; // connect, one write, one read
	int64_t until_ms; // lookups: no wait lasts longer; monotonic time, 0: no limit
	char prefix[72];  // of every key, terminated
	uint64_t new_max; // as in base/settings.h, like `retention_days`
	uint64_t retention_days;
	const struct schema_interest *interest; // schema/interest.h; borrowed; NULL: none
	bool cluster;				// keys of one owner are in several slots
};

// Copies them from all settings (base/settings.h).
struct redis_settings redis_settings_of(const struct settings *s);

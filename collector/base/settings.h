// SPDX-License-Identifier: BSD-3-Clause
// Settings of the collector: the table of keys, and their values from the file and the command line.
#pragma once

#include "collector/base/endpoint.h"
#include "dataplane/common/conf.h"
#include "dataplane/common/log.h"

struct settings {
	char *collector_socket;		 // Unix socket for dataplanes
	struct endpoint redis;		 // where Redis is; its text is the whole list
	struct endpoint_list redis_more; // further addresses of Redis, or of Sentinels
	char *redis_sentinel;		 // name of the primary, if the addresses are Sentinels; or empty
	char *redis_user;		 // ACL user, or empty
	char *redis_password;		 // or empty
	char *redis_password_file;	 // or empty; its first line, read at each connect
	char *redis_ca;			 // PEM file of authorities, or empty: those of the system
	char *redis_certificate;	 // PEM file of our certificate chain, or empty: none
	char *redis_certificate_key;	 // PEM file of its key
	char *redis_server_name;	 // in the certificate of the server, or empty: the host of its address
	bool redis_any_name;		 // do not compare the name
	uint64_t redis_database;	 // number for SELECT
	char *redis_prefix;		 // of every key
	double redis_check_s;
	double redis_timeout_s;	    // connect, one write or one read
	struct endpoint http;	    // where HTTP listens; ENDPOINT_NONE: nowhere
	char *http_keys;	    // file of keys for lookups, or empty
	char *http_certificate;	    // PEM file, or empty: no TLS
	char *http_certificate_key; // PEM file
	uint64_t http_connections;  // at a time
	uint64_t http_results;	    // records at most in one answer
	double http_time_s;	    // longest time for one lookup
	bool http_audit;	    // log a line for each lookup
	double ready_sensor_s;	    // /readyz needs a sensor heard within this time; 0: it does not
	char *ready_sensors;	    // these sensors, comma-separated, or empty: any
	char *names_file;	    // where the names index is kept, or empty
	uint64_t retention_days;    // 0: for ever
	uint64_t new_max;	    // entries kept in the stream of new records; 0: none are written
	char *block_file;	    // block lists
	char *watch_file;	    // rules; or empty: no rules
	uint64_t alert_max;	    // entries kept in the stream of alerts
	char *psl_file;		    // public suffix list, or empty for the system's
	char *context_asn;	    // MaxMind DB with AS numbers, or empty
	char *context_country;	    // MaxMind DB with countries, or empty
	char *context_prefixes;	    // table of networks, or empty
	char *context_labels;	    // list of networks and zones, "builtin", or empty
	char *context_popular;	    // list of popular names, or empty
	char *spool_dir;	    // folder of the spool, or empty: settings_spool_dir
	uint64_t spool_size;	    // bytes of batches that wait for Redis or are kept
	double spool_keep_s;	    // how long batches that Redis has are kept
	double spool_patience_s;    // how long the spool stays full before the oldest is given up
	char *alert_dir;	    // folder of alerts that wait, or empty: settings_alert_dir
	uint64_t alert_size;	    // octets of alerts that wait for one receiver
	uint64_t queue_size;	    // bytes of frames on their way to the spool's disk
	char *user;		    // user to run as if started by root; empty: see sandbox_user_find
	bool sandbox;		    // give up what is not needed
	enum log_format log_format; // of log lines
	enum log_level log_level;   // least important level printed
};

enum { SETTINGS_OPTIONS_MAX = 64 };

// Where settings come from: the command line. Borrowed from argv, secrets excepted.
struct settings_source {
	const char *file;			   // -c or the default (conf_file), or NULL
	const char *options[SETTINGS_OPTIONS_MAX]; // -o, in order
	size_t options_len;			   // how many
};

// Adds the argument of -o. If it contains a secret, stores a copy and wipes the argument, which every user can read (ps).
// False if there are too many.
bool settings_add_option(struct settings_source *source, char *assignment);

// Reads all sources into `*out`, which then owns its strings (settings_free). Returns 0, or -errno with one line in `why`
// and `*out` unchanged. Main thread only.
int settings_load(struct settings *out, const struct settings_source *source, char *why, size_t why_size);

// --check-config, or with `print` --print-config. Returns the exit status.
int settings_command(const struct settings_source *source, bool print);

// The files of the configuration, with those that it includes. Reads it again.
void settings_files(const struct settings_source *source, struct conf_files *files);

// The program runs with what was loaded last: settings_reload warns of keys that differ from it.
void settings_in_force(void);

// Copies from `fresh` what may change while running (SIGHUP); warns of keys that need a restart.
void settings_reload(struct settings *live, const struct settings *fresh);

void settings_free(struct settings *s);

// Prints the table of keys for --help.
void settings_help(FILE *out);

// The folder of the spool: spool.dir. If it is not set: the system's, or SOCKET.spool if the socket is elsewhere or with
// --once (`once`).
void settings_spool_dir(const struct settings *s, bool once, char *out, size_t out_size);

// The folder of the alerts that wait: alert.dir, or by the same rule.
void settings_alert_dir(const struct settings *s, char *out, size_t out_size);

// settings_credentials.c: a step of settings_load. Replaces the names of credentials by the paths of their files (credentials.h), and
// uses credentials that no setting names.
void settings_credentials(struct settings *s, const struct conf *conf, struct conf_report *report);

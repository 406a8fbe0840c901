// SPDX-License-Identifier: BSD-3-Clause
// The catalogue of settings: all settings of all programs, by topic. One configuration file serves the three programs, so each of
// them knows every key. --help, the manual page lookback.conf(5) and the example configuration are made from it. What a program
// does with a setting is in its table of places (conf.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum setting_program { SETTING_DATAPLANE = 1, SETTING_COLLECTOR = 2, SETTING_BOTH = 3 }; // bits

enum setting_type {
	SETTING_BOOL,	 // bool: yes/no, true/false, on/off, 1/0
	SETTING_UINT,	 // uint64_t: decimal, min..max
	SETTING_SIZE,	 // uint64_t: bytes, with k, m or g (powers of 1024), min..max
	SETTING_SECONDS, // double: seconds, with ms, s, min, h or d, min..max
	SETTING_STRING	 // char *, without control characters, owned by the place; or read by the place's function
};

struct setting {
	const char *name;	 // as users write it: "flush.interval"
	enum setting_program by; // the programs that use it; lookback uses those of the collector
	enum setting_type type;
	const char *def;     // default, as text; empty: none
	double min, max;     // inclusive bounds of a number; max: longest string; both 0: no bounds
	const char *values;  // what a number counts ("workers"), or what a text is ("file", "off, prefer or require")
	bool reload;	     // takes effect on reload (SIGHUP); others need a restart
	bool fills;	     // a reload may give it a first value; another value needs a restart
	bool secret;	     // is never printed
	const char *help;    // one line: what it does, when to change it
	const char *details; // further sentences for the manual page, `literals` in backticks; or NULL
	const char *example; // a value for the example configuration, if there is no default; or NULL
};

struct setting_topic {
	const char *title;
	const struct setting *settings;
	size_t len;
};

extern const struct setting_topic *const setting_topics[]; // NULL-terminated, in the order of the manual

// By name; NULL: there is none.
const struct setting *setting_find(const struct setting_topic *const *topics, const char *name);

// The known key that is nearest to a misspelt one, or NULL if none is near.
const char *setting_nearest(const struct setting_topic *const *topics, const char *name);

// What may be set, with units: "100 ms to 200 s", "1 to 16 workers", "file". Returns `out`.
enum { SETTING_TEXT_SIZE = 256 };
const char *setting_range(const struct setting *s, char out[static SETTING_TEXT_SIZE]);

// When a change takes effect: "reload", "restart", or "restart; reload if it was empty".
const char *setting_effect(const struct setting *s);

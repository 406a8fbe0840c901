// SPDX-License-Identifier: BSD-3-Clause
// The options of lookback-collector, and its --help.
#pragma once

#include "collector/base/settings.h"

enum { EXIT_USAGE = 2 };

struct collector_options {
	struct settings_source source;
	bool once;
	bool check;
};

// Returns -1 to continue, or an exit status.
int collector_options_parse(int argc, char **argv, struct collector_options *o);

// Logs an error of usage or configuration. Returns EXIT_USAGE.
int collector_options_usage(const char *format, const char *what);

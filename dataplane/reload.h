// SPDX-License-Identifier: BSD-3-Clause
// Settings read once more, on SIGHUP: the same file and options as at the start, into a filter set.
#pragma once

#include <stddef.h>

#include "dataplane/filter.h"

enum { RELOAD_OPTIONS_MAX = 256 };

struct reload {
	const char *file;			     // -c, or NULL
	const char *options[RELOAD_OPTIONS_MAX];     // -o, in order
	int options_len;
};

// Reads everything into `*settings`, defaults first. Returns 0, or -errno with one line in `why`.
int reload_settings(const struct reload *reload, struct settings *settings, char *why, size_t why_size);

// A new set from what stands there now; sets the log level. NULL with one line in `why`; nothing has
// changed then. Keys that need a restart are passed over, with a warning for each that was changed.
// `*settings`: what was read, valid until the next call.
struct filter_set *reload_filters(const struct reload *reload, const struct settings **settings, char *why,
	size_t why_size);

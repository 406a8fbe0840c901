// SPDX-License-Identifier: BSD-3-Clause
// What the collector gives up (dataplane/sandbox/sandbox.h), after its settings. Main thread only, before there is any other.
#pragma once

#include "collector/base/settings.h"
#include "dataplane/sandbox/sandbox.h"

struct confine_paths {
	const char *config;	 // -c, or NULL
	const char *spool;	 // folder; NULL for --check, which leaves no trace
	bool spool_is_temporary; // it is removed at the end
};

// Finds the user, by root's rights hands him what he has to write: spool and names index. `user` stays root, with a line that
// says why, if nobody was named and the usual user cannot reach a file that is needed later. Returns 0, or -1 with one line
// in `why`.
int confine_begin(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size);

// Files and rights. The socket, which is there by now, becomes the user's.
int confine_enter(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size);

// Calls, once all threads run.
int confine_seal(struct sandbox *s, const struct settings *settings, char *why, size_t why_size);

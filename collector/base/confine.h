// SPDX-License-Identifier: BSD-3-Clause
// What the collector gives up (dataplane/sandbox/sandbox.h), by its settings. Main thread only, before there are others.
#pragma once

#include "collector/base/settings.h"
#include "dataplane/sandbox/sandbox.h"

// A file or folder that a part needs besides those of the settings.
struct confine_extra {
	const char *path; // its folder is allowed, because it may be replaced
	enum sandbox_access access;
};

struct confine_paths {
	const char *config;	 // -c, or NULL
	const char *spool;	 // folder; NULL for --check, which leaves no trace
	bool spool_is_temporary; // it is removed at the end
	char *const *more;	 // further files to read, such as those that the watch rules and block lists name
	size_t more_len;
	const char *alerts; // folder of alerts that wait, which becomes the user's; NULL: none
	const struct confine_extra *extra;
	size_t extra_len;
	unsigned sockets; // that parts need, as enum sandbox_sockets
};

// Finds the user, and as root makes this user the owner of what it has to write: spool and names index. If no user was set
// and the default one cannot access a file that is needed later, the user stays root and the log says why. Returns 0, or -1
// with one line in `why`.
int confine_begin(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size);

// Gives up files and capabilities. The user becomes the owner of the socket, which must exist.
int confine_enter(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size);

// Gives up system calls. Call it when all threads run.
int confine_seal(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size);

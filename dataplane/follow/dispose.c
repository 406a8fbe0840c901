// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/follow/dispose.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/log.h"

enum { NAMES_MAX = 10000 };

// Returns 0 or an errno.
static int move(const char *path, const char *folder)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char to[8192];

	for (unsigned i = 0; i < NAMES_MAX; i++) {
		if (i == 0)
			snprintf(to, sizeof(to), "%s/%s", folder, name);
		else
			snprintf(to, sizeof(to), "%s/%s.%u", folder, name, i);
		if (renameat2(-100 /* AT_FDCWD */, path, -100, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

void follow_dispose(const char *path, const char *folder)
{
	static int logged;
	int error = folder ? move(path, folder) : unlink(path) == 0 ? 0 : errno;

	if (error == ENOENT)
		error = 0;
	if (error != 0 && error != logged)
		log_error("follow.after: %s: cannot %s: %s; it stays, and is not taken again", path,
			folder ? "be moved" : "be deleted", strerror(error));
	logged = error;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char prefix[] = "credential:";

bool credentials_is_one(const char *path)
{
	return strncmp(path, prefix, sizeof(prefix) - 1) == 0;
}

// As systemd allows them: no path, no hidden file.
static bool is_name(const char *name)
{
	return *name && *name != '.' && strlen(name) < 256 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

static bool is_in(const char *folder, const char *name, char *out, size_t out_size)
{
	int len = snprintf(out, out_size, "%s/%s", folder, name);

	return len > 0 && (size_t)len < out_size && access(out, R_OK) == 0;
}

bool credentials_find(const char *name, char *out, size_t out_size)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (folder && *folder == '/')
		return is_in(folder, name, out, out_size);
	return is_in("/run/credstore", name, out, out_size) || is_in("/etc/credstore", name, out, out_size);
}

int credentials_path(const char *path, char *out, size_t out_size, char *why, size_t why_size)
{
	const char *name = path + sizeof(prefix) - 1;

	if (!credentials_is_one(path))
		return snprintf(out, out_size, "%s", path) < (int)out_size ? 0 : -ENAMETOOLONG;
	if (!is_name(name)) {
		snprintf(why, why_size,
			"found '%.100s', expected credential:NAME, with a NAME of letters, digits, '.', '_' and '-'",
			path);
		return -ENOENT;
	}
	if (credentials_find(name, out, out_size))
		return 0;
	snprintf(why, why_size,
		"found %.100s, but no readable credential of that name; put it into /etc/credstore/%.100s, and LoadCredential=%.100s into "
		"the unit",
		path, name, name);
	return -ENOENT;
}

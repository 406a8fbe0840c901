// SPDX-License-Identifier: BSD-3-Clause
// Passwords and keys that systemd passes to a service (LoadCredential=, see systemd.exec(5)). Where a setting is the path of a file,
// it may be "credential:NAME": the file NAME in $CREDENTIALS_DIRECTORY. Without that variable, as in a shell of root, the same name is
// looked up in /run/credstore and /etc/credstore, where systemd finds it too.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Whether `path` names a credential.
bool credentials_is_one(const char *path);

// Writes the path of the file. Returns 0, also for a `path` that names no credential, which is copied; or -ENOENT with one line in
// `why`, which begins with what was found.
int credentials_path(const char *path, char *out, size_t out_size, char *why, size_t why_size);

// Whether there is a readable credential of that name. Writes the path of its file.
bool credentials_find(const char *name, char *out, size_t out_size);

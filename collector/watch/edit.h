// SPDX-License-Identifier: BSD-3-Clause
// Adds rules to watch.conf and removes them. Everything else in the file stays as it is, comments included. The new file is
// checked before it replaces the old one, at once (base/atomic_file.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Appends `[rule NAME]` with lines "key=value". 0, or -1 with one line in `why`: the file stays.
int watch_edit_add(const char *path, const char *name, char *const lines[], size_t len, char *why, size_t why_size);

// Removes the section; comments before the next one stay. 0, or -1 with one line in `why`.
int watch_edit_remove(const char *path, const char *name, char *why, size_t why_size);

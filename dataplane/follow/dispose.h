// SPDX-License-Identifier: BSD-3-Clause
// What becomes of a capture after it was taken.
#pragma once

// Moves the file into the folder (on the same file system; `.1`, `.2`, … is added to a name that is taken), or deletes it if
// `folder` is NULL. An error is logged once; the next call tries again.
void follow_dispose(const char *path, const char *folder);

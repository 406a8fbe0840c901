// SPDX-License-Identifier: BSD-3-Clause
// The dataplane gives up its rights: sandbox (sandbox/sandbox.h) and helper process (privileged/helper.h).
#pragma once

#include <stddef.h>

#include "dataplane/control/dataplane.h"

// Starts the helper. Call it before anything else is set up. Returns 0, or -1 with one logged line.
int confine_begin(struct dataplane *d, int argc, char **argv);

// Hands over to the helper and enters the sandbox. Call it after the set-up, before a worker parses. Returns 0, or -1 with one
// logged line.
int confine(const struct dataplane *d);

// Enters the sandbox without a helper, for --check. Returns 0 with a description in `text`, or -1 with the error.
int confine_try(const struct dataplane *d, char *text, size_t size);

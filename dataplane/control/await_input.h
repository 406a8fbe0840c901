// SPDX-License-Identifier: BSD-3-Clause
// A service without an input: it is ready, says what it waits for, and takes the input that the settings name after a reload.
#pragma once

#include <stdatomic.h>

#include "dataplane/control/dataplane.h"

// Returns at once if there is an input, or no service manager. Else waits until the settings name one. Call it before anything is
// opened. Returns 0; -1 with one logged line: the input cannot be used; or 1 after a signal that ends the program.
// `hangups`: SIGHUPs so far.
int await_input(struct dataplane *d, bool (*is_stopped)(void), const atomic_int *hangups);

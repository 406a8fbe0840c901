// SPDX-License-Identifier: BSD-3-Clause
// What the main thread says in the log about packets that a tap, an interface or a capture does not give
// whole or once: each kind once an hour at most.
#pragma once

#include "dataplane/control/program.h"

// Once a second is enough, and at the end.
void notices_look(const struct program *p);

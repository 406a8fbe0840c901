// SPDX-License-Identifier: BSD-3-Clause
// The tables of a worker: each has its own, on the NUMA node of its lcore.
#pragma once

#include "dataplane/loop/worker_state.h"

// Allocates the stages of `w`. 0, or -1 if there is no memory; worker_tear_down frees what was allocated. On the worker's lcore.
int worker_set_up(struct worker *w);
void worker_tear_down(struct worker *w);

// SPDX-License-Identifier: BSD-3-Clause
// The thread of the collector that reads the context's files again: that may take a second, which the main thread does not have.
#pragma once

#include "collector/context/context.h"

struct context_reloader;

// Starts the thread, if there is a file that can be read again, and sets the metrics. Returns 0, with `*out` NULL if no thread is needed;
// or -1 with one line in `why`.
int context_reloader_start(struct context_reloader **out, struct context *c, char *why, size_t why_size);

// Asks for a reload; returns at once. NULL is fine.
void context_reloader_ask(struct context_reloader *r);

// Ends the thread after a reload that is running. The context stays open.
void context_reloader_stop(struct context_reloader *r);

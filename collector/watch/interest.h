// SPDX-License-Identifier: BSD-3-Clause
// What the writer asks of the rules: which new records do they match, and which others do rules with `again` or `tamper` ask for?
// The writer marks them (schema/interest.h); the watcher reads them from pdns:watch:matched.
#pragma once

#include "collector/schema/interest.h"
#include "collector/watch/set.h"

struct watch_interest;

struct watch_interest *watch_interest_new(void);    // NULL without memory
void watch_interest_free(struct watch_interest *i); // NULL is fine

// For redis_settings.interest; lives as long as `i`.
const struct schema_interest *watch_interest_hook(const struct watch_interest *i);

// Puts the rules `all` into force, and compiles those of `path` that are about records that are not new. Watch thread. False with
// one line in `why`: the old ones stay. `all` must exist until the next call or watch_interest_stop.
bool watch_interest_use(struct watch_interest *i, const struct watch_set *all, const struct context *context,
	const char *path, char *why, size_t why_size);

// No rules any more.
void watch_interest_stop(struct watch_interest *i);

// SPDX-License-Identifier: BSD-3-Clause
// What the writer asks of the rules: which records, although they are not new, do rules with `again` or `tamper` ask for? The
// writer marks them (schema/interest.h); the watcher reads them from pdns:watch:seen.
#pragma once

#include "collector/schema/interest.h"
#include "collector/watch/set.h"

struct watch_interest;

struct watch_interest *watch_interest_new(void);    // NULL without memory
void watch_interest_free(struct watch_interest *i); // NULL is fine

// For redis_settings.interest; lives as long as `i`.
const struct schema_interest *watch_interest_hook(const struct watch_interest *i);

// Compiles the rules of `path` that are about such records and puts them into force. `all`: the rules as the watcher has them.
// Watch thread. False with one line in `why`: the old ones stay.
bool watch_interest_use(struct watch_interest *i, const struct watch_set *all, const char *path, char *why,
	size_t why_size);

// SPDX-License-Identifier: BSD-3-Clause
// A folder as a MISP feed: UUID.json for each event, manifest.json, hashes.csv. A web server offers it to MISP.
#pragma once

#include "collector/alert/sender.h"

enum { ALERT_FEED_MAX = 10000 }; // events in a feed; the oldest are deleted

// Writes the events, then the list of them. Files are replaced as a whole.
void alert_feed_send(const char *folder, const struct alert_queue_item *items, size_t len, struct alert_outcome *out);

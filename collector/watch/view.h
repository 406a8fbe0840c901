// SPDX-License-Identifier: BSD-3-Clause
// What the records of a page are looked at with.
#pragma once

#include "collector/base/zone.h"
#include "collector/watch/alert.h"
#include "collector/watch/learn.h"

// All borrowed.
struct watch_view {
	struct reader *reader;
	const struct watch_set *set;
	struct watch_matcher *matcher;
	const struct context *context;
	const struct zone_list *zones;
	struct watch_learn *learn; // by rule
	uint64_t now_s, alert_max;
};

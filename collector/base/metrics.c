// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/metrics.h"

#define STATS_LINE(kind, field, family, label, help) {STATS_##kind, #field, family, label, help},

const struct stats_line collector_stats_lines[COLLECTOR_STATS_LEN] = {COLLECTOR_STATS(STATS_LINE)};
struct collector_stats collector_stats;

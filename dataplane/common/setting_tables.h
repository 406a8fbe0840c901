// SPDX-License-Identifier: BSD-3-Clause
// The tables of the catalogue, one per topic. A new setting: one row in the table of its topic, and a place in the table of each
// program that uses it (collector/base/settings.c, dataplane/control/settings.c).
#pragma once

#include "dataplane/common/setting.h"

#define SETTING_TOPIC(text, rows) \
	{ \
		.title = (text), .settings = (rows), .len = sizeof(rows) / sizeof((rows)[0]) \
	}

// setting_packets.c
extern const struct setting_topic setting_capture, setting_accept, setting_limits, setting_delivery;
// setting_records.c
extern const struct setting_topic setting_redis, setting_spool, setting_http, setting_alerts, setting_context;
// setting_basics.c
extern const struct setting_topic setting_basics, setting_process;

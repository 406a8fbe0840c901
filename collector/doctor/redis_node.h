// SPDX-License-Identifier: BSD-3-Clause
// What is checked of one server of Redis.
#pragma once

#include "collector/doctor/report.h"
#include "collector/redis/conn.h"

// `local`: it runs on this machine.
void redis_node_check(struct redis_conn *c, const struct redis_settings *s, bool local, struct doctor_report *r);

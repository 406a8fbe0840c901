// SPDX-License-Identifier: BSD-3-Clause
// A thread that looks at what is not counted anywhere: sensors that Redis knows (they outlast a restart of the collector),
// certificates, steps of the clock. It never holds up the writer or HTTP.
#pragma once

#include "collector/inbox/sensors.h"
#include "collector/redis/settings.h"

enum { LOOK_SENSORS_MAX = 64, LOOK_CERTIFICATES_MAX = 2 };

// A sensor of Redis, whether it is connected or not.
struct look_sensor {
	char name[64];
	int64_t flushed_s; // time of its last flush, seconds since 1970
};

struct look_certificate {
	const char *setting; // that names the file
	int64_t expiry_s;    // seconds since 1970
};

struct look_levels {
	size_t sensors_len;
	struct look_sensor sensor[LOOK_SENSORS_MAX]; // the latest first
	size_t certificates_len;
	struct look_certificate certificate[LOOK_CERTIFICATES_MAX];
};

struct look;

// `http_certificate`: file, or empty: it is read once, because the server reads it once. `sensors` is borrowed. NULL on failure.
struct look *look_start(const struct redis_settings *redis, const char *http_certificate, struct sensors *sensors);

// New settings of Redis.
void look_reload(struct look *l, const struct redis_settings *redis);

// Any thread.
void look_levels(struct look *l, struct look_levels *out);

// NULL is fine.
void look_stop(struct look *l);

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/settings.h"

#include <stdio.h>

struct redis_settings redis_settings_of(const struct settings *s)
{
	struct redis_settings r = {.address = s->redis,
		.others = s->redis_more,
		.database = s->redis_database,
		.timeout_s = s->redis_timeout_s,
		.check_s = s->redis_check_s,
		.new_max = s->new_max,
		.retention_days = s->retention_days};

	snprintf(r.sentinel, sizeof(r.sentinel), "%s", s->redis_sentinel);
	snprintf(r.user, sizeof(r.user), "%s", s->redis_user);
	snprintf(r.password, sizeof(r.password), "%s", s->redis_password);
	snprintf(r.password_file, sizeof(r.password_file), "%s", s->redis_password_file);
	snprintf(r.prefix, sizeof(r.prefix), "%s", s->redis_prefix);
	return r;
}

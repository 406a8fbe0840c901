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

	r.tls = s->redis.tls;
	for (size_t i = 0; i < s->redis_more.len; i++)
		r.tls = r.tls || s->redis_more.at[i].tls;
	r.any_name = s->redis_any_name;
	snprintf(r.ca, sizeof(r.ca), "%s", s->redis_ca);
	snprintf(r.certificate, sizeof(r.certificate), "%s", s->redis_certificate);
	snprintf(r.certificate_key, sizeof(r.certificate_key), "%s", s->redis_certificate_key);
	snprintf(r.server_name, sizeof(r.server_name), "%s", s->redis_server_name);
	snprintf(r.sentinel, sizeof(r.sentinel), "%s", s->redis_sentinel);
	snprintf(r.user, sizeof(r.user), "%s", s->redis_user);
	snprintf(r.password, sizeof(r.password), "%s", s->redis_password);
	snprintf(r.password_file, sizeof(r.password_file), "%s", s->redis_password_file);
	snprintf(r.prefix, sizeof(r.prefix), "%s", s->redis_prefix);
	return r;
}

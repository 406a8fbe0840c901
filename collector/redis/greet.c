// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/greet.h"

#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int64_t redis_greet_patience_ms(const struct redis_settings *s)
{
	int64_t ms = (int64_t)ceil(s->timeout_s * 1e3), left = s->until_ms - (int64_t)monotonic_ms();

	return s->until_ms == 0 || ms < left ? ms : left > 0 ? left : 0;
}

struct redis_link *redis_greet_socket(const struct redis_settings *s, const struct endpoint *at)
{
	return redis_link_open(s, at, redis_greet_patience_ms(s));
}

int redis_greet_password(const struct redis_settings *s, char *out, size_t out_size, char *why, size_t why_size)
{
	snprintf(out, out_size, "%s", s->password);
	if (!s->password_file[0])
		return 0;
	FILE *file = fopen(s->password_file, "re");
	if (!file) {
		snprintf(why, why_size, "redis.password_file %.300s: %s", s->password_file, strerror(errno));
		return -1;
	}
	if (!fgets(out, (int)out_size, file))
		out[0] = '\0';
	fclose(file);
	out[strcspn(out, "\r\n")] = '\0';
	if (out[0])
		return 0;
	snprintf(why, why_size, "redis.password_file %.300s: empty", s->password_file);
	return -1;
}

void redis_greet_auth(struct redis_buffer *b, const struct redis_settings *s, const char *password)
{
	redis_encode_array(b, s->user[0] ? 3 : 2);
	redis_encode_literal(b, "AUTH");
	if (s->user[0])
		redis_encode_text(b, s->user);
	redis_encode_text(b, password);
}

void redis_greet_select(struct redis_buffer *b, const struct redis_settings *s)
{
	redis_encode_array(b, 2);
	redis_encode_literal(b, "SELECT");
	redis_encode_uint(b, s->database);
}

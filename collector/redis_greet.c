// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis_greet.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

redisContext *redis_greet_socket(const struct redis_settings *s, const struct endpoint *at)
{
	double whole = floor(s->timeout_s);
	struct timeval timeout = {
		.tv_sec = (time_t)whole, .tv_usec = (suseconds_t)((s->timeout_s - whole) * 1e6)};
	redisContext *c = at->kind == ENDPOINT_UNIX ? redisConnectUnixWithTimeout(at->path, timeout)
						    : redisConnectWithTimeout(at->host, at->port, timeout);

	if (c && !c->err)
		redisSetTimeout(c, timeout);
	return c;
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

void redis_greet_sentinel(struct redis_buffer *b, const struct redis_settings *s)
{
	redis_encode_array(b, 3);
	redis_encode_literal(b, "SENTINEL");
	redis_encode_literal(b, "get-master-addr-by-name");
	redis_encode_text(b, s->sentinel);
}

bool redis_greet_primary(const redisReply *reply, struct endpoint *primary)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !reply->element[0]->str || !reply->element[1]->str)
		return false;
	*primary = (struct endpoint){.kind = ENDPOINT_TCP, .port = (uint16_t)strtoul(reply->element[1]->str, NULL, 10)};
	snprintf(primary->host, sizeof(primary->host), "%s", reply->element[0]->str);
	snprintf(primary->text, sizeof(primary->text), "%.250s:%u", primary->host, primary->port);
	return true;
}

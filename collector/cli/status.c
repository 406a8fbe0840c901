// SPDX-License-Identifier: BSD-3-Clause
#include "collector/cli/lookback.h"
#include "collector/schema/keys.h"

#include <stdlib.h>
#include <time.h>

static void print_info(const redisReply *info, const char *field, const char *label)
{
	const char *at = strstr(info->str, field);

	if (at && strncmp(at + strlen(field), "0B\r", 3) != 0) // no limit
		printf("%-12s %.*s\n", label, (int)strcspn(at + strlen(field), "\r\n"), at + strlen(field));
}

// The answer to a command without arguments. NULL after a message.
static redisReply *ask_node(struct lookback *l, const char *command)
{
	reader_begin(&l->db.reader);
	redis_encode_array(&l->db.reader.out, 1);
	redis_encode_text(&l->db.reader.out, command);
	return lookback_ask(l);
}

// One primary: fields of INFO, and its number of keys.
static int print_node(struct lookback *l, int64_t *keys)
{
	redisReply *info = ask_node(l, "INFO");

	if (!info)
		return LOOKBACK_FAILED;
	if (info->type == REDIS_REPLY_STRING) {
		print_info(info, "\nredis_version:", "version");
		print_info(info, "\nused_memory_human:", "memory");
		print_info(info, "\nmaxmemory_human:", "of at most");
		print_info(info, "\nuptime_in_days:", "days up");
	}
	freeReplyObject(info);
	redisReply *size = ask_node(l, "DBSIZE");
	if (!size)
		return LOOKBACK_FAILED;
	*keys += reader_number(size);
	freeReplyObject(size);
	return 0;
}

static int print_redis(struct lookback *l)
{
	size_t nodes = reader_nodes(&l->db.reader);
	int64_t keys = 0;
	int result = nodes > 0 ? 0 : lookback_fail("%s", l->db.reader.why);

	if (result == 0)
		printf("%-12s %s\n", "redis", l->settings.redis.text);
	for (l->db.reader.node = 0; l->db.reader.node < nodes && result == 0; l->db.reader.node++) {
		if (nodes > 1)
			printf("%-12s %zu of %zu\n", "primary", l->db.reader.node + 1, nodes);
		result = print_node(l, &keys);
	}
	l->db.reader.node = 0;
	if (result == 0)
		printf("%-12s %lld\n", "keys", (long long)keys);
	return result;
}

// One line per sensor: name, last flush, totals.
static int print_sensor(struct lookback *l, const char *sensor, int64_t last)
{
	static const char *const fields[] = {"host", "version", "records", "sightings"};
	char time_text[24];

	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, 6, "HMGET", FAMILY_SENSOR, sensor, strlen(sensor));
	for (size_t i = 0; i < 4; i++)
		redis_encode_text(&l->db.reader.out, fields[i]);
	redisReply *reply = lookback_ask(l);
	if (!reply)
		return LOOKBACK_FAILED;
	query_time_text(last, "%Y-%m-%d %H:%M:%S", time_text, sizeof(time_text));
	printf("%-12s %s, last flush %s", "sensor", sensor, time_text);
	for (size_t i = 0; i < 4 && i < reply->elements; i++)
		if (reply->element[i]->type == REDIS_REPLY_STRING)
			printf(", %s %s", fields[i], reply->element[i]->str);
	putchar('\n');
	freeReplyObject(reply);
	return 0;
}

int lookback_status(struct lookback *l)
{
	int result = print_redis(l);

	if (result != 0)
		return result;
	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, 5, "ZREVRANGE", FAMILY_SENSORS, "", 0);
	redis_encode_literal(&l->db.reader.out, "0");
	redis_encode_literal(&l->db.reader.out, "999");
	redis_encode_literal(&l->db.reader.out, "WITHSCORES");
	redisReply *sensors = lookback_ask(l);
	if (!sensors)
		return LOOKBACK_FAILED;
	for (size_t i = 0; i + 1 < sensors->elements && result == 0; i += 2)
		result = print_sensor(l, sensors->element[i]->str, reader_number(sensors->element[i + 1]));
	freeReplyObject(sensors);
	return result;
}

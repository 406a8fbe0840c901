// SPDX-License-Identifier: BSD-3-Clause
#include "collector/inbox/sensors.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct sensors {
	pthread_mutex_t lock;
	struct sensor_counters slots[SENSORS_MAX]; // under the lock
};

struct sensors *sensors_create(void)
{
	struct sensors *b = calloc(1, sizeof(*b));

	if (b)
		pthread_mutex_init(&b->lock, NULL);
	return b;
}

void sensors_free(struct sensors *b)
{
	if (!b)
		return;
	pthread_mutex_destroy(&b->lock);
	free(b);
}

// With the lock held: the slot of a sensor.
static struct sensor_counters *slot_of(struct sensors *b, const struct frame_hello *hello, uint64_t now_ms)
{
	struct sensor_counters *slot = NULL;

	for (size_t i = 0; i < SENSORS_MAX && !slot; i++)
		if (strcmp(b->slots[i].sensor, hello->sensor) == 0)
			slot = &b->slots[i];
	for (size_t i = 0; i < SENSORS_MAX && !slot; i++)
		if (b->slots[i].sensor[0] == '\0')
			slot = &b->slots[i];
	if (!slot) {
		slot = &b->slots[0];
		for (size_t i = 1; i < SENSORS_MAX; i++)
			if (b->slots[i].heard_ms < slot->heard_ms)
				slot = &b->slots[i];
	}
	if (strcmp(slot->sensor, hello->sensor) != 0) {
		memset(slot, 0, sizeof(*slot));
		snprintf(slot->sensor, sizeof(slot->sensor), "%s", hello->sensor);
	}
	snprintf(slot->version, sizeof(slot->version), "%s", hello->version);
	slot->heard_ms = now_ms;
	return slot;
}

static void read_values(struct cursor *body, uint64_t *values, size_t len)
{
	const uint8_t *from = cursor_take(body, len * sizeof(*values));

	if (from)
		memcpy(values, from, len * sizeof(*values));
}

static size_t body_size(const struct stats_frame *head)
{
	return sizeof(*head) + sizeof(uint64_t) * (OUTBOX_STATS_LEN + (size_t)head->workers * WORKER_STATS_LEN) +
	       head->ports * sizeof(struct sensor_port) + head->unknown * sizeof(struct stats_unknown);
}

const char *sensors_put(struct sensors *b, const struct frame_hello *hello, struct cursor body, uint64_t now_ms)
{
	struct stats_frame head;
	size_t size = cursor_left(&body);
	const uint8_t *from = cursor_take(&body, sizeof(head));

	if (!from)
		return "STATS that is too short";
	memcpy(&head, from, sizeof(head));
	if (head.workers > STATS_WORKERS_MAX || head.ports > STATS_PORTS_MAX || head.unknown > STATS_UNKNOWN_MAX ||
		body_size(&head) != size)
		return "STATS of another size than its head says";

	pthread_mutex_lock(&b->lock);
	struct sensor_counters *slot = slot_of(b, hello, now_ms);
	slot->workers = head.workers;
	slot->ports = head.ports;
	read_values(&body, slot->outbox, OUTBOX_STATS_LEN);
	for (uint32_t i = 0; i < head.workers; i++)
		read_values(&body, slot->worker[i], WORKER_STATS_LEN);
	for (uint32_t i = 0; i < head.ports; i++) {
		const uint8_t *name = cursor_take(&body, STATS_PORT_NAME_SIZE);
		if (name)
			memcpy(slot->port[i].name, name, STATS_PORT_NAME_SIZE - 1);
		slot->port[i].name[STATS_PORT_NAME_SIZE - 1] = '\0';
		read_values(&body, slot->port[i].values, PORT_STATS_LEN);
	}
	slot->unknown_len = 0;
	for (uint32_t i = 0; i < head.unknown; i++) {
		struct stats_unknown *u = &slot->unknown[slot->unknown_len];
		const uint8_t *item = cursor_take(&body, sizeof(*u));
		if (item)
			memcpy(u, item, sizeof(*u));
		slot->unknown_len += item && u->kind < STATS_UNKNOWN_KINDS;
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

void sensors_account(struct sensors *b, const struct frame_hello *hello, uint64_t taken, bool astray, uint64_t now_ms)
{
	pthread_mutex_lock(&b->lock);
	struct sensor_counters *slot = slot_of(b, hello, now_ms);
	slot->taken = taken;
	slot->astray = astray;
	pthread_mutex_unlock(&b->lock);
}

void sensors_connected(struct sensors *b, const struct frame_hello *hello, bool connected, uint64_t now_ms)
{
	pthread_mutex_lock(&b->lock);
	slot_of(b, hello, now_ms)->connected = connected;
	pthread_mutex_unlock(&b->lock);
}

void sensors_forget(struct sensors *b, const char *sensor)
{
	pthread_mutex_lock(&b->lock);
	for (size_t i = 0; i < SENSORS_MAX; i++)
		if (strcmp(b->slots[i].sensor, sensor) == 0 && !b->slots[i].connected)
			b->slots[i].sensor[0] = '\0';
	pthread_mutex_unlock(&b->lock);
}

// With the lock held: a sensor of this name, or any (`len` 0), is live.
static bool is_live(const struct sensors *b, const char *name, size_t len, uint64_t within_ms, uint64_t now_ms)
{
	for (size_t i = 0; i < SENSORS_MAX; i++) {
		const struct sensor_counters *s = &b->slots[i];
		bool meant =
			len == 0 ? s->sensor[0] != '\0' : strncmp(s->sensor, name, len) == 0 && s->sensor[len] == '\0';
		if (meant && s->connected && now_ms - s->heard_ms <= within_ms)
			return true;
	}
	return false;
}

bool sensors_are_live(struct sensors *b, const char *names, uint64_t within_ms, uint64_t now_ms, char *why,
	size_t why_size)
{
	bool live = true, one = false;

	pthread_mutex_lock(&b->lock);
	while (live && *(names += strspn(names, ", \t"))) {
		size_t len = strcspn(names, ",");
		while (names[len - 1] == ' ' || names[len - 1] == '\t')
			len--;
		one = true;
		live = len < sizeof(b->slots[0].sensor) && is_live(b, names, len, within_ms, now_ms);
		if (!live)
			snprintf(why, why_size,
				"sensor %.*s: found not live, expected it connected and heard within %.1f s",
				(int)(len < 64 ? len : 64), names, (double)within_ms / 1000);
		names += len;
	}
	if (!one && !is_live(b, "", 0, within_ms, now_ms)) {
		live = false;
		snprintf(why, why_size, "sensors: found none live, expected one connected and heard within %.1f s",
			(double)within_ms / 1000);
	}
	pthread_mutex_unlock(&b->lock);
	return live;
}

size_t sensors_read(struct sensors *b, struct sensor_counters *out)
{
	size_t len = 0;

	pthread_mutex_lock(&b->lock);
	for (size_t i = 0; i < SENSORS_MAX; i++)
		if (b->slots[i].sensor[0] != '\0')
			out[len++] = b->slots[i];
	pthread_mutex_unlock(&b->lock);
	return len;
}

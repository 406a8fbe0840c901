// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/queue_state.h"

#include "collector/alert/format.h"
#include "dataplane/common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct alert_queue *alert_queue_open(const char *folder, const char *name, uint64_t limit, char *why, size_t why_size)
{
	struct alert_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return snprintf(why, why_size, "out of memory"), NULL;
	pthread_mutex_init(&q->lock, NULL);
	snprintf(q->folder, sizeof(q->folder), "%s", folder);
	snprintf(q->name, sizeof(q->name), "%s", name);
	q->limit = limit;
	q->fd = alert_queue_file(q, ".queue", O_RDWR | O_CREAT);
	q->done_fd = alert_queue_file(q, ".done", O_RDWR | O_CREAT);
	int result = q->fd < 0 ? q->fd : q->done_fd < 0 ? q->done_fd : alert_queue_load(q);
	if (result == 0)
		return q;
	snprintf(why, why_size, "%s/%s.queue: %s", folder, name, strerror(-result));
	alert_queue_close(q);
	return NULL;
}

void alert_queue_close(struct alert_queue *q)
{
	if (!q)
		return;
	if (q->fd >= 0)
		close(q->fd);
	if (q->done_fd >= 0)
		close(q->done_fd);
	pthread_mutex_destroy(&q->lock);
	free(q->entry);
	free(q);
}

// Drops the oldest alerts until the next one has room. The lock is held.
static void make_room(struct alert_queue *q, size_t size)
{
	uint64_t number = 0, bytes = q->bytes;

	for (size_t i = q->first; i < q->len && bytes + size > q->limit; i++) {
		number = q->entry[i].number;
		bytes -= sizeof(struct queue_head) + q->entry[i].size;
		q->dropped++;
	}
	if (number > 0)
		alert_queue_advance(q, number);
}

int alert_queue_put(struct alert_queue *q, const struct alert *a)
{
	int result = 0;

	pthread_mutex_lock(&q->lock);
	if (!*a->entry || alert_compare_entries(a->entry, q->last_entry) > 0) {
		make_room(q, sizeof(struct queue_head) + a->size);
		result = alert_queue_append(q, a->text, a->size, 0, 0, alert_time_ms(a));
		if (result == 0 && *a->entry)
			snprintf(q->last_entry, sizeof(q->last_entry), "%s", a->entry);
	}
	pthread_mutex_unlock(&q->lock);
	return result;
}

int alert_queue_sync(struct alert_queue *q)
{
	pthread_mutex_lock(&q->lock);
	int result = q->unsynced && fdatasync(q->fd) != 0 ? -errno : 0;
	q->unsynced = q->unsynced && result != 0;
	pthread_mutex_unlock(&q->lock);
	return result;
}

void alert_queue_restart(struct alert_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->last_entry[0] = '\0';
	pthread_mutex_unlock(&q->lock);
}

void alert_queue_trim(struct alert_queue *q, const char *entry)
{
	pthread_mutex_lock(&q->lock);
	int result = 0;
	if (alert_compare_entries(q->last_entry, entry) > 0)
		result = 0; // its records are the only note of what was appended
	else if (q->first == q->len && q->end > 0 && (result = ftruncate(q->fd, 0) == 0 ? 0 : -errno) == 0)
		q->end = 0;
	else if (q->end > q->bytes * 2 + QUEUE_SLACK)
		result = alert_queue_compact(q);
	if (result != 0)
		log_warning("%s/%s.queue: cannot free disk space: %s", q->folder, q->name, strerror(-result));
	pthread_mutex_unlock(&q->lock);
}

size_t alert_queue_take(struct alert_queue *q, struct alert_queue_item *items, size_t most)
{
	size_t len = 0;

	pthread_mutex_lock(&q->lock);
	while (len < most && q->first + len < q->len) {
		const struct queue_entry *e = &q->entry[q->first + len];
		struct alert_queue_item *item = &items[len];
		if (alert_queue_read(q, e, &item->alert)) {
			item->number = e->number;
			item->tries = e->tries;
			len++;
			continue;
		}
		if (len > 0)
			break; // those before it first
		log_error("%s/%s.queue: an alert is not readable, and is dropped", q->folder, q->name);
		q->dropped++;
		alert_queue_advance(q, e->number);
	}
	pthread_mutex_unlock(&q->lock);
	return len;
}

void alert_queue_done(struct alert_queue *q, uint64_t number)
{
	pthread_mutex_lock(&q->lock);
	if (number > q->done)
		alert_queue_advance(q, number);
	pthread_mutex_unlock(&q->lock);
}

int alert_queue_postpone(struct alert_queue *q, const struct alert_queue_item *item, uint32_t tries)
{
	int result = 0;

	pthread_mutex_lock(&q->lock);
	if (item->number > q->done) { // else it was dropped meanwhile
		result = alert_queue_append(q, item->alert.text, item->alert.size, tries, item->number,
			alert_time_ms(&item->alert));
		if (result == 0)
			alert_queue_advance(q, item->number);
	}
	pthread_mutex_unlock(&q->lock);
	return result;
}

// set aside ──────────────────────────────────────────────────────────────────────────────────

int alert_queue_fail(struct alert_queue *q, const struct alert *a, const char *reason)
{
	struct stat status;
	char *json = alert_format_json(a), *line = NULL;
	json_t *text = json_string(reason);
	char *quoted = text ? json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
	int result = json && asprintf(&line, "{\"error\":%s,\"alert\":%s}\n", quoted ? quoted : "\"\"", json) > 0
			     ? 0
			     : -ENOMEM;

	pthread_mutex_lock(&q->lock);
	int fd = result == 0 ? alert_queue_file(q, ".failed", O_WRONLY | O_CREAT | O_APPEND) : -1;
	if (result == 0 && fd < 0)
		result = fd;
	if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > QUEUE_FAILED_SIZE)
		q->failed_dropped++;
	else if (fd >= 0 && write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		result = -EIO;
	if (fd >= 0)
		close(fd);
	pthread_mutex_unlock(&q->lock);
	json_decref(text);
	free(quoted);
	free(json);
	free(line);
	return result;
}

// The alert of a line of NAME.failed. False: it has none.
static bool read_failed(const char *line, struct alert *out)
{
	const char *field[ALERT_FIELDS];
	char numbers[ALERT_FIELDS][24];
	json_t *object = json_loads(line, 0, NULL), *alert = json_object_get(object, "alert");
	const char *entry = json_string_value(json_object_get(alert, "entry"));

	for (int i = 0; i < ALERT_FIELDS; i++) {
		const json_t *value = json_object_get(alert, alert_field_names[i]);
		field[i] = json_string_value(value);
		if (json_is_integer(value)) {
			snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)json_integer_value(value));
			field[i] = numbers[i];
		}
	}
	bool found = entry && field[ALERT_ID] && alert_make(out, entry, field) == 0;
	json_decref(object);
	return found;
}

int alert_queue_revive(struct alert_queue *q)
{
	char *line = NULL;
	size_t size = 0;
	int count = 0, result = 0;

	pthread_mutex_lock(&q->lock);
	int fd = alert_queue_file(q, ".failed", O_RDWR);
	FILE *file = fd >= 0 ? fdopen(fd, "r+") : NULL;
	while (file && result == 0 && getline(&line, &size, file) > 0) {
		struct alert a;
		if (!read_failed(line, &a))
			continue;
		make_room(q, sizeof(struct queue_head) + a.size);
		result =
			alert_queue_append(q, a.text, a.size, 0, q->done, alert_time_ms(&a)); // repeats none that waits
		count += result == 0;
		alert_free(&a);
	}
	if (file && result == 0 && ftruncate(fd, 0) != 0)
		result = -errno;
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	free(line);
	pthread_mutex_unlock(&q->lock);
	return result ? result : count;
}

struct alert_queue_levels alert_queue_levels(struct alert_queue *q)
{
	pthread_mutex_lock(&q->lock);
	struct alert_queue_levels l = {.waiting = q->len - q->first,
		.bytes = q->bytes,
		.dropped = q->dropped,
		.failed_dropped = q->failed_dropped};
	for (size_t i = q->first; i < q->len; i++) { // postponed ones are at the end
		if (l.oldest_ms == 0 || q->entry[i].time_ms < l.oldest_ms)
			l.oldest_ms = q->entry[i].time_ms;
		if (i == q->first && q->len - q->first > 100000)
			break;
	}
	pthread_mutex_unlock(&q->lock);
	return l;
}

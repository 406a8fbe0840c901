// SPDX-License-Identifier: BSD-3-Clause
// The records of a queue on disk: read, appended, written anew.
#include "collector/alert/queue_state.h"

#include "dataplane/common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

// The number that is done, with its checksum.
struct queue_done {
	uint64_t number;
	uint64_t check; // ~number
};

int alert_queue_file(const struct alert_queue *q, const char *suffix, int flags)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/%s%s", q->folder, q->name, suffix);
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

static uint32_t checksum(const struct queue_head *head, const void *text)
{
	uLong crc = crc32(0, (const unsigned char *)&head->size, sizeof(*head) - offsetof(struct queue_head, size));

	return (uint32_t)crc32(crc, text, head->size);
}

static int add_entry(struct alert_queue *q, const struct queue_head *head, uint64_t at)
{
	if (q->len == q->capacity && q->first > q->len / 2) {
		memmove(q->entry, q->entry + q->first, (q->len - q->first) * sizeof(*q->entry));
		q->len -= q->first;
		q->first = 0;
	} else if (q->len == q->capacity) {
		size_t more = q->capacity ? q->capacity * 2 : 64;
		struct queue_entry *fresh = reallocarray(q->entry, more, sizeof(*fresh));
		if (!fresh)
			return -ENOMEM;
		q->entry = fresh;
		q->capacity = more;
	}
	q->entry[q->len++] = (struct queue_entry){.number = head->number,
		.at = at,
		.size = head->size,
		.tries = head->tries,
		.time_ms = head->time_ms};
	q->bytes += sizeof(*head) + head->size;
	return 0;
}

// reading ───────────────────────────────────────────────────────────────────────────────────

// The record at `at` of a file of `size` octets in memory. False: there is none.
static bool record_at(const char *bytes, uint64_t size, uint64_t at, struct queue_head *head)
{
	if (size - at < sizeof(*head))
		return false;
	memcpy(head, bytes + at, sizeof(*head));
	return head->magic == QUEUE_MAGIC && head->size <= ALERT_SIZE_MAX && size - at - sizeof(*head) >= head->size &&
	       head->crc == checksum(head, bytes + at + sizeof(*head));
}

// Takes a record that was read: it waits, unless it is done or repeats one that waits.
static int take_record(struct alert_queue *q, const struct queue_head *head, const char *text, uint64_t at)
{
	if (head->number >= q->next)
		q->next = head->number + 1;
	if (head->again == 0 && alert_compare_entries(text, q->last_entry) > 0)
		snprintf(q->last_entry, sizeof(q->last_entry), "%.*s", (int)sizeof(q->last_entry) - 1, text);
	if (head->number <= q->done || head->again > q->done)
		return 0;
	return add_entry(q, head, at);
}

static int scan(struct alert_queue *q, const char *bytes, uint64_t size)
{
	struct queue_head head;
	uint64_t at = 0, good = 0, lost = 0;
	int result = 0;

	while (at < size && result == 0) {
		if (!record_at(bytes, size, at, &head)) {
			at++;
			lost++;
			continue;
		}
		result = take_record(q, &head, bytes + at + sizeof(head), at);
		at += sizeof(head) + head.size;
		good = at;
	}
	if (lost > 0)
		log_warning("%s/%s.queue: %lu octets are not readable, and are skipped", q->folder, q->name,
			(unsigned long)lost);
	q->end = good;
	if (result == 0 && good < size && ftruncate(q->fd, (off_t)good) != 0)
		result = -errno;
	return result;
}

static int read_whole(int fd, char **bytes, uint64_t *size)
{
	struct stat status;

	*size = 0;
	if (fstat(fd, &status) != 0)
		return -errno;
	*bytes = malloc((size_t)status.st_size + 1);
	if (!*bytes)
		return -ENOMEM;
	while (*size < (uint64_t)status.st_size) {
		ssize_t got = pread(fd, *bytes + *size, (size_t)status.st_size - *size, (off_t)*size);
		if (got <= 0)
			return got < 0 ? -errno : 0;
		*size += (uint64_t)got;
	}
	return 0;
}

int alert_queue_load(struct alert_queue *q)
{
	struct queue_done done = {0};
	char *bytes = NULL;
	uint64_t size;

	q->next = 1;
	if (pread(q->done_fd, &done, sizeof(done), 0) == sizeof(done) && done.check == ~done.number)
		q->done = done.number;
	q->next = q->done + 1;
	int result = read_whole(q->fd, &bytes, &size);
	if (result == 0)
		result = scan(q, bytes, size);
	free(bytes);
	return result;
}

bool alert_queue_read(struct alert_queue *q, const struct queue_entry *e, struct alert *out)
{
	char bytes[sizeof(struct queue_head) + ALERT_SIZE_MAX];
	struct queue_head head;
	size_t size = sizeof(head) + e->size;

	*out = (struct alert){0};
	return pread(q->fd, bytes, size, (off_t)e->at) == (ssize_t)size && record_at(bytes, size, 0, &head) &&
	       head.number == e->number && alert_unpack(out, bytes + sizeof(head), head.size);
}

// writing ───────────────────────────────────────────────────────────────────────────────────

int alert_queue_append(struct alert_queue *q, const char *text, size_t size, uint32_t tries, uint64_t again,
	int64_t time_ms)
{
	char bytes[sizeof(struct queue_head) + ALERT_SIZE_MAX];
	struct queue_head head = {.magic = QUEUE_MAGIC,
		.size = (uint32_t)size,
		.tries = tries,
		.number = q->next,
		.again = again,
		.time_ms = time_ms};

	head.crc = checksum(&head, text);
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), text, size);
	ssize_t wrote = pwrite(q->fd, bytes, sizeof(head) + size, (off_t)q->end);
	int result = wrote == (ssize_t)(sizeof(head) + size) ? add_entry(q, &head, q->end)
		     : wrote < 0			     ? -errno
							     : -ENOSPC;
	if (result != 0) {
		if (wrote > 0 && ftruncate(q->fd, (off_t)q->end) != 0)
			log_warning("%s/%s.queue: cannot truncate: %s", q->folder, q->name, strerror(errno));
		return result;
	}
	q->next++;
	q->end += sizeof(head) + size;
	q->unsynced = true;
	return 0;
}

void alert_queue_advance(struct alert_queue *q, uint64_t number)
{
	const struct queue_done done = {.number = number, .check = ~number};

	while (q->first < q->len && q->entry[q->first].number <= number)
		q->bytes -= sizeof(struct queue_head) + q->entry[q->first++].size;
	if (q->first == q->len)
		q->first = q->len = 0;
	q->done = number;
	if (pwrite(q->done_fd, &done, sizeof(done), 0) != sizeof(done))
		log_warning("%s/%s.done: cannot write: %s; after a restart, alerts may be delivered again", q->folder,
			q->name, strerror(errno));
}

// Copies what waits to another file, and notes the new offsets in `at`.
static int copy_waiting(struct alert_queue *q, int fd, uint64_t *at, uint64_t *end)
{
	char bytes[sizeof(struct queue_head) + ALERT_SIZE_MAX];

	*end = 0;
	for (size_t i = q->first; i < q->len; i++) {
		size_t size = sizeof(struct queue_head) + q->entry[i].size;
		if (pread(q->fd, bytes, size, (off_t)q->entry[i].at) != (ssize_t)size)
			return -EIO;
		if (pwrite(fd, bytes, size, (off_t)*end) != (ssize_t)size)
			return -ENOSPC;
		at[i - q->first] = *end;
		*end += size;
	}
	return fdatasync(fd) == 0 ? 0 : -errno;
}

int alert_queue_compact(struct alert_queue *q)
{
	char from[4200], to[4200];
	size_t len = q->len - q->first;
	uint64_t *at = calloc(len + 1, sizeof(*at)), end = 0;
	int fd = at ? alert_queue_file(q, ".queue.new", O_RDWR | O_CREAT | O_TRUNC) : -ENOMEM;
	int result = fd < 0 ? fd : copy_waiting(q, fd, at, &end);

	snprintf(from, sizeof(from), "%s/%s.queue.new", q->folder, q->name);
	snprintf(to, sizeof(to), "%s/%s.queue", q->folder, q->name);
	if (result == 0 && rename(from, to) != 0)
		result = -errno;
	if (result == 0) {
		close(q->fd);
		q->fd = fd;
		q->end = end;
		for (size_t i = 0; i < len; i++)
			q->entry[q->first + i].at = at[i];
	} else if (fd >= 0) {
		close(fd);
		unlink(from);
	}
	free(at);
	return result;
}

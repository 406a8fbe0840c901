// SPDX-License-Identifier: BSD-3-Clause
#include "collector/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t more;	    // a frame was put, or waiting is over
	struct queue_frame *oldest; // under the lock, as all below
	struct queue_frame *newest;
	struct queue_levels levels;
	bool no_wait; // queue_stop_waiting was called
	int fd;	      // eventfd; not under the lock
};

struct queue *queue_create(uint64_t limit)
{
	struct queue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;

	if (!q)
		return NULL;
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0) {
		free(q);
		return NULL;
	}
	q->levels.limit = limit;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->more, &attr);
	pthread_condattr_destroy(&attr);
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	while (q->oldest) {
		struct queue_frame *next = q->oldest->next;
		free(q->oldest);
		q->oldest = next;
	}
	close(q->fd);
	pthread_cond_destroy(&q->more);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void queue_set_limit(struct queue *q, uint64_t limit)
{
	pthread_mutex_lock(&q->lock);
	q->levels.limit = limit;
	pthread_mutex_unlock(&q->lock);
}

// What one frame takes; the body stands behind the struct in the same allocation.
static size_t memory_of(const struct queue_frame *frame)
{
	return sizeof(*frame) + frame->size;
}

int queue_put(struct queue *q, const struct queue_frame *frame)
{
	if (frame->kind != QUEUE_END && queue_is_full(q))
		return -ENOBUFS;
	struct queue_frame *copy = malloc(memory_of(frame));
	if (!copy)
		return -ENOMEM;
	*copy = *frame;
	copy->next = NULL;
	copy->body = (const uint8_t *)(copy + 1);
	if (frame->size > 0)
		memcpy(copy + 1, frame->body, frame->size);

	pthread_mutex_lock(&q->lock);
	if (q->newest)
		q->newest->next = copy;
	else
		q->oldest = copy;
	q->newest = copy;
	q->levels.frames++;
	q->levels.bytes += memory_of(copy);
	__atomic_add_fetch(&copy->stream->queued, 1, __ATOMIC_RELEASE);
	pthread_cond_signal(&q->more);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

bool queue_is_full(struct queue *q)
{
	struct queue_levels levels = queue_levels(q);

	return levels.bytes >= levels.limit;
}

static struct queue_frame *frame_at(const struct queue *q, unsigned index)
{
	struct queue_frame *frame = q->oldest;

	while (frame && index-- > 0)
		frame = frame->next;
	return frame;
}

const struct queue_frame *queue_peek(struct queue *q, unsigned index, unsigned wait_ms)
{
	struct timespec until;
	struct queue_frame *frame;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&q->lock);
	while (!(frame = frame_at(q, index)) && !q->no_wait && wait_ms > 0)
		if (pthread_cond_timedwait(&q->more, &q->lock, &until) != 0)
			break;
	pthread_mutex_unlock(&q->lock);
	return frame;
}

static void tell_inbox(struct queue *q)
{
	uint64_t one = 1;
	ssize_t done = write(q->fd, &one, sizeof(one)); // EAGAIN: it is readable already
	(void)done;
}

void queue_release(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	struct queue_frame *frame = q->oldest;
	q->oldest = frame->next;
	if (!q->oldest)
		q->newest = NULL;
	q->levels.frames--;
	q->levels.bytes -= memory_of(frame);
	if (frame->number > frame->stream->safe)
		frame->stream->safe = frame->number;
	__atomic_sub_fetch(&frame->stream->queued, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&q->lock);
	free(frame);
	tell_inbox(q);
}

uint64_t queue_safe(struct queue *q, const struct stream *stream)
{
	pthread_mutex_lock(&q->lock);
	uint64_t safe = stream->safe;
	pthread_mutex_unlock(&q->lock);
	return safe;
}

int queue_fd(const struct queue *q)
{
	return q->fd;
}

void queue_stop_waiting(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->no_wait = true;
	pthread_cond_broadcast(&q->more);
	pthread_mutex_unlock(&q->lock);
}

struct queue_levels queue_levels(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	struct queue_levels levels = q->levels;
	pthread_mutex_unlock(&q->lock);
	return levels;
}

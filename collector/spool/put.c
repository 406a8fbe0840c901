// SPDX-License-Identifier: BSD-3-Clause
// For the inbox: puts frames into memory, and says up to which number they are committed.
#include "collector/spool/state.h"

#include <errno.h>
#include <stdlib.h>

int spool_put(struct spool *s, const struct spool_frame *frame)
{
	if (frame->kind != SPOOL_END && spool_is_full(s))
		return -ENOBUFS;
	struct spool_pending *copy = malloc(sizeof(*copy) + frame->size);
	if (!copy)
		return -ENOMEM;
	*copy = (struct spool_pending){.frame = *frame};
	copy->frame.body = (const uint8_t *)(copy + 1);
	if (frame->size > 0)
		memcpy(copy + 1, frame->body, frame->size);

	pthread_mutex_lock(&s->lock);
	if (s->newest)
		s->newest->next = copy;
	else
		s->oldest = copy;
	s->newest = copy;
	s->memory += sizeof(*copy) + frame->size;
	s->memory_sightings += frame->sightings;
	s->account.taken += frame->sightings;
	__atomic_add_fetch(&frame->stream->queued, 1, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&s->more);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

bool spool_is_full(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	bool full = s->memory >= s->settings.memory;
	pthread_mutex_unlock(&s->lock);
	return full;
}

uint64_t spool_safe(struct spool *s, const struct stream *stream)
{
	pthread_mutex_lock(&s->lock);
	uint64_t safe = stream->safe;
	pthread_mutex_unlock(&s->lock);
	return safe;
}

int spool_fd(const struct spool *s)
{
	return s->fd;
}

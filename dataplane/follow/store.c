// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/follow/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_ring.h>

#include "dataplane/common/log.h"

enum { FRAMES = 256, MAGIC = 0x4c424653 }; // frames with the outbox; "LBFS"

struct head {
	uint32_t magic, size; // of this struct
	struct outbox_stream stream;
};

// All of it at this place. Returns 0 or -errno.
static int write_at(int fd, const void *bytes, size_t size, uint64_t at)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pwrite(fd, (const char *)bytes + done, size - done, (off_t)(at + done));
		if (got < 0 && errno != EINTR)
			return -errno;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static bool read_at(int fd, void *bytes, size_t size, uint64_t at)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, (char *)bytes + done, size - done, (off_t)(at + done));
		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

int follow_store_open(struct follow_store *s, const char *folder, char *why, size_t why_size)
{
	char path[4200];

	*s = (struct follow_store){.fd = -1};
	snprintf(path, sizeof(path), "%s/frames", folder);
	if (flush_init(&s->flush, STATS_WORKERS_MAX, FRAMES, &s->unused) != 0) {
		snprintf(why, why_size, "%s: no memory for its frames", path);
		return -1;
	}
	s->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 0;
	snprintf(why, why_size, "%s: %s", path, strerror(errno));
	return -1;
}

int follow_store_begin(struct follow_store *s, const struct outbox_stream *stream)
{
	const struct head head = {.magic = MAGIC, .size = sizeof(head), .stream = *stream};

	if (ftruncate(s->fd, 0) != 0)
		return -errno;
	s->size = s->fed = sizeof(head);
	return write_at(s->fd, &head, sizeof(head), 0);
}

// Returns 0 or -errno, logged once.
static int note(struct follow_store *s, int result)
{
	if (result != 0 && s->logged != result)
		log_error("follow.state: cannot write: %s; no packet is read until it can", strerror(-result));
	s->logged = result;
	return result;
}

static bool write_frame(struct follow_store *s, struct flush_frame *f)
{
	if (note(s, write_at(s->fd, f->frame.bytes, f->frame.size, s->size)) != 0)
		return false;
	s->size += f->frame.size;
	s->sightings += frame_sightings(f->frame.bytes + sizeof(struct frame_header),
		f->frame.size - sizeof(struct frame_header));
	rte_ring_enqueue(f->origin->free, f);
	return true;
}

void follow_store_take(struct follow_store *s, struct flush *const *workers, size_t workers_len)
{
	void *object;

	if (s->held && !write_frame(s, s->held))
		return;
	s->held = NULL;
	for (size_t i = 0; i < workers_len; i++) {
		while (rte_ring_dequeue(workers[i]->full, &object) == 0) {
			struct flush_frame *f = object;
			frame_finish(&f->frame, FRAME_RECORDS, 1); // the outbox numbers it
			if (write_frame(s, f))
				continue;
			s->held = f;
			return;
		}
	}
}

bool follow_store_sync(struct follow_store *s)
{
	return !s->held && note(s, fdatasync(s->fd) == 0 ? 0 : -errno) == 0;
}

bool follow_store_resume(struct follow_store *s, struct outbox_stream *stream)
{
	struct head head;
	off_t size = lseek(s->fd, 0, SEEK_END);

	if (!read_at(s->fd, &head, sizeof(head), 0) || head.magic != MAGIC || head.size != sizeof(head) || size < 0)
		return false;
	*stream = head.stream;
	s->size = (uint64_t)size;
	s->fed = sizeof(head);
	return true;
}

// The next frame of the file. False if it is damaged.
static bool read_frame(struct follow_store *s, struct flush_frame *f)
{
	struct frame_header header;

	if (!read_at(s->fd, &header, sizeof(header), s->fed) || frame_header_check(&header) ||
		header.type != FRAME_RECORDS || header.size > FRAME_SIZE_MAX || s->fed + header.size > s->size ||
		!read_at(s->fd, f->frame.bytes, header.size, s->fed))
		return false;
	f->frame.size = header.size;
	f->frame.records = header.records;
	s->fed += header.size;
	return true;
}

bool follow_store_feed(struct follow_store *s)
{
	void *object;

	while (s->fed < s->size && rte_ring_dequeue(s->flush.free, &object) == 0) {
		if (read_frame(s, object)) {
			rte_ring_enqueue(s->flush.full, object);
			continue;
		}
		log_error("follow.state: the file frames is damaged at octet %llu; its rest is lost",
			(unsigned long long)s->fed);
		rte_ring_enqueue(s->flush.free, object);
		s->fed = s->size;
	}
	return s->fed >= s->size && rte_ring_count(s->flush.free) == s->flush.frames_len;
}

bool follow_store_is_empty(const struct follow_store *s)
{
	return !s->held && s->size == sizeof(struct head);
}

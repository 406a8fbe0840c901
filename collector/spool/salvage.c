// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/salvage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PIECE = 1 << 20,   // read at a time
	OVERLAP = 1 << 10, // larger than any record without its body
	BODY_MAX = FRAME_SIZE_MAX
};

// Called for a place in the file where a record may begin.
typedef int search_hit(struct salvage *s, int fd, uint32_t magic, const uint8_t *at, uint64_t offset);

static ssize_t read_piece(int fd, uint8_t *out, size_t size, uint64_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, out + done, size - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EIO && done > 0)
			break; // keep what was read before the error
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

// Calls `hit` for every place in the file that contains a magic number. Parts that cannot be read are skipped.
static int search(struct salvage *s, int fd, search_hit *hit)
{
	uint8_t *piece = malloc(PIECE + OVERLAP);
	off_t end = lseek(fd, 0, SEEK_END);
	int result = end < 0 ? errno : 0;

	if (!piece)
		return ENOMEM;
	for (uint64_t at = 0; result == 0 && at < (uint64_t)end; at += PIECE) {
		ssize_t size = read_piece(fd, piece, PIECE + OVERLAP, at);
		if (size < 0 && errno != EIO)
			result = errno;
		if (size <= 0)
			continue;
		memset(piece + size, 0, PIECE + OVERLAP - (size_t)size);
		for (size_t i = 0; result == 0 && i < PIECE && i + 4 < (size_t)size; i += 2) {
			uint32_t magic;
			memcpy(&magic, piece + i, sizeof(magic));
			if (magic == STORE_MAGIC || magic == STORE_MAGIC_META || magic == STORE_MAGIC_STREAM)
				result = hit(s, fd, magic, piece + i, at + i);
		}
	}
	free(piece);
	return result;
}

// meta ─────────────────────────────────────────────────────────────────────────────────────────

// Here the magic number is the second field.
static int hit_meta(struct salvage *s, int fd, uint32_t magic, const uint8_t *at, uint64_t offset)
{
	struct store_meta meta;

	if (magic != STORE_MAGIC_META || offset < offsetof(struct store_meta, magic))
		return 0;
	offset -= offsetof(struct store_meta, magic);
	if (read_piece(fd, (uint8_t *)&meta, sizeof(meta), offset) != sizeof(meta) || !store_meta_is_sound(&meta) ||
		meta.format != STORE_FORMAT || (s->found && meta.serial <= s->meta.serial))
		return 0;
	s->meta = meta;
	s->found = true;
	return 0;
}

// batches and streams ──────────────────────────────────────────────────────────────────────────

static int hit_stream(struct salvage *s, uint64_t offset, int fd)
{
	struct store_stream stream;

	if (offset < offsetof(struct store_stream, magic))
		return 0;
	offset -= offsetof(struct store_stream, magic);
	if (read_piece(fd, (uint8_t *)&stream, sizeof(stream), offset) != sizeof(stream) ||
		!store_stream_is_sound(&stream) || stream.slot >= STREAMS_MAX ||
		memcmp(stream.seal, s->meta.seal, sizeof(stream.seal)) != 0)
		return 0;
	if (s->has_stream[stream.slot] && stream.serial <= s->streams[stream.slot].serial)
		return 0;
	s->streams[stream.slot] = stream;
	s->has_stream[stream.slot] = true;
	return 0;
}

static bool body_is_sound(int fd, const struct store_head *head, uint64_t offset)
{
	uint8_t *body = malloc(BODY_MAX);

	bool sound = body && head->size <= BODY_MAX &&
		     read_piece(fd, body, head->size, offset + sizeof(*head)) == (ssize_t)head->size &&
		     store_checksum(body, head->size) == head->check;
	free(body);
	return sound;
}

// Makes room for batch `number` at the end: it was committed after the meta record that was found.
static int make_room(struct salvage *s, uint64_t number)
{
	size_t len = (size_t)(number + 1 - s->meta.first);
	struct salvage_batch *more = realloc(s->batches, len * sizeof(*more));

	if (!more)
		return ENOMEM;
	memset(more + s->len, 0, (len - s->len) * sizeof(*more));
	s->batches = more;
	s->len = len;
	if (s->meta.confirmed + 1 == s->meta.next)
		s->meta.confirmed = number;
	s->meta.next = number + 1;
	return 0;
}

static int hit_record(struct salvage *s, int fd, uint32_t magic, const uint8_t *at, uint64_t offset)
{
	enum { COMMIT_MAX = 1024 }; // limit of batches in one transaction
	struct store_head head;

	if (magic == STORE_MAGIC_STREAM)
		return hit_stream(s, offset, fd);
	if (magic != STORE_MAGIC)
		return 0;
	memcpy(&head, at, sizeof(head));
	if (!store_head_is_sound(&head) || memcmp(head.seal, s->meta.seal, sizeof(head.seal)) != 0 ||
		head.number < s->meta.first || head.number >= s->meta.next + COMMIT_MAX)
		return 0;
	if (s->exact && head.number >= s->meta.next)
		return 0;
	if (head.number >= s->meta.next && make_room(s, head.number) != 0)
		return ENOMEM;
	struct salvage_batch *b = &s->batches[head.number - s->meta.first];
	if (b->at != 0 && !(b->head.flags & STORE_LOST))
		return 0;
	if (!(head.flags & STORE_LOST) && !body_is_sound(fd, &head, offset))
		head.flags = STORE_LOST;
	*b = (struct salvage_batch){.at = offset, .head = head};
	return 0;
}

// The stream of a batch. If the record of the stream is damaged as well: a free slot.
static struct store_stream *stream_of(struct salvage *s, const struct frame_hello *hello)
{
	size_t unused = STREAMS_MAX;

	for (size_t slot = STREAMS_MAX; slot-- > 0;) {
		if (s->has_stream[slot] && memcmp(&s->streams[slot].hello, hello, sizeof(*hello)) == 0)
			return &s->streams[slot];
		if (!s->has_stream[slot])
			unused = slot;
	}
	if (unused == STREAMS_MAX)
		return NULL;
	s->has_stream[unused] = true;
	s->streams[unused] = (struct store_stream){.hello = *hello, .counted = 1};
	return &s->streams[unused];
}

// Raises the number of each stream to that of its batches: the record of the stream may be older or damaged.
static void follow_streams(struct salvage *s)
{
	for (size_t i = 0; i < s->len; i++) {
		const struct store_head *head = &s->batches[i].head;
		struct store_stream *stream =
			s->batches[i].at != 0 && head->frame > 0 ? stream_of(s, &head->hello) : NULL;
		if (!stream || stream->received >= head->frame)
			continue;
		if (stream->received + 1 != head->frame || head->flags & STORE_UNCOUNTED)
			stream->counted = 0;
		stream->sightings += head->sightings;
		stream->received = head->frame;
	}
}

static void count_lost(struct salvage *s)
{
	for (size_t i = 0; i < s->len; i++) {
		struct salvage_batch *b = &s->batches[i];
		if (b->at == 0)
			b->head =
				(struct store_head){.flags = STORE_LOST | STORE_UNCOUNTED, .number = s->meta.first + i};
		if (!(b->head.flags & STORE_LOST))
			continue;
		if (s->meta.first + i <= s->meta.acked) {
			s->lost_in_redis++;
			continue;
		}
		s->lost++;
		s->lost_sightings += b->head.sightings;
		s->lost_uncounted += (b->head.flags & STORE_UNCOUNTED) != 0;
	}
}

int salvage_read(struct salvage *out, int fd, const struct store_meta *meta)
{
	memset(out, 0, sizeof(*out));
	if (meta) {
		out->meta = *meta;
		out->found = out->exact = true;
	}
	int result = meta ? 0 : search(out, fd, hit_meta);
	if (result != 0 || !out->found)
		return result;
	out->len = (size_t)(out->meta.next - out->meta.first);
	out->batches = calloc(out->len + 1, sizeof(*out->batches));
	if (!out->batches)
		return ENOMEM;
	result = search(out, fd, hit_record);
	if (result != 0)
		return result;
	follow_streams(out);
	count_lost(out);
	return 0;
}

int salvage_body(const struct salvage *s, int fd, const struct salvage_batch *batch, uint8_t *body)
{
	ssize_t size = read_piece(fd, body, batch->head.size, batch->at + sizeof(batch->head));

	if (size < 0)
		return errno;
	return size == (ssize_t)batch->head.size && store_checksum(body, batch->head.size) == batch->head.check
		       ? 0
		       : EBADMSG;
}

void salvage_free(struct salvage *s)
{
	free(s->batches);
	s->batches = NULL;
}

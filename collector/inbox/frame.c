// SPDX-License-Identifier: BSD-3-Clause
// Frames come from a peer that is not trusted. Every length, number and text is checked here; nothing checks them again
// after the spool.
#include "collector/inbox/frame.h"

#include "collector/base/metrics.h"
#include "dataplane/common/log.h"

#include <errno.h>

static const uint64_t NUMBER_MAX = 1000000000000000; // exact as a double, far from overflow

static bool is_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return len < size;
}

static const char *check_hello(const struct frame_hello *hello)
{
	if (!is_text(hello->version, sizeof(hello->version)) || !is_text(hello->sensor, sizeof(hello->sensor)) ||
		!is_text(hello->host, sizeof(hello->host)) || !is_text(hello->ports, sizeof(hello->ports)))
		return "HELLO with a text that is not terminated, or with control characters";
	if (hello->sensor[0] == '\0')
		return "HELLO without a sensor";
	if (hello->stats_layout != stats_layout())
		return "found counters of another release, expected those of this collector; install the same release of both";
	return NULL;
}

static enum frame_outcome take_hello(struct inbox_conn *c, const struct conn_target *to,
	const struct frame_header *header, const uint8_t *body, uint64_t now_ms, const char **why)
{
	struct frame_hello hello;

	if (c->stream || header->number != 0 || header->size != sizeof(*header) + sizeof(hello)) {
		*why = "HELLO of a wrong size, or a second HELLO";
		return FRAME_UNSOUND;
	}
	memcpy(&hello, body, sizeof(hello));
	*why = check_hello(&hello);
	if (*why)
		return FRAME_UNSOUND;
	c->stream = stream_find(to->streams, &hello, c->user, now_ms, why);
	if (!c->stream)
		return FRAME_UNSOUND;
	log_info("dataplane %s on %s: connected, version %s, ports %s%s", hello.sensor, hello.host, hello.version,
		hello.ports, c->stream->received > 0 ? ", again" : "");
	metrics_add(frames_hello, 1);
	return FRAME_TAKEN;
}

// Checks all records and adds up their sightings. False if the body is not sound.
static bool check_records(const uint8_t *body, size_t size, uint32_t records, uint64_t *sightings)
{
	struct cursor c = cursor_make(body, size);
	struct record_view view;
	uint32_t found = 0;

	*sightings = 0;
	while (frame_next(&c, &view)) {
		found++;
		*sightings += view.head.flags & RECORD_FLOOD ? 0 : view.head.count;
	}
	return !c.bad && found == records;
}

// The first frame of a connection is the oldest one that the dataplane still has. If the spool does not know the frames
// before it, the spool was replaced by an older one: these frames were acknowledged, and are lost unless Redis has them.
static bool is_after_loss(const struct inbox_conn *c, const struct spool_frame *frame)
{
	struct stream *stream = c->stream;

	if (c->last_number != 0 || frame->number <= stream->received + 1)
		return false;
	uint64_t missing = frame->number - stream->received - 1;
	log_error(
		"dataplane %s: found frame %lu, expected %lu: the spool was replaced by an older one; %lu frames that were acknowledged "
		"are lost unless Redis has them",
		stream->hello.sensor, (unsigned long)frame->number, (unsigned long)stream->received + 1,
		(unsigned long)missing);
	metrics_add(frames_missing, missing);
	stream->received = frame->number - 1;
	stream->counted = false;
	return true;
}

// Puts a numbered frame into the spool, unless it came before.
static enum frame_outcome take_numbered(struct inbox_conn *c, const struct conn_target *to,
	const struct spool_frame *frame, uint64_t now_ms, const char **why)
{
	struct stream *stream = c->stream;

	if (frame->number <= stream->received) {
		metrics_add(frames_duplicate, 1);
	} else if (stream->received != 0 &&
		   (stream->ended || (frame->number != stream->received + 1 && !is_after_loss(c, frame)))) {
		*why = stream->ended ? "a frame after BYE" : "a gap in the frame numbers";
		return FRAME_UNSOUND;
	} else {
		struct spool_frame put = *frame;
		put.counted = stream->counted && frame->number == stream->received + 1;
		put.taken = stream->sightings + frame->sightings;
		int result = spool_put(to->spool, &put);
		if (result != 0) {
			if (result == -ENOMEM)
				log_warning("out of memory for a frame; retrying");
			return FRAME_WAITS;
		}
		stream->received = frame->number;
		stream->sightings = put.taken;
		stream->counted = put.counted;
		stream->ended = frame->kind == SPOOL_BYE;
		stream->bye_ms = stream->ended ? now_ms : 0;
		metrics_add(records_received, frame->records);
	}
	if (frame->number > c->last_number)
		c->last_number = frame->number;
	return FRAME_TAKEN;
}

static enum frame_outcome take_records(struct inbox_conn *c, const struct conn_target *to,
	const struct frame_header *header, const uint8_t *body, uint64_t now_ms, const char **why)
{
	uint32_t size = header->size - (uint32_t)sizeof(*header);
	uint64_t sightings;

	if (!check_records(body, size, header->records, &sightings)) {
		*why = "records that do not match the length or the number in their frame";
		return FRAME_UNSOUND;
	}
	const struct spool_frame frame = {.kind = SPOOL_RECORDS,
		.stream = c->stream,
		.number = header->number,
		.records = header->records,
		.sightings = sightings,
		.size = size,
		.body = body};
	enum frame_outcome outcome = take_numbered(c, to, &frame, now_ms, why);
	if (outcome == FRAME_TAKEN)
		metrics_add(frames_records, 1);
	return outcome;
}

static enum frame_outcome take_bye(struct inbox_conn *c, const struct conn_target *to,
	const struct frame_header *header, uint64_t now_ms, const char **why)
{
	if (header->size != sizeof(*header)) {
		*why = "BYE with a body";
		return FRAME_UNSOUND;
	}
	const struct spool_frame frame = {.kind = SPOOL_BYE, .stream = c->stream, .number = header->number};
	enum frame_outcome outcome = take_numbered(c, to, &frame, now_ms, why);
	if (outcome == FRAME_TAKEN)
		metrics_add(frames_bye, 1);
	return outcome;
}

static void tell_gap(const struct stream *s, const struct stream_gap *gap, bool older)
{
	if (older)
		log_error(
			"dataplane %s: the spool was replaced by an older one; %lu frames, %lu sightings, that were acknowledged are lost unless "
			"Redis has them",
			s->hello.sensor, (unsigned long)gap->frames, (unsigned long)gap->sightings);
	else
		log_warning("dataplane %s: %lu frames, %lu sightings, were acknowledged by another spool",
			s->hello.sensor, (unsigned long)gap->frames, (unsigned long)gap->sightings);
	metrics_add(frames_missing, older ? gap->frames : 0);
	metrics_add(sightings_older, older ? gap->sightings : 0);
	metrics_add(sightings_elsewhere, older ? 0 : gap->sightings);
}

static void compare_account(struct inbox_conn *c, const struct conn_target *to, const struct outbox_stats *outbox,
	uint64_t now_ms)
{
	struct stream *s = c->stream;
	struct stream_gap gap;
	enum stream_verdict verdict = stream_compare(s, outbox->frame_reached, outbox->sightings_reached, &gap);

	if (gap.frames > 0)
		tell_gap(s, &gap, verdict == STREAM_OLDER);
	if (verdict == STREAM_ASTRAY && !s->astray) {
		log_error(
			"the accounts do not add up, please report this: dataplane %s: found %lu sightings taken up to frame %lu, expected the "
			"%lu that it sent",
			s->hello.sensor, (unsigned long)s->sightings, (unsigned long)outbox->frame_reached,
			(unsigned long)outbox->sightings_reached);
		metrics_add(dataplanes_unbalanced, 1);
		s->astray = true;
	}
	if (verdict != STREAM_AHEAD)
		metrics_add(accounts_compared, 1);
	sensors_account(to->sensors, &s->hello, s->sightings, s->astray, now_ms);
}

static enum frame_outcome take_stats(struct inbox_conn *c, const struct conn_target *to,
	const struct frame_header *header, const uint8_t *body, uint64_t now_ms, const char **why)
{
	struct outbox_stats outbox;

	*why = sensors_put(to->sensors, &c->stream->hello, cursor_make(body, header->size - sizeof(*header)), now_ms);
	if (*why)
		return FRAME_UNSOUND;
	memcpy(&outbox, body + sizeof(struct stats_frame), sizeof(outbox));
	if (outbox.frame_reached > NUMBER_MAX || outbox.sightings_reached > (uint64_t)INT64_MAX) {
		*why = "STATS with a number out of range";
		return FRAME_UNSOUND;
	}
	compare_account(c, to, &outbox, now_ms);
	metrics_add(frames_stats, 1);
	return FRAME_TAKEN;
}

enum frame_outcome inbox_frame(struct inbox_conn *c, const struct conn_target *to, const struct frame_header *header,
	const uint8_t *body, uint64_t now_ms, const char **why)
{
	bool numbered = header->type == FRAME_RECORDS || header->type == FRAME_BYE;

	if (header->type == FRAME_HELLO)
		return take_hello(c, to, header, body, now_ms, why);
	if (!c->stream) {
		*why = "a frame before HELLO";
		return FRAME_UNSOUND;
	}
	if (numbered ? header->number == 0 || header->number > NUMBER_MAX : header->number != 0) {
		*why = "a frame number out of range";
		return FRAME_UNSOUND;
	}
	switch (header->type) {
	case FRAME_RECORDS:
		return take_records(c, to, header, body, now_ms, why);
	case FRAME_BYE:
		return take_bye(c, to, header, now_ms, why);
	case FRAME_STATS:
		return take_stats(c, to, header, body, now_ms, why);
	default:
		*why = "a frame that only a collector sends";
		return FRAME_UNSOUND;
	}
}

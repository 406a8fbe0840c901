// SPDX-License-Identifier: BSD-3-Clause
#include "collector/inbox/conn.h"

#include "collector/base/metrics.h"
#include "collector/inbox/frame.h"
#include "dataplane/common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READS_PER_TURN = 8, LOG_AGAIN_MS = 60000 };

// Logs the same reason at most once a minute, however often a peer reconnects.
static void log_close(const struct inbox_conn *c, const char *why, uint64_t now_ms)
{
	static const char *last_why;
	static uint64_t last_ms;

	if (why == last_why && now_ms - last_ms < LOG_AGAIN_MS)
		return;
	last_why = why;
	last_ms = now_ms;
	log_warning("dataplane %s: connection closed: %s", c->stream ? c->stream->hello.sensor : "(no HELLO yet)", why);
}

void inbox_conn_close(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms, const char *why)
{
	if (why)
		log_close(c, why, now_ms);
	if (c->stream) {
		c->stream->connected = false;
		c->stream->used_ms = now_ms;
		sensors_connected(to->sensors, &c->stream->hello, false, now_ms);
	}
	close(c->fd);
	free(c->in);
	*c = (struct inbox_conn){.fd = -1};
}

// Handles all complete frames in the buffer, then moves the rest to its start. False if the connection was closed.
static bool take_frames(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms)
{
	struct frame_header header;
	const char *why = NULL;
	size_t at = 0;

	c->blocked = false;
	while (c->in_size - at >= sizeof(header)) {
		memcpy(&header, c->in + at, sizeof(header));
		why = frame_header_check(&header);
		if (why)
			break;
		if (header.size > c->in_size - at)
			break;
		enum frame_outcome outcome = inbox_frame(c, to, &header, c->in + at + sizeof(header), now_ms, &why);
		if (outcome == FRAME_UNSOUND)
			break;
		if (outcome == FRAME_WAITS) {
			c->blocked = true;
			metrics_add(back_pressure, 1);
			break;
		}
		at += header.size;
		c->heard_ms = now_ms;
	}
	if (why) {
		metrics_add(frames_unsound, 1);
		inbox_conn_close(c, to, now_ms, why);
		return false;
	}
	memmove(c->in, c->in + at, c->in_size - at);
	c->in_size -= at;
	return true;
}

// The dataplane closed the connection. If it had read the acknowledgement of its BYE (inbox.h), the stream ends.
static void end_of_file(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms)
{
	struct stream *stream = c->stream;

	if (stream && stream->ended && !stream->end_queued && !c->deaf && c->acked == stream->received &&
		c->out_done == sizeof(c->out)) {
		const struct spool_frame end = {.kind = SPOOL_END, .stream = stream};
		stream->end_queued = spool_put(to->spool, &end) == 0;
	}
	if (stream)
		log_info("dataplane %s: %s", stream->hello.sensor, stream->ended ? "ended" : "disconnected");
	inbox_conn_close(c, to, now_ms, c->in_size > 0 ? "end of file within a frame" : NULL);
}

void inbox_conn_read(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms)
{
	for (int i = 0; i < READS_PER_TURN && !c->blocked; i++) {
		ssize_t n = recv(c->fd, c->in + c->in_size, CONN_BUFFER_SIZE - c->in_size, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == 0) {
			end_of_file(c, to, now_ms);
			return;
		}
		if (n < 0) {
			inbox_conn_close(c, to, now_ms, "connection lost");
			return;
		}
		c->in_size += (size_t)n;
		if (!take_frames(c, to, now_ms))
			return;
	}
}

void inbox_conn_unblock(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms)
{
	if (!spool_is_full(to->spool))
		take_frames(c, to, now_ms);
}

// The highest number to acknowledge: it is committed, and was sent on this connection.
static uint64_t number_to_acknowledge(const struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms)
{
	uint64_t safe = spool_safe(to->spool, c->stream);

	if (c->stream->ended && safe == c->stream->received && now_ms - c->stream->bye_ms < INBOX_BYE_MS &&
		!spool_is_empty(to->spool))
		safe--; // the BYE waits for Redis: inbox.h
	return safe < c->last_number ? safe : c->last_number;
}

void inbox_conn_acknowledge(struct inbox_conn *c, const struct conn_target *to, uint64_t now_ms)
{
	if (!c->stream || c->deaf)
		return;
	uint64_t number = number_to_acknowledge(c, to, now_ms);
	if (c->out_done == sizeof(c->out) && number > c->acked) {
		struct frame ack;
		frame_begin(&ack, c->out);
		frame_finish(&ack, FRAME_ACK, number);
		c->acked = number;
		c->out_done = 0;
		metrics_add(acks_sent, 1);
	}
	while (c->out_done < sizeof(c->out)) {
		ssize_t n =
			send(c->fd, c->out + c->out_done, sizeof(c->out) - c->out_done, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) { // the next read finds the end of file
			c->deaf = true;
			c->out_done = sizeof(c->out);
			return;
		}
		c->out_done += (size_t)n;
	}
}

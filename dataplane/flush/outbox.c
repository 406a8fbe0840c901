// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/flush/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_ring.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/flush/outbox_hello.h"

enum {
	STATS_INTERVAL_MS = 1000,
	RETRY_FIRST_MS = 50, // pause before the second attempt to connect; doubled each time
	RETRY_LAST_MS = 1000,
	CONTROL_SIZE = 65536, // room for a HELLO, STATS or BYE frame
	FRAMES = 32,	      // frames sent in one go
	ACKS = 64	      // acknowledgements received in one go
};

struct outbox {
	struct outbox_options options;
	struct flush *const *workers;
	size_t workers_len;
	struct outbox_stats stats;
	uint8_t hello[sizeof(struct frame_header) + sizeof(struct frame_hello)]; // names the stream
	uint64_t number;							 // of the last frame that was numbered
	struct flush_frame *oldest;						 // unacknowledged frames, oldest first
	struct flush_frame *youngest;
	struct flush_frame *next_to_send; // oldest one not yet sent on this connection
	bool finishing, done;
	bool summed_up, bye_sent;	   // on this connection
	uint64_t bye_number;		   // 0: not given yet
	uint64_t acked;			   // the collector has everything up to this number
	struct flush_frame *sending_frame; // whose octets `sending` points into, or NULL
	// the connection
	int fd; // -1: none
	uint64_t retry_at_ms;
	uint64_t stats_at_ms;
	uint32_t retry_ms;
	int logged_errno;	       // the failure that was logged; 0 after a success
	uint8_t control[CONTROL_SIZE]; // a control frame being sent
	const uint8_t *sending;	       // what is being sent, or NULL
	size_t sending_left;
	uint8_t in[ACKS * sizeof(struct frame_header)]; // acknowledgements, the last one perhaps in part
	size_t in_size;
};

struct outbox *outbox_new(const struct outbox_options *options, struct flush *const *workers, size_t workers_len)
{
	struct sockaddr_un address;
	struct outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	if (strlen(options->socket_path) >= sizeof(address.sun_path)) {
		log_error("collector.socket: %s: found %zu characters, expected at most %zu", options->socket_path,
			strlen(options->socket_path), sizeof(address.sun_path) - 1);
		free(o);
		return NULL;
	}
	o->options = *options;
	o->workers = workers;
	o->workers_len = workers_len;
	o->fd = -1;
	o->retry_ms = RETRY_FIRST_MS;
	outbox_hello(options->sensor, options->ports, o->hello);
	for (size_t i = 0; i < workers_len; i++)
		o->stats.frames_total += workers[i]->frames_len;
	return o;
}

// the connection ─────────────────────────────────────────────────────────────────────────────

static void disconnect(struct outbox *o, int error, const char *what)
{
	if (o->logged_errno != error) {
		log_warning("collector %s: %s%s%s; records are kept meanwhile", o->options.socket_path, what,
			error > 0 ? ": " : "", error > 0 ? strerror(error) : "");
		o->logged_errno = error;
	}
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	o->sending = NULL;
	o->sending_frame = NULL;
	o->in_size = 0;
	o->summed_up = o->bye_sent = false;
	o->retry_at_ms = monotonic_ms() + o->retry_ms;
	o->retry_ms = o->retry_ms * 2 < RETRY_LAST_MS ? o->retry_ms * 2 : RETRY_LAST_MS;
	o->stats.connected = 0;
}

int outbox_connect(const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path); // outbox_new has checked that it fits
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static void connect_now(struct outbox *o)
{
	int fd = o->options.connect(o->options.socket_path);

	if (fd < 0) {
		disconnect(o, -fd, "cannot connect");
		return;
	}
	o->fd = fd;
	if (o->stats.connects > 0 || o->logged_errno != 0)
		log_info("collector %s: connected", o->options.socket_path);
	o->logged_errno = 0;
	o->stats.connected = 1;
	o->stats.connects++;
	for (struct flush_frame *f = o->oldest; f != o->next_to_send; f = f->next)
		o->stats.frames_resent++;
	o->next_to_send = o->oldest;
	o->stats_at_ms = 0;
	o->sending = o->hello;
	o->sending_left = sizeof(o->hello);
}

// frames out ─────────────────────────────────────────────────────────────────────────────────

// Takes what the workers have filled; a number is given once and stays.
static void take_full_frames(struct outbox *o)
{
	for (size_t i = 0; i < o->workers_len; i++) {
		void *object;
		while (rte_ring_dequeue(o->workers[i]->full, &object) == 0) {
			struct flush_frame *f = object;
			f->number = ++o->number;
			f->next = NULL;
			frame_finish(&f->frame, FRAME_RECORDS, f->number);
			f->sightings = frame_sightings(f->frame.bytes + sizeof(struct frame_header),
				f->frame.size - sizeof(struct frame_header));
			f->before = o->stats.sightings_framed;
			o->stats.sightings_framed += f->sightings;
			o->stats.sightings_unacked += f->sightings;
			if (o->youngest)
				o->youngest->next = f;
			else
				o->oldest = f;
			o->youngest = f;
			if (!o->next_to_send)
				o->next_to_send = f;
			o->stats.frames_unacked++;
		}
	}
}

// Number of the last frame before what is sent now, and the sightings up to it.
static void note_reached(struct outbox *o)
{
	const struct flush_frame *next = o->next_to_send;
	bool before_bye = o->bye_number != 0 && !o->bye_sent;

	o->stats.frame_reached = next ? next->number - 1 : o->number - before_bye;
	o->stats.sightings_reached = next ? next->before : o->stats.sightings_framed;
}

static void prepare_control(struct outbox *o, enum frame_type type, uint64_t number)
{
	struct frame frame;

	frame_begin(&frame, o->control);
	if (type == FRAME_STATS) {
		note_reached(o);
		frame.size += (uint32_t)o->options.stats_body(o->options.context, frame.bytes + frame.size,
			CONTROL_SIZE - frame.size);
	}
	frame_finish(&frame, type, number);
	o->sending = o->control;
	o->sending_left = frame.size;
}

static void begin_frame(struct outbox *o)
{
	o->sending_frame = o->next_to_send;
	o->sending = o->next_to_send->frame.bytes;
	o->sending_left = o->next_to_send->frame.size;
	o->next_to_send = o->next_to_send->next;
	o->stats.frames_sent++;
}

// Chooses what is sent next. False: nothing.
static bool choose_next(struct outbox *o)
{
	uint64_t now = monotonic_ms();

	if (now >= o->stats_at_ms) {
		o->stats_at_ms = now + STATS_INTERVAL_MS;
		prepare_control(o, FRAME_STATS, 0);
	} else if (o->next_to_send) {
		begin_frame(o);
	} else if (o->finishing && !o->summed_up) { // the last counters, after the last frame
		o->summed_up = true;
		prepare_control(o, FRAME_STATS, 0);
	} else if (o->finishing && !o->bye_sent) {
		if (o->bye_number == 0)
			o->bye_number = ++o->number;
		o->bye_sent = true;
		prepare_control(o, FRAME_BYE, o->bye_number);
	} else {
		return false;
	}
	return true;
}

// Gives back the frames that are acknowledged. A frame that is being sent again stays until it is sent: its octets are in use.
static void give_back_acked(struct outbox *o)
{
	while (o->oldest && o->oldest->number <= o->acked && o->oldest != o->next_to_send &&
		o->oldest != o->sending_frame) {
		struct flush_frame *f = o->oldest;
		o->oldest = f->next;
		if (!o->oldest)
			o->youngest = NULL;
		o->stats.frames_unacked--;
		o->stats.sightings_unacked -= f->sightings;
		o->stats.frames_acked++;
		rte_ring_enqueue(f->origin->free, f);
	}
	if (o->bye_number != 0 && o->acked >= o->bye_number && !o->oldest)
		o->done = true;
}

// Sends what is being sent and, after a frame, the frames that follow it. Returns as sendmsg does.
static ssize_t send_together(const struct outbox *o)
{
	struct iovec parts[FRAMES] = {{(void *)(uintptr_t)o->sending, o->sending_left}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1};

	for (const struct flush_frame *f = o->sending_frame ? o->next_to_send : NULL; f && message.msg_iovlen < FRAMES;
		f = f->next)
		parts[message.msg_iovlen++] = (struct iovec){f->frame.bytes, f->frame.size};
	return sendmsg(o->fd, &message, MSG_NOSIGNAL);
}

// `sent` octets were sent: of what is being sent, and of the frames that follow it.
static void note_sent(struct outbox *o, size_t sent)
{
	while (sent >= o->sending_left) {
		sent -= o->sending_left;
		o->sending = NULL;
		o->sending_frame = NULL;
		if (sent == 0)
			return;
		begin_frame(o);
	}
	o->sending += sent;
	o->sending_left -= sent;
}

static void send_some(struct outbox *o)
{
	while (o->fd >= 0 && (o->sending || choose_next(o))) {
		ssize_t sent = send_together(o);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent < 0) {
			disconnect(o, errno, "connection lost");
			return;
		}
		note_sent(o, (size_t)sent);
		give_back_acked(o);
	}
}

// acknowledgements in ────────────────────────────────────────────────────────────────────────

// Takes one acknowledgement. False if it is not one.
static bool take_ack(struct outbox *o, const uint8_t *bytes)
{
	struct frame_header header;

	memcpy(&header, bytes, sizeof(header));
	const char *wrong = frame_header_check(&header);
	if (wrong || header.type != FRAME_ACK || header.size != sizeof(header) || header.number > o->number) {
		disconnect(o, -1, wrong ? wrong : "it answered something else than an acknowledgement");
		return false;
	}
	o->acked = header.number > o->acked ? header.number : o->acked;
	return true;
}

static void receive_some(struct outbox *o)
{
	while (o->fd >= 0) {
		const size_t each = sizeof(struct frame_header);
		ssize_t got = recv(o->fd, o->in + o->in_size, sizeof(o->in) - o->in_size, 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			disconnect(o, got < 0 ? errno : EPIPE, "connection lost");
			return;
		}
		o->retry_ms = RETRY_FIRST_MS; // it answers: a later failure is a new one
		o->in_size += (size_t)got;
		size_t at = 0;
		for (; o->in_size - at >= each; at += each)
			if (!take_ack(o, o->in + at))
				return;
		o->in_size -= at;
		memmove(o->in, o->in + at, o->in_size);
		give_back_acked(o);
		if (at < sizeof(o->in) / each * each) // there was room for more, so no more has come
			return;
	}
}

void outbox_turn(struct outbox *o, int wait_ms)
{
	take_full_frames(o);
	if (o->fd < 0 && monotonic_ms() >= o->retry_at_ms)
		connect_now(o);
	send_some(o);
	struct pollfd poll_fd = {.fd = o->fd, .events = (short)(POLLIN | (o->sending ? POLLOUT : 0))};
	poll(&poll_fd, 1, wait_ms);
	receive_some(o);
}

void outbox_finish(struct outbox *o)
{
	if (!o->finishing)
		take_full_frames(o);
	o->finishing = true;
}

bool outbox_is_done(const struct outbox *o)
{
	return o->done;
}

void outbox_stream(const struct outbox *o, struct outbox_stream *out)
{
	*out = (struct outbox_stream){.number = o->number, .sightings = o->stats.sightings_framed};
	memcpy(out->hello, o->hello, sizeof(out->hello));
}

void outbox_set_stream(struct outbox *o, const struct outbox_stream *stream)
{
	if (stream)
		memcpy(o->hello, stream->hello, sizeof(o->hello));
	else
		outbox_hello(o->options.sensor, o->options.ports, o->hello);
	o->number = o->acked = stream ? stream->number : 0;
	o->stats.sightings_framed = stream ? stream->sightings : 0;
	if (o->fd < 0)
		return;
	close(o->fd);
	o->fd = -1;
	o->sending = NULL;
	o->in_size = 0;
	o->stats.connected = 0;
}

bool outbox_is_connected(const struct outbox *o)
{
	return o->fd >= 0;
}

uint64_t outbox_unacked(const struct outbox *o)
{
	return o->stats.frames_unacked;
}

const struct outbox_stats *outbox_stats(const struct outbox *o)
{
	return &o->stats;
}

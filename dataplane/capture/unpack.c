// SPDX-License-Identifier: BSD-3-Clause
// A file of compressed members → one stream. Every octet of the file belongs to a member or to the padding after the last one;
// anything else is an error, since it may be a member whose first octets have changed. A file that is not compressed is
// passed through.
#include "dataplane/capture/unpack.h"

#include "dataplane/base/memory.h"
#include "dataplane/capture/unpack_format.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 128 << 10, WHY = 128, LOOK_MS = 100 };

static const struct unpack_format *const formats[] = {&unpack_gzip, &unpack_zstd, &unpack_xz, &unpack_lz4};

struct capture_unpack {
	int fd;
	const atomic_bool *stop;	    // NULL: a file, which need not be waited for
	const struct unpack_format *format; // NULL: not compressed
	void *coder;
	const uint8_t *in; // in `buffer`
	size_t in_size;
	bool in_member;	 // between its first octet and its last
	bool is_padding; // zeros after the last member, as of tapes and of xz
	bool is_unverified;
	bool is_cut;
	const char *error; // NULL, or what is wrong
	char why[WHY];
	uint8_t *back; // octets that were given back or looked at; owned
	size_t back_at, back_size;
	uint8_t buffer[BUFFER];
};

// As read(2). A pipe is waited for, until `stop`.
static ssize_t read_file(struct capture_unpack *u, void *to, size_t size)
{
	struct pollfd ready = {.fd = u->fd, .events = POLLIN};

	for (;;) {
		if (u->stop && atomic_load_explicit(u->stop, memory_order_relaxed)) {
			errno = ECANCELED;
			return -1;
		}
		if (u->stop && poll(&ready, 1, LOOK_MS) <= 0)
			continue;
		ssize_t got = read(u->fd, to, size);
		if (got >= 0 || (errno != EINTR && errno != EAGAIN))
			return got;
	}
}

// Reads more if fewer than `size` octets are left. True if there are that many.
static bool need(struct capture_unpack *u, size_t size)
{
	if (u->in_size >= size)
		return true;
	memmove(u->buffer, u->in, u->in_size);
	u->in = u->buffer;
	while (u->in_size < size) {
		ssize_t got = read_file(u, u->buffer + u->in_size, BUFFER - u->in_size);
		if (got < 0)
			u->error = strerror(errno);
		if (got <= 0)
			return false;
		u->in_size += (size_t)got;
	}
	return true;
}

static bool begins(const struct unpack_format *f, const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < UNPACK_START && f->start_mask[i]; i++)
		if (i >= size || (at[i] & f->start_mask[i]) != f->start[i])
			return false;
	return true;
}

// zstd and lz4 allow frames without data, whose first octets are 50..5f 2a 4d 18; the coder reads over them.
static bool begins_skippable(const struct unpack_format *f, const uint8_t *at, size_t size)
{
	static const struct unpack_format skippable = {.start = {0x50, 0x2a, 0x4d, 0x18},
		.start_mask = {0xf0, 0xff, 0xff, 0xff}};

	return (f == &unpack_zstd || f == &unpack_lz4) && begins(&skippable, at, size);
}

static bool fail(struct capture_unpack *u, const char *what)
{
	snprintf(u->why, sizeof(u->why), "its %s %s", u->format->name, what);
	u->error = u->why;
	return false;
}

// Between members: the next one, or zeros, or the end. False at the end, and with `error`.
static bool begin_member(struct capture_unpack *u)
{
	need(u, UNPACK_START);
	if (u->error || u->in_size == 0)
		return false;
	if (!u->is_padding &&
		(begins(u->format, u->in, u->in_size) || begins_skippable(u->format, u->in, u->in_size))) {
		u->in_member = u->format->begin(u->coder);
		return u->in_member || fail(u, "data needs more memory than there is");
	}
	for (; u->in_size > 0 && *u->in == 0; u->in_size--, u->in++)
		u->is_padding = true;
	if (u->in_size > 0)
		return fail(u, "data is followed by something else");
	return true;
}

// Unpacks into the room. False at the end of the file, and with `error`.
static bool unpack_on(struct capture_unpack *u, struct unpack_io *io)
{
	if (!need(u, 1)) {
		u->is_cut = !u->error;
		return u->is_cut ? fail(u, CAPTURE_UNPACK_CUT) : false;
	}
	io->in = u->in;
	io->in_size = u->in_size;
	enum unpack_result result = u->format->step(u->coder, io, &u->error);
	u->in = io->in;
	u->in_size = io->in_size;
	u->in_member = result == UNPACK_GOES_ON;
	u->is_unverified = result == UNPACK_WRONG;
	return result == UNPACK_GOES_ON || result == UNPACK_END;
}

// As read(2), with errno = EIO for an error of the compressed data.
static ssize_t unpack_more(struct capture_unpack *u, void *to, size_t size)
{
	struct unpack_io io = {.out = to, .out_size = size};

	while (io.out_size > 0 && !u->error) {
		if (io.out_size < size && u->in_size < (u->in_member ? 1 : UNPACK_START))
			break; // what there is, before waiting for more
		if (!(u->in_member ? unpack_on(u, &io) : begin_member(u)))
			break;
	}
	if (io.out_size < size || !u->error) // an error is reported after all octets before it were read
		return (ssize_t)(size - io.out_size);
	errno = EIO;
	return -1;
}

static ssize_t pass_through(struct capture_unpack *u, void *to, size_t size)
{
	if (u->in_size == 0)
		return read_file(u, to, size);
	if (size > u->in_size)
		size = u->in_size;
	memcpy(to, u->in, size);
	u->in += size;
	u->in_size -= size;
	return (ssize_t)size;
}

static ssize_t read_new(struct capture_unpack *u, void *to, size_t size)
{
	return u->format ? unpack_more(u, to, size) : pass_through(u, to, size);
}

ssize_t capture_unpack_read(struct capture_unpack *u, void *to, size_t size)
{
	size_t left = u->back_size - u->back_at;

	if (left == 0)
		return read_new(u, to, size);
	if (size > left)
		size = left;
	memcpy(to, u->back + u->back_at, size);
	u->back_at += size;
	return (ssize_t)size;
}

// Makes room for `size` octets before (`first`) or after those that were given back. False: no memory.
static bool make_room(struct capture_unpack *u, size_t size, bool first)
{
	size_t left = u->back_size - u->back_at;
	uint8_t *grown = memory_new(left + size);

	if (!grown)
		return false;
	if (left > 0) // there may be no buffer yet
		memcpy(grown + (first ? size : 0), u->back + u->back_at, left);
	memory_delete(u->back);
	u->back = grown;
	u->back_at = 0;
	u->back_size = left + (first ? size : 0);
	return true;
}

bool capture_unpack_give_back(struct capture_unpack *u, const uint8_t *at, size_t size)
{
	if (size == 0)
		return true;
	if (!make_room(u, size, true))
		return false;
	memcpy(u->back, at, size);
	return true;
}

size_t capture_unpack_peek(struct capture_unpack *u, const uint8_t **at, size_t size)
{
	size_t left = u->back_size - u->back_at;

	if (left < size && make_room(u, size - left, false))
		while (u->back_size < size) {
			ssize_t got = read_new(u, u->back + u->back_size, size - u->back_size);
			if (got <= 0)
				break;
			u->back_size += (size_t)got;
		}
	*at = u->back + u->back_at;
	return u->back_size - u->back_at;
}

void capture_unpack_close(struct capture_unpack *u)
{
	if (!u)
		return;
	if (u->coder)
		u->format->destroy(u->coder);
	close(u->fd);
	memory_delete(u->back);
	memory_delete(u);
}

const char *capture_unpack_name(const struct capture_unpack *unpack)
{
	return unpack && unpack->format ? unpack->format->name : NULL;
}

const char *capture_unpack_error(const struct capture_unpack *unpack)
{
	return unpack ? unpack->error : NULL;
}

bool capture_unpack_is_unverified(const struct capture_unpack *unpack)
{
	return unpack && unpack->is_unverified;
}

bool capture_unpack_is_cut(const struct capture_unpack *unpack)
{
	return unpack && unpack->is_cut;
}

// Finds the format by the first octets. Skippable frames come before those of zstd (pzstd) more often than before those of lz4.
static const struct unpack_format *recognize(struct capture_unpack *u)
{
	need(u, UNPACK_START);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (begins(formats[i], u->in, u->in_size))
			return formats[i];
	return begins_skippable(&unpack_zstd, u->in, u->in_size) ? &unpack_zstd : NULL;
}

struct capture_unpack *capture_unpack_take(int fd, const atomic_bool *stop)
{
	struct capture_unpack *u = memory_new(sizeof(*u));

	if (!u) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	u->fd = fd;
	u->stop = stop;
	u->in = u->buffer;
	u->format = recognize(u);
	u->coder = u->format ? u->format->create() : NULL;
	if (!u->format || u->coder)
		return u;
	capture_unpack_close(u);
	errno = ENOMEM;
	return NULL;
}

struct capture_unpack *capture_unpack_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return capture_unpack_take(fd, NULL);
}

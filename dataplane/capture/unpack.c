// SPDX-License-Identifier: BSD-3-Clause
// A file of compressed members → one stream. Every octet of the file belongs to a member or to the padding after the last one;
// anything else is an error, since it may be a member whose first octets have changed.
#include "dataplane/capture/unpack.h"

#include "dataplane/capture/unpack_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 128 << 10, WHY = 128 };

static const struct unpack_format *const formats[] = {&unpack_gzip, &unpack_zstd, &unpack_xz, &unpack_lz4};

struct capture_unpack {
	FILE *file;
	const struct unpack_format *format;
	void *coder;
	const uint8_t *in; // in `buffer`
	size_t in_size;
	bool in_member;	 // between its first octet and its last
	bool is_padding; // zeros after the last member, as of tapes and of xz
	bool is_unverified;
	const char *error; // NULL, or what is wrong
	char why[WHY];
	uint8_t buffer[BUFFER];
};

// Reads more if fewer than `size` octets are left. True if there are that many.
static bool need(struct capture_unpack *u, size_t size)
{
	if (u->in_size >= size)
		return true;
	memmove(u->buffer, u->in, u->in_size);
	u->in = u->buffer;
	size_t got = fread(u->buffer + u->in_size, 1, BUFFER - u->in_size, u->file);
	u->in_size += got;
	if (got == 0 && ferror(u->file))
		u->error = strerror(errno);
	return u->in_size >= size;
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
		if (!u->error)
			fail(u, CAPTURE_UNPACK_CUT);
		return false;
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

static ssize_t read_on(void *cookie, char *to, size_t size)
{
	struct capture_unpack *u = cookie;
	struct unpack_io io = {.out = (uint8_t *)to, .out_size = size};

	while (io.out_size > 0 && !u->error && (u->in_member ? unpack_on(u, &io) : begin_member(u)))
		;
	if (io.out_size < size || !u->error) // an error is reported after all octets before it were read
		return (ssize_t)(size - io.out_size);
	errno = EIO;
	return -1;
}

static void destroy(struct capture_unpack *u)
{
	if (u->coder)
		u->format->destroy(u->coder);
	if (u->file)
		fclose(u->file);
	free(u);
}

static int close_all(void *cookie)
{
	destroy(cookie);
	return 0;
}

const char *capture_unpack_name(const struct capture_unpack *unpack)
{
	return unpack ? unpack->format->name : NULL;
}

const char *capture_unpack_error(const struct capture_unpack *unpack)
{
	return unpack ? unpack->error : NULL;
}

bool capture_unpack_is_unverified(const struct capture_unpack *unpack)
{
	return unpack && unpack->is_unverified;
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

FILE *capture_unpack_open(const char *path, struct capture_unpack **unpack)
{
	static const cookie_io_functions_t functions = {.read = read_on, .close = close_all};
	struct capture_unpack *u = calloc(1, sizeof(*u));
	FILE *file = NULL;

	*unpack = NULL;
	if (!u)
		return NULL;
	u->in = u->buffer;
	u->file = fopen(path, "re");
	u->format = u->file ? recognize(u) : NULL;
	u->coder = u->format ? u->format->create() : NULL;
	if (u->coder)
		file = fopencookie(u, "r", functions);
	if (file)
		*unpack = u;
	else
		destroy(u);
	return file;
}

// SPDX-License-Identifier: BSD-3-Clause
// zlib's inflate, not its gzread: gzread accepts any end of the file as the end of the data, and ignores without an
// error what follows the last member: garbage, or a member whose first octet has changed.
#include "dataplane/capture/gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	BUFFER = 128 << 10,
	MEMBER_START = 2,   // octets that begin a member
	GZIP_ONLY = 15 + 16 // inflateInit2: the largest window, a gzip header and trailer, checked
};

static const uint8_t magic[MEMBER_START] = {0x1f, 0x8b}; // RFC 1952 §2.3.1

struct capture_gzip {
	FILE *file;
	z_stream z;
	bool in_member;	 // between its first octet and the end of its trailer
	bool is_padding; // zeros after the last member, as of tapes
	bool is_unverified;
	const char *error; // NULL, or what is wrong
	uint8_t buffer[BUFFER];
};

// Reads more if fewer than `size` octets are left. True if there are that many.
static bool need(struct capture_gzip *g, size_t size)
{
	if (g->z.avail_in >= size)
		return true;
	memmove(g->buffer, g->z.next_in, g->z.avail_in);
	g->z.next_in = g->buffer;
	size_t got = fread(g->buffer + g->z.avail_in, 1, BUFFER - g->z.avail_in, g->file);
	g->z.avail_in += (unsigned)got;
	if (got == 0 && ferror(g->file))
		g->error = strerror(errno);
	return g->z.avail_in >= size;
}

// Between members: the next one, or zeros, or the end. False at the end, and with `error`.
static bool begin_member(struct capture_gzip *g)
{
	bool is_there = need(g, MEMBER_START);

	if (g->error || g->z.avail_in == 0)
		return false;
	if (!g->is_padding && is_there && memcmp(g->z.next_in, magic, MEMBER_START) == 0) {
		g->in_member = inflateReset(&g->z) == Z_OK;
		return g->in_member;
	}
	for (; g->z.avail_in > 0 && *g->z.next_in == 0; g->z.avail_in--, g->z.next_in++)
		g->is_padding = true;
	if (g->z.avail_in > 0)
		g->error = "its gzip data is followed by something else";
	return !g->error;
}

// Unpacks into what z.next_out has left. False at the end of the file, and with `error`.
static bool inflate_on(struct capture_gzip *g)
{
	if (!need(g, 1)) {
		g->error = g->error ? g->error : CAPTURE_GZIP_CUT;
		return false;
	}
	int result = inflate(&g->z, Z_NO_FLUSH);
	if (result == Z_STREAM_END)
		g->in_member = false;
	if (result == Z_OK || result == Z_STREAM_END || (result == Z_BUF_ERROR && g->z.avail_in == 0))
		return true;
	g->is_unverified = result != Z_MEM_ERROR;
	g->error = g->z.msg ? g->z.msg : "its gzip data needs a dictionary, or there is no memory";
	return false;
}

static ssize_t read_on(void *cookie, char *to, size_t size)
{
	struct capture_gzip *g = cookie;
	unsigned room = (unsigned)(size < INT_MAX ? size : INT_MAX);

	g->z.next_out = (uint8_t *)to;
	g->z.avail_out = room;
	while (g->z.avail_out > 0 && !g->error && (g->in_member ? inflate_on(g) : begin_member(g)))
		;
	if (g->z.avail_out < room || !g->error) // an error is reported after all octets before it were read
		return (ssize_t)(room - g->z.avail_out);
	errno = EIO;
	return -1;
}

static int close_all(void *cookie)
{
	struct capture_gzip *g = cookie;

	inflateEnd(&g->z);
	fclose(g->file);
	free(g);
	return 0;
}

const char *capture_gzip_error(const struct capture_gzip *gzip)
{
	return gzip ? gzip->error : NULL;
}

bool capture_gzip_is_unverified(const struct capture_gzip *gzip)
{
	return gzip && gzip->is_unverified;
}

FILE *capture_gzip_open(const char *path, struct capture_gzip **gzip)
{
	static const cookie_io_functions_t functions = {.read = read_on, .close = close_all};
	struct capture_gzip *g = calloc(1, sizeof(*g));
	FILE *file = NULL;

	*gzip = NULL;
	if (!g)
		return NULL;
	g->z.next_in = g->buffer;
	g->file = fopen(path, "re");
	if (g->file && need(g, MEMBER_START) && memcmp(g->buffer, magic, MEMBER_START) == 0 &&
		inflateInit2(&g->z, GZIP_ONLY) == Z_OK) {
		g->in_member = true;
		file = fopencookie(g, "r", functions);
		if (file)
			*gzip = g;
		else
			inflateEnd(&g->z);
	}
	if (file)
		return file;
	if (g->file)
		fclose(g->file);
	free(g);
	return NULL;
}

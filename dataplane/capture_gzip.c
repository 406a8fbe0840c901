// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture_gzip.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { BUFFER = 128 << 10 };

const char *capture_gzip_error(gzFile gzip)
{
	int number = Z_OK;
	const char *text = gzip ? gzerror(gzip, &number) : NULL;

	if (number == Z_BUF_ERROR)
		return CAPTURE_GZIP_CUT;
	return number == Z_OK || number == Z_STREAM_END ? NULL : text;
}

// gzread takes the end of a file for the end of its data, wherever that is.
static ssize_t read_on(void *gzip, char *to, size_t size)
{
	int got = gzread(gzip, to, (unsigned)(size < INT_MAX ? size : INT_MAX));

	if (got > 0 || (got == 0 && !capture_gzip_error(gzip)))
		return got;
	errno = EIO;
	return -1;
}

static int close_all(void *gzip)
{
	return gzclose_r(gzip) == Z_OK ? 0 : EOF;
}

static int is_gzip(const char *path)
{
	static const char magic[2] = "\x1f\x8b"; // RFC 1952 §2.3.1
	char start[sizeof(magic)] = "";
	FILE *file = fopen(path, "re");
	size_t got = file ? fread(start, 1, sizeof(start), file) : 0;

	if (file)
		fclose(file);
	return got == sizeof(start) && memcmp(start, magic, sizeof(magic)) == 0;
}

FILE *capture_gzip_open(const char *path, gzFile *gzip)
{
	static const cookie_io_functions_t functions = {.read = read_on, .close = close_all};

	*gzip = is_gzip(path) ? gzopen(path, "re") : NULL;
	if (!*gzip)
		return NULL;
	gzbuffer(*gzip, BUFFER);
	FILE *file = fopencookie(*gzip, "r", functions);
	if (!file) {
		gzclose_r(*gzip);
		*gzip = NULL;
	}
	return file;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/cli/feed.h"

#include "collector/cli/lookback.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

static volatile sig_atomic_t hangup;

static void on_hangup(int number)
{
	hangup = 1;
}

// Appends to the file. If a crash left a part of a line, that line ends here.
static int open_file(struct feed *f)
{
	struct stat status;

	f->file = fopen(f->path, "ae+");
	if (!f->file || fstat(fileno(f->file), &status) != 0)
		return lookback_fail("--feed %s: %s", f->path, strerror(errno));
	f->device = status.st_dev;
	f->inode = status.st_ino;
	if (status.st_size > 0 && fseek(f->file, -1, SEEK_END) == 0 && fgetc(f->file) != '\n')
		fputc('\n', f->file);
	fseek(f->file, 0, SEEK_END);
	return 0;
}

int feed_open(struct feed *f, const char *path)
{
	const struct sigaction action = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};

	*f = (struct feed){.path = path};
	if (!path)
		return 0;
	sigaction(SIGHUP, &action, NULL);
	return open_file(f);
}

bool feed_is_empty(const struct feed *f)
{
	return !f->file || ftell(f->file) <= 0;
}

static bool was_moved(const struct feed *f)
{
	struct stat status;

	return stat(f->path, &status) != 0 || status.st_dev != f->device || status.st_ino != f->inode;
}

int feed_write(struct feed *f, struct redis_buffer *out)
{
	FILE *file = f->path ? f->file : stdout;

	if (f->path && (hangup || was_moved(f))) {
		hangup = 0;
		fclose(f->file);
		f->file = NULL;
		if (open_file(f) != 0)
			return LOOKBACK_FAILED;
		file = f->file;
	}
	if (out->bad)
		return lookback_fail("out of memory");
	if ((out->size > 0 && fwrite(out->bytes, 1, out->size, file) != out->size) || fflush(file) != 0)
		return lookback_fail("%s%s: %s", f->path ? "--feed " : "", f->path ? f->path : "(standard output)",
			strerror(errno));
	redis_buffer_clear(out);
	return 0;
}

void feed_close(struct feed *f)
{
	if (f->file)
		fclose(f->file);
}

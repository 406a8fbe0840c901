// SPDX-License-Identifier: BSD-3-Clause
// Files of lists: a file is replaced as a whole, and only if its content changes.
#include "collector/block/build.h"

#include "collector/base/atomic_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4200, BLOCK = 1 << 16 };

// True if the file has this content already.
static bool is_same(FILE *file, const struct redis_buffer *body)
{
	char piece[BLOCK];
	size_t at = 0, n;
	bool same = true;

	rewind(file);
	while (same && (n = fread(piece, 1, sizeof(piece), file)) > 0) {
		same = body->size - at >= n && memcmp(body->bytes + at, piece, n) == 0;
		at += n;
	}
	return same && at == body->size && !ferror(file);
}

// Resolvers run as other users: a file that is new gets mode 0644.
static int write_one(const char *path, const struct redis_buffer *body, char *why, size_t why_size)
{
	struct atomic_file file;
	struct stat status;
	bool fresh = stat(path, &status) != 0;

	if (atomic_file_begin(&file, path, why, why_size) != 0)
		return -1;
	if (!fresh && is_same(file.old, body)) {
		atomic_file_cancel(&file);
		return 0;
	}
	if (fresh && fchmod(fileno(file.fresh), 0644) != 0) {
		snprintf(why, why_size, "%.300s: %s", path, strerror(errno));
		atomic_file_cancel(&file);
		return -1;
	}
	if (body->size > 0)
		fwrite(body->bytes, 1, body->size, file.fresh); // commit finds an error
	return atomic_file_commit(&file, why, why_size) == 0 ? 1 : -1;
}

static int write_output(const struct block_file *f, const struct block_output *output, char *why, size_t why_size)
{
	char path[PATH_SIZE];
	int changed = 0;

	if (*output->at[0].name && mkdir(f->path, 0755) != 0 && errno != EEXIST) {
		snprintf(why, why_size, "%.300s: %s", f->path, strerror(errno));
		return -1;
	}
	for (size_t i = 0; i < output->len; i++) {
		const struct block_document *d = &output->at[i];
		snprintf(path, sizeof(path), "%s%s%s", f->path, *d->name ? "/" : "", d->name);
		int result = write_one(path, &d->body, why, why_size);
		if (result < 0)
			return -1;
		changed |= result;
	}
	return changed;
}

int block_build_write(const struct block_list *l, struct block_set *s, const struct block_serial *serial, char *why,
	size_t why_size)
{
	const struct block_view view = {.list = l, .set = s, .serial = serial->serial, .changed = serial->changed};
	struct block_output output;
	int changed = 0;

	for (size_t i = 0; i < l->files_len; i++) {
		if (block_format_make(l->files[i].format, &view, &output) != 0) {
			snprintf(why, why_size, "out of memory");
			return -1;
		}
		int result = write_output(&l->files[i], &output, why, why_size);
		block_output_free(&output);
		if (result < 0)
			return -1;
		changed += result;
	}
	return changed;
}

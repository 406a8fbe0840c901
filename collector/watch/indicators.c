// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/indicators.h"

#include "collector/question/name.h"
#include "collector/watch/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 16 };

static void note(struct watch_indicators *out, const struct stat *status)
{
	out->device = status->st_dev;
	out->inode = status->st_ino;
	out->size = status->st_size;
	out->changed = status->st_mtim;
}

bool watch_indicators_changed(const struct watch_indicators *i)
{
	struct stat status;

	return stat(i->path, &status) == 0 &&
	       (i->device != status.st_dev || i->inode != status.st_ino || i->size != status.st_size ||
		       i->changed.tv_sec != status.st_mtim.tv_sec || i->changed.tv_nsec != status.st_mtim.tv_nsec);
}

// A name of letters, digits, hyphens and dots in lower case: in the form of Redis keys already.
static bool is_plain(const char *text, size_t len)
{
	size_t label = 0;
	bool letter = false;

	if (len == 0 || len > 253)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool small = text[i] >= 'a' && text[i] <= 'z';
		if (!small && !(text[i] >= '0' && text[i] <= '9') && text[i] != '-' && text[i] != '_' && text[i] != '.')
			return false;
		label = text[i] == '.' ? 0 : label + 1;
		if (label > 63 || (label == 0 && (i == 0 || text[i - 1] == '.' || i + 1 == len)))
			return false;
		letter |= small || text[i] == '-' || text[i] == '_';
	}
	return letter; // else it may be an address
}

static bool add_name(struct watch_index *x, const char *name, size_t len, uint32_t term)
{
	return watch_index_add_name(x, name, len, WATCH_BELOW, term) &&
	       watch_index_add_name(x, name, len, WATCH_POINT, term);
}

// 0; -EINVAL: neither a name nor an address; -ENOMEM.
static int add_line(struct watch_index *x, const char *text, size_t len, uint32_t term)
{
	char plain[TEXT_NAME_SIZE], name[TEXT_NAME_SIZE];
	uint8_t address[16];
	unsigned bits;

	if (is_plain(text, len))
		return add_name(x, text, len, term) ? 0 : -ENOMEM;
	if (!query_unfang(text, plain, sizeof(plain)))
		return -EINVAL;
	if (watch_network(plain, address, &bits))
		return watch_index_add_network(x, address, bits, term) ? 0 : -ENOMEM;
	if (strchr(plain, '/') || strchr(plain, ':'))
		return -EINVAL;
	size_t name_len = watch_name(plain, strlen(plain), name);
	if (name_len == 0 || strcmp(name, ".") == 0)
		return -EINVAL;
	return add_name(x, name, name_len, term) ? 0 : -ENOMEM;
}

static int read_lines(struct watch_index *x, FILE *file, const char *path, uint32_t term, char *why, size_t why_size)
{
	char line[BUFFER_SIZE];
	size_t number = 0, entries = 0;

	while (fgets(line, sizeof(line), file)) {
		size_t len = strcspn(line, "#\r\n"), skip = strspn(line, " \t");
		number++;
		while (len > skip && (line[len - 1] == ' ' || line[len - 1] == '\t'))
			len--;
		if (len <= skip)
			continue;
		line[len] = '\0';
		int result = add_line(x, line + skip, len - skip, term);
		if (result == -EINVAL)
			return snprintf(why, why_size,
				       "%s:%zu: found '%.100s', expected a name, an address or a network", path, number,
				       line + skip),
			       -EINVAL;
		if (result == 0 && ++entries > WATCH_FILE_ENTRIES_MAX)
			return snprintf(why, why_size, "%s: found more than %d lines", path, WATCH_FILE_ENTRIES_MAX),
			       -EINVAL;
		if (result != 0)
			return snprintf(why, why_size, "%s: out of memory", path), result;
	}
	return ferror(file) ? (snprintf(why, why_size, "%s: cannot be read", path), -EIO) : 0;
}

int watch_indicators_read(struct watch_indicators *out, struct watch_index *x, const char *path, uint32_t term,
	char *why, size_t why_size)
{
	struct stat status;
	FILE *file = fopen(path, "re");

	out->path = path;
	if (!file || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
		int error = file ? EINVAL : errno;
		snprintf(why, why_size, "%s: %s", path, file ? "found no regular file, expected one" : strerror(error));
		if (file)
			fclose(file);
		return -error;
	}
	note(out, &status);
	int result = read_lines(x, file, path, term, why, why_size);
	fclose(file);
	return result;
}

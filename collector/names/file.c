// SPDX-License-Identifier: BSD-3-Clause
#include "collector/names/file.h"

#include "dataplane/common/fnv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_SIZE = 256, CHUNK = 1 << 20 };

// FNV-1a over words of eight octets: against a cut or damaged file, not against forgery.
static uint64_t checksum(uint64_t sum, const char *bytes, size_t size)
{
	uint64_t word;

	for (; size >= 8; bytes += 8, size -= 8) {
		memcpy(&word, bytes, 8);
		sum = fnv64_mix(sum, word);
		sum ^= sum >> 31;
	}
	return fnv64(sum, bytes, size);
}

static int fail(char *why, size_t why_size, const char *path, const char *what)
{
	snprintf(why, why_size, "names.file %.300s: %s", path, what);
	return -1;
}

int names_file_save(const struct names_store *s, const char *path, const char *prefix, const char *id, char *why,
	size_t why_size)
{
	char temporary[4200];
	uint64_t size = names_store_size(s) - 1;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
		return fail(why, why_size, path, "too long a path");
	FILE *file = fopen(temporary, "we");
	if (!file)
		return fail(why, why_size, temporary, strerror(errno));
	fchmod(fileno(file), 0640);
	fprintf(file, "lookback-names 1 %s %s %llu %016llx\n", prefix, *id ? id : "0", (unsigned long long)size,
		(unsigned long long)checksum(0, s->text + 1, size));
	bool good = fwrite(s->text + 1, 1, size, file) == size;
	good = fflush(file) == 0 && good && fsync(fileno(file)) == 0;
	good = fclose(file) == 0 && good && rename(temporary, path) == 0;
	if (good)
		return 0;
	fail(why, why_size, path, strerror(errno));
	unlink(temporary);
	return -1;
}

int names_file_load(struct names_store *s, const char *path, const char *prefix, char id[static NAMES_ID_SIZE],
	char *why, size_t why_size)
{
	char head[HEAD_SIZE], saved_prefix[80];
	unsigned long long size, sum;
	struct stat status;
	FILE *file = fopen(path, "re");
	char *text = NULL;
	int result = -1;

	why[0] = '\0';
	if (!file)
		return errno == ENOENT ? -1 : fail(why, why_size, path, strerror(errno));
	if (!fgets(head, sizeof(head), file) ||
		sscanf(head, "lookback-names 1 %79s %47s %llu %llx", saved_prefix, id, &size, &sum) != 4 ||
		fstat(fileno(file), &status) != 0 || (unsigned long long)status.st_size != strlen(head) + size)
		fail(why, why_size, path, "found an incomplete file, expected an index of names");
	else if (strcmp(saved_prefix, prefix) != 0)
		fail(why, why_size, path, "made with another redis.prefix");
	else if (!(text = malloc(size + 1)) || fread(text, 1, size, file) != size)
		fail(why, why_size, path, text ? "cannot be read" : "out of memory");
	else if (checksum(0, text, size) != sum)
		fail(why, why_size, path, "damaged");
	else if (!names_store_append(s, text, size))
		fail(why, why_size, path, "no room for its names");
	else
		result = 0;
	free(text);
	fclose(file);
	return result;
}

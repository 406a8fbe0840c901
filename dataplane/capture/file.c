// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/capture/unpack.h"

// What else a file is, by its first octets.
static const char *kind_of(const char *path)
{
	static const struct {
		char start[5];
		const char *name;
	} kinds[] = {{"BZh9", "bzip2"}, {"PK\3\4", "zip"}, {"\x02\x21\x4c\x18", "old lz4 (lz4 -l)"}};
	char start[4] = "";
	FILE *file = fopen(path, "r");

	if (file)
		setvbuf(file, NULL, _IONBF, 0); // no packets on the heap, which core files have
	if (file && fread(start, 1, sizeof(start), file) != sizeof(start))
		start[0] = '\0';
	if (file)
		fclose(file);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (memcmp(start, kinds[i].start, sizeof(start)) == 0)
			return kinds[i].name;
	return NULL;
}

int capture_file_check(const char *path, char *why, size_t why_size)
{
	struct stat status;
	const char *found = "a socket or device";

	if (stat(path, &status) != 0) {
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (S_ISREG(status.st_mode) && status.st_size > 0)
		return 0;
	if (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode))
		found = S_ISDIR(status.st_mode) ? "a directory" : "an empty file";
	snprintf(why, why_size, "%s: found %s, expected a capture file (pcap, pcapng or dnstap)", path, found);
	return S_ISREG(status.st_mode) ? 1 : -1;
}

int capture_file_explain(const char *path, const char *error, bool is_unverified, char *why, size_t why_size)
{
	bool named = strncmp(error, path, strlen(path)) == 0;
	const char *kind = kind_of(path);

	if (strcmp(error, "unknown file format") != 0)
		snprintf(why, why_size, "%s%s%s", named ? "" : path, named ? "" : ": ", error);
	else if (kind)
		snprintf(why, why_size,
			"%s: found %s data, expected pcap or pcapng, as they are or by gzip, zstd, xz or lz4; unpack it first",
			path, kind);
	else
		snprintf(why, why_size,
			"%s: found no capture in it, expected pcap or pcapng, as they are or by gzip, zstd, xz or lz4",
			path);
	return is_unverified || strncmp(error, "truncated ", 10) == 0 || strstr(error, CAPTURE_UNPACK_CUT) ? 1 : -1;
}

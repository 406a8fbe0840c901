// SPDX-License-Identifier: BSD-3-Clause
// A main for fuzz targets without a fuzzer: every file of the directories given (and every file given)
// goes through the target once. A missing directory holds no inputs.
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replayed;

static int replay_file(const char *path)
{
	struct stat st;
	FILE *file = fopen(path, "rb");

	if (file == NULL || fstat(fileno(file), &st) != 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	size_t size = (size_t)st.st_size;
	uint8_t *bytes = malloc(size > 0 ? size : 1); // of just that size, so that a sanitizer sees over-reads
	if (bytes == NULL || fread(bytes, 1, size, file) != size) {
		fprintf(stderr, "%s: not readable to its end\n", path);
		fclose(file);
		free(bytes);
		return -1;
	}
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	replayed++;
	return 0;
}

static int replay(const char *path)
{
	struct dirent **names;
	struct stat st;
	int error = 0;

	if (stat(path, &st) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	int len = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < len; i++) {
		char file[4096];
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && replay(file) != 0)
			error = -1;
		free(names[i]);
	}
	if (len >= 0)
		free(names);
	return len < 0 ? -1 : error;
}

int main(int argc, char **argv)
{
	int error = 0;

	for (int i = 1; i < argc; i++)
		if (replay(argv[i]) != 0)
			error = 1;
	printf("%lu inputs replayed\n", replayed);
	return error;
}

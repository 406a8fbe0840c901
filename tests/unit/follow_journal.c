// SPDX-License-Identifier: BSD-3-Clause
// The journal of captures that were taken: what it knows after a restart, cut off at every octet.
#include "dataplane/follow/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tools/unit.h"

static char folder[] = "/tmp/lookback-journal.XXXXXX";
static char path[64], why[5000];

static struct follow_file file_of(uint64_t number)
{
	return (struct follow_file){.hash = number * 0x9e3779b97f4a7c15u,
		.packets = number,
		.bytes = 100 * number,
		.first_us = 1700000000000000u + number,
		.device = 7,
		.inode = 1000 + number,
		.size = 200 * number,
		.mtime_ns = number};
}

static struct follow_journal *open_journal(void)
{
	struct follow_journal *j = follow_journal_open(folder, why, sizeof(why));

	CU_ASSERT_PTR_NOT_NULL_FATAL(j);
	return j;
}

static void commit(struct follow_journal *j, uint64_t from, size_t len)
{
	struct follow_file files[16];
	const char *paths[16];

	for (size_t i = 0; i < len; i++) {
		files[i] = file_of(from + i);
		paths[i] = "a path with blanks\nand a line";
	}
	CU_ASSERT_EQUAL(follow_journal_commit(j, files, paths, len), 0);
}

static bool has(struct follow_journal *j, uint64_t number)
{
	struct follow_file file = file_of(number);

	return follow_journal_has_content(j, &file);
}

static void test_batches(void)
{
	struct follow_file file = file_of(3), earlier;

	unlink(path);
	struct follow_journal *j = open_journal();
	CU_ASSERT(!follow_journal_is_open(j) && !has(j, 1));
	commit(j, 1, 10);
	CU_ASSERT(follow_journal_is_open(j) && !has(j, 1)); // not applied
	CU_ASSERT_EQUAL(follow_journal_place(j, &file, "x"), -EAGAIN);
	follow_journal_close(j);
	j = open_journal();
	CU_ASSERT(follow_journal_is_open(j) && !has(j, 1));
	CU_ASSERT_EQUAL(follow_journal_apply(j), 0);
	CU_ASSERT(!follow_journal_is_open(j) && has(j, 1) && has(j, 10) && !has(j, 11));
	CU_ASSERT(follow_journal_has_place(j, &file));
	file.mtime_ns++;
	CU_ASSERT(!follow_journal_has_place(j, &file));
	CU_ASSERT(follow_journal_earlier(j, &file, &earlier) && earlier.packets == 3);
	file.inode = 5;
	CU_ASSERT(!follow_journal_earlier(j, &file, &earlier));
	CU_ASSERT_EQUAL(follow_journal_place(j, &file, "a copy"), 0);
	commit(j, 11, 0); // a batch without captures
	CU_ASSERT_EQUAL(follow_journal_apply(j), 0);
	follow_journal_close(j);
	j = open_journal();
	CU_ASSERT(!follow_journal_is_open(j) && has(j, 1) && follow_journal_has_place(j, &file));
	follow_journal_close(j);
}

// More files than the first index has room for.
static void test_many(void)
{
	unlink(path);
	struct follow_journal *j = open_journal();
	for (uint64_t i = 0; i < 200; i++) {
		commit(j, 1 + 10 * i, 10);
		CU_ASSERT_EQUAL(follow_journal_apply(j), 0);
	}
	follow_journal_close(j);
	j = open_journal();
	for (uint64_t i = 1; i <= 2000; i++)
		CU_ASSERT(has(j, i));
	CU_ASSERT(!has(j, 2001));
	follow_journal_close(j);
}

// A crash within a write: the batch is not there, or all of it is; and the journal can be written on.
static void test_cut(void)
{
	struct stat status;
	static char all[1 << 16];
	off_t first;

	unlink(path);
	struct follow_journal *j = open_journal();
	commit(j, 1, 3);
	CU_ASSERT_EQUAL(follow_journal_apply(j), 0);
	stat(path, &status);
	first = status.st_size;
	commit(j, 4, 3);
	follow_journal_close(j);
	int fd = open(path, O_RDONLY);
	ssize_t size = read(fd, all, sizeof(all));
	close(fd);
	for (ssize_t cut = first; cut <= size; cut++) {
		fd = open(path, O_WRONLY | O_TRUNC);
		CU_ASSERT_FATAL(write(fd, all, (size_t)cut) == cut);
		close(fd);
		j = open_journal();
		CU_ASSERT_EQUAL(follow_journal_is_open(j), cut == size);
		CU_ASSERT(has(j, 3) && !has(j, 4));
		if (cut < size)
			commit(j, 4, 3);
		CU_ASSERT_EQUAL(follow_journal_apply(j), 0);
		CU_ASSERT(has(j, 6));
		follow_journal_close(j);
		j = open_journal();
		CU_ASSERT(!follow_journal_is_open(j) && has(j, 6));
		follow_journal_close(j);
	}
}

// Damage within it is an error: a journal that forgets would count captures again.
static void test_damaged(void)
{
	static const char *const texts[] = {"A\n", "C 1\n", "F 1 2 3\nC 1\n", "hello\n", "C 0\nC 0\n", "\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *out = fopen(path, "w");
		CU_ASSERT_FATAL(out != NULL);
		fputs(texts[i], out);
		fclose(out);
		CU_ASSERT_PTR_NULL(follow_journal_open(folder, why, sizeof(why)));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, "is damaged; restore it"));
	}
}

int main(void)
{
	static const struct unit_test tests[] = {{"batches", test_batches}, {"many", test_many}, {"cut", test_cut},
		{"damaged", test_damaged}};

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/journal", folder);
	int result = unit_run("follow_journal", tests, sizeof(tests) / sizeof(tests[0]));
	unlink(path);
	rmdir(folder);
	return result;
}

// SPDX-License-Identifier: BSD-3-Clause
// Lists of networks: what is read, what is refused, and the longest prefix against a plain search.
#include <CUnit/Basic.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/base/prefix.h"
#include "tests/tools/unit.h"

static bool takes(const struct prefix_set *set, const char *address)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1)
		return prefix_set_takes(set, bytes, 4);
	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, address, bytes), 1);
	return prefix_set_takes(set, bytes, 16);
}

static struct prefix_set *make(const char *text)
{
	struct prefix_list list;
	char why[300];

	CU_ASSERT_EQUAL_FATAL(prefix_list_read(&list, text, why, sizeof(why)), 0);
	struct prefix_set *set = prefix_set_new(&list);
	prefix_list_free(&list);
	return set;
}

static void test_rows(void)
{
	static const struct {
		const char *list, *address;
		bool take;
	} rows[] = {
		{"", "192.0.2.1", true},
		{"192.0.2.0/24", "192.0.2.0", true},
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.0/24", "192.0.1.255", false},
		{"192.0.2.77/24", "192.0.2.1", true}, // host bits do not matter
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.0/24, !192.0.2.128/25, 192.0.2.200", "192.0.2.1", true},
		{"192.0.2.0/24, !192.0.2.128/25, 192.0.2.200", "192.0.2.129", false},
		{"192.0.2.0/24, !192.0.2.128/25, 192.0.2.200", "192.0.2.200", true},
		{"192.0.2.0/24, !192.0.2.128/25, 192.0.2.200", "192.0.2.201", false},
		{"!10.0.0.0/8", "10.1.2.3", false},
		{"!10.0.0.0/8", "11.1.2.3", true},
		{"!10.0.0.0/8", "2001:db8::1", true},
		{"2001:db8::/32", "2001:db8:ffff::1", true},
		{"2001:db8::/32", "2001:db9::1", false},
		{"2001:db8::/32", "192.0.2.1", false},
		{"0.0.0.0/0", "255.255.255.255", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "192.0.2.1", true},
		{"::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
		{"192.0.2.0/24,!192.0.2.0/24", "192.0.2.1", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix_set *set = make(rows[i].list);
		if (takes(set, rows[i].address) != rows[i].take)
			printf("\n  %s in '%s': expected %d\n", rows[i].address, rows[i].list, rows[i].take);
		CU_ASSERT_EQUAL(takes(set, rows[i].address), rows[i].take);
		prefix_set_free(set);
	}
}

static void test_refused(void)
{
	static const char *const rows[] = {"192.0.2.0/33", "192.0.2", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1",
		"example.com", "192.0.2.0/24/1", "!", "::g", "192.0.2.0/1x", "/nowhere/at/all"};
	struct prefix_list list;
	char why[300];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why[0] = '\0';
		CU_ASSERT_NOT_EQUAL(prefix_list_read(&list, rows[i], why, sizeof(why)), 0);
		CU_ASSERT_NOT_EQUAL(why[0], '\0');
	}
}

static void test_file(void)
{
	char path[] = "/tmp/unit_prefix.XXXXXX", why[300];
	static const char good[] = "# servers\n192.0.2.0/24  # ours\n\n!192.0.2.9\n2001:db8::53\r\n";
	static const char bad[] = "192.0.2.0/24\nnonsense\n";
	struct prefix_list list;
	int fd = mkstemp(path);

	CU_ASSERT_EQUAL_FATAL(write(fd, good, strlen(good)), (ssize_t)strlen(good));
	struct prefix_set *set = make(path);
	CU_ASSERT(takes(set, "192.0.2.8") && !takes(set, "192.0.2.9") && takes(set, "2001:db8::53"));
	prefix_set_free(set);
	CU_ASSERT_EQUAL_FATAL(ftruncate(fd, 0), 0);
	CU_ASSERT_EQUAL_FATAL(pwrite(fd, bad, strlen(bad), 0), (ssize_t)strlen(bad));
	CU_ASSERT_EQUAL(prefix_list_read(&list, path, why, sizeof(why)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, ":2: found 'nonsense'"));
	close(fd);
	unlink(path);
}

// What could keep a reader waiting, or never ends, is refused at once.
static void test_no_file(void)
{
	char folder[] = "/tmp/unit_prefix.XXXXXX", fifo[64], why[300];
	struct prefix_list list;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
	const char *rows[] = {fifo, folder, "/dev/zero", "/dev/null"};
	alarm(10);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why[0] = '\0';
		CU_ASSERT_EQUAL(prefix_list_read(&list, rows[i], why, sizeof(why)), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, ": cannot be read: it is no ordinary file"));
	}
	alarm(0);
	unlink(fifo);
	rmdir(folder);
}

// Random networks within 10.0.0.0/20 against a search through all of them.
static void test_random(void)
{
	struct prefix_list list = {.items = calloc(64, sizeof(struct prefix))};
	char text[64], why[200];

	srand(1);
	for (int round = 0; round < 200; round++) {
		list.len = (size_t)(rand() % 64);
		for (size_t i = 0; i < list.len; i++) {
			snprintf(text, sizeof(text), "10.0.%d.%d/%d", rand() % 16, rand() % 256, 20 + rand() % 13);
			CU_ASSERT_EQUAL_FATAL(prefix_parse(&list.items[i], text, why, sizeof(why)), 0);
			list.items[i].leave = rand() % 2; // networks written twice: made to agree
			for (size_t k = 0; k < i; k++)
				if (list.items[k].bits == list.items[i].bits &&
					memcmp(list.items[k].address, list.items[i].address, 16) == 0)
					list.items[i].leave = list.items[k].leave;
		}
		list.otherwise = rand() % 2;
		struct prefix_set *set = prefix_set_new(&list);
		for (int probe = 0; probe < 500; probe++) {
			uint8_t address[4] = {10, 0, (uint8_t)(rand() % 20), (uint8_t)rand()};
			int longest = -1;
			bool expected = list.otherwise;
			for (size_t i = 0; i < list.len; i++) {
				uint32_t mask = list.items[i].bits == 96 ? 0 : ~0u << (128 - list.items[i].bits), a, b;
				memcpy(&a, address, 4);
				memcpy(&b, list.items[i].address + 12, 4);
				if (((ntohl(a) ^ ntohl(b)) & mask) == 0 && list.items[i].bits > longest) {
					longest = list.items[i].bits;
					expected = !list.items[i].leave;
				}
			}
			CU_ASSERT_EQUAL(prefix_set_takes(set, address, 4), expected);
		}
		prefix_set_free(set);
	}
	free(list.items);
}

int main(void)
{
	static const struct unit_test tests[] = {{"rows", test_rows}, {"refused", test_refused}, {"file", test_file},
		{"no file", test_no_file}, {"random", test_random}};

	return unit_run("prefix", tests, sizeof(tests) / sizeof(tests[0]));
}

// SPDX-License-Identifier: BSD-3-Clause
// The store of names, its search and its file.
#include "tests/tools/unit.h"

#include "collector/names/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 200000 };

struct found {
	size_t len;
	char last[256];
};

static void take(void *arg, const char *name, size_t len)
{
	struct found *f = arg;

	f->len++;
	snprintf(f->last, sizeof(f->last), "%.*s", (int)len, name);
}

static struct found search(const struct names_store *s, bool folded, const char *needle, uint64_t budget)
{
	struct names_needles n = {.folded = folded};
	struct found f = {0};
	uint64_t at = 0;

	names_needle_add(&n, needle, strlen(needle));
	do
		at = names_search(s, &n, at, budget, take, &f);
	while (at < names_store_size(s));
	return f;
}

static void few(void)
{
	static const char *const names[] = {"a.example", "www.paypa1.com", "b.example", "my-bank.example", "a.example"};
	struct names_store s;

	CU_ASSERT_FATAL(names_store_open(&s));
	CU_ASSERT_EQUAL(search(&s, false, "a", 100).len, 0);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT(names_store_add(&s, names[i], strlen(names[i])));
	CU_ASSERT_EQUAL(s.len, 4); // one came twice
	CU_ASSERT_EQUAL(search(&s, false, "", 100).len, 4);
	CU_ASSERT_EQUAL(search(&s, false, ".example\n", 3).len, 3);
	CU_ASSERT_STRING_EQUAL(search(&s, false, "\nb.", 100).last, "b.example");
	CU_ASSERT_EQUAL(search(&s, false, "paypal", 100).len, 0);
	CU_ASSERT_STRING_EQUAL(search(&s, true, "paypal", 100).last, "www.paypa1.com");
	CU_ASSERT_STRING_EQUAL(search(&s, true, ".bank.", 100).last, "my-bank.example");
	CU_ASSERT_FALSE(names_store_add(&s, "a\nb", 3));
	CU_ASSERT_FALSE(names_store_add(&s, "", 0));
	names_store_close(&s);
}

static void many(void)
{
	struct names_store s;
	char name[64], path[] = "/tmp/unit_names_XXXXXX", id[NAMES_ID_SIZE], why[512];

	CU_ASSERT_FATAL(names_store_open(&s));
	for (int again = 0; again < 2; again++)
		for (int i = 0; i < MANY; i++) {
			int len = sprintf(name, "host-%d.zone-%d.example", i, i % 1000);
			CU_ASSERT_FATAL(names_store_add(&s, name, (size_t)len));
		}
	CU_ASSERT_EQUAL(s.len, MANY);
	CU_ASSERT(names_store_memory(&s) * 10 < 15 * (s.size - s.len)); // 1.5 times the names
	CU_ASSERT_EQUAL(search(&s, false, ".zone-7.", 1 << 20).len, MANY / 1000);
	CU_ASSERT_EQUAL(search(&s, false, "\nhost-199999.", 4096).len, 1);
	CU_ASSERT_EQUAL(search(&s, true, "host", 1 << 16).len, MANY); // more hits than are kept
	close(mkstemp(path));
	CU_ASSERT_EQUAL(names_file_save(&s, path, "pdns:", "5-1", why, sizeof(why)), 0);
	names_store_close(&s);
	CU_ASSERT_FATAL(names_store_open(&s));
	CU_ASSERT_EQUAL(names_file_load(&s, path, "pdns:", id, why, sizeof(why)), 0);
	CU_ASSERT(s.len == MANY && strcmp(id, "5-1") == 0);
	CU_ASSERT_EQUAL(names_file_load(&s, path, "other:", id, why, sizeof(why)), -1);
	FILE *file = fopen(path, "r+");
	fseek(file, 1000, SEEK_SET);
	fputc('#', file);
	fclose(file);
	CU_ASSERT_EQUAL(names_file_load(&s, path, "pdns:", id, why, sizeof(why)), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "damaged"));
	CU_ASSERT_EQUAL(truncate(path, 500), 0);
	CU_ASSERT_EQUAL(names_file_load(&s, path, "pdns:", id, why, sizeof(why)), -1);
	unlink(path);
	names_store_close(&s);
}

int main(void)
{
	static const struct unit_test tests[] = {{"a few names", few}, {"many names, and their file", many}};
	return unit_run("names", tests, sizeof(tests) / sizeof(*tests));
}

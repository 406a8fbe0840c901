// SPDX-License-Identifier: BSD-3-Clause
// SHA-256, the file of keys, quotas.
#include "tests/tools/unit.h"

#include "collector/base/keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *hash_of(const char *text)
{
	static char hex[65];
	uint8_t hash[32];

	keys_sha256(text, strlen(text), hash);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", hash[i]);
	return hex;
}

static void hashes(void) // FIPS 180-4, examples
{
	char as[120];

	CU_ASSERT_STRING_EQUAL(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CU_ASSERT_STRING_EQUAL(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CU_ASSERT_STRING_EQUAL(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(as, 'a', sizeof(as));
	as[119] = '\0';
	CU_ASSERT_STRING_EQUAL(hash_of(as), "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
}

// Twenty that add and remove at once, in processes of their own: nothing of anybody's is lost.
static void all_at_once(void)
{
	char folder[] = "/tmp/unit_keys_XXXXXX", path[100], link[100], name[32], key[KEYS_TEXT_SIZE], why[512];
	struct stat status;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/keys", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	CU_ASSERT_EQUAL(keys_add(path, "first", "", key, why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(chmod(path, 0640), 0);
	CU_ASSERT_EQUAL(symlink("keys", link), 0);
	for (int i = 0; i < 20; i++) {
		if (fork() != 0)
			continue;
		int result = 0;
		for (int turn = 0; turn < 5; turn++) {
			snprintf(name, sizeof(name), "k%d.%d", i, turn);
			result |= keys_add(i % 2 ? path : link, name, "5/h", key, why, sizeof(why));
			if (turn > 0)
				result |= keys_remove(link, name, why, sizeof(why));
		}
		_exit(result != 0);
	}
	int bad = 0, result;
	for (int i = 0; i < 20; i++)
		bad += wait(&result) < 0 || result != 0;
	CU_ASSERT_EQUAL(bad, 0);
	struct keys *k = keys_open(path, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	CU_ASSERT_EQUAL(keys_len(k), 21);
	keys_close(k);
	CU_ASSERT(lstat(link, &status) == 0 && S_ISLNK(status.st_mode));
	CU_ASSERT(stat(path, &status) == 0 && (status.st_mode & 0777) == 0640);
	unlink(link);
	unlink(path);
	CU_ASSERT_EQUAL(rmdir(folder), 0); // and nothing else is left
}

static void quotas(void)
{
	char path[] = "/tmp/unit_keys_XXXXXX", key[KEYS_TEXT_SIZE], other[KEYS_TEXT_SIZE], why[512];
	struct keys_rate rate;

	close(mkstemp(path));
	CU_ASSERT_EQUAL(keys_add(path, "alice", "2/min", key, why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(keys_add(path, "bob", "", other, why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(keys_add(path, "alice", "", other, why, sizeof(why)), 0); // there is one
	CU_ASSERT_NOT_EQUAL(keys_add(path, "a:b", "", other, why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(keys_add(path, "carol", "2/year", other, why, sizeof(why)), 0);
	struct keys *k = keys_open(path, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	CU_ASSERT_EQUAL(keys_len(k), 2);
	CU_ASSERT_EQUAL(keys_check(k, "nosuch", true, 1000, &rate), KEYS_UNKNOWN);
	CU_ASSERT_EQUAL(keys_check(k, key, true, 1000, &rate), KEYS_GOOD);
	CU_ASSERT(rate.limit == 2 && rate.remaining == 1 && rate.reset == 1060 && strcmp(rate.name, "alice") == 0);
	CU_ASSERT_EQUAL(keys_check(k, key, true, 1059, &rate), KEYS_GOOD);
	CU_ASSERT_EQUAL(keys_check(k, key, true, 1059, &rate), KEYS_OVER);
	CU_ASSERT_EQUAL(keys_check(k, key, false, 1059, &rate), KEYS_GOOD); // asking for the rate is free
	CU_ASSERT_EQUAL(rate.remaining, 0);
	CU_ASSERT_EQUAL(keys_check(k, key, true, 1060, &rate), KEYS_GOOD);
	CU_ASSERT_EQUAL(keys_remove(path, "bob", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(keys_remove(path, "bob", why, sizeof(why)), 0);
	keys_refresh(k, 1061);
	CU_ASSERT_EQUAL(keys_len(k), 1);
	keys_check(k, key, false, 1061, &rate);
	CU_ASSERT_EQUAL(rate.remaining, 1); // the count went on
	keys_close(k);
	FILE *file = fopen(path, "a");
	fputs("broken\n", file);
	fclose(file);
	CU_ASSERT_PTR_NULL(keys_open(path, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "line 2"));
	unlink(path);
}

int main(void)
{
	static const struct unit_test tests[] = {{"SHA-256", hashes}, {"all at once", all_at_once},
		{"keys and quotas", quotas}};
	return unit_run("keys", tests, sizeof(tests) / sizeof(*tests));
}

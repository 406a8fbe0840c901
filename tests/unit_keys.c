// SPDX-License-Identifier: BSD-3-Clause
// SHA-256, the file of keys, quotas.
#include "tests/unit.h"

#include "collector/keys.h"

#include <stdlib.h>
#include <string.h>
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

	CU_ASSERT_STRING_EQUAL(
		hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CU_ASSERT_STRING_EQUAL(
		hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CU_ASSERT_STRING_EQUAL(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(as, 'a', sizeof(as));
	as[119] = '\0';
	CU_ASSERT_STRING_EQUAL(
		hash_of(as), "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
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
	CU_ASSERT(rate.limit == 2 && rate.remaining == 1 && rate.reset == 1060 &&
		  strcmp(rate.name, "alice") == 0);
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
	static const struct unit_test tests[] = {{"SHA-256", hashes}, {"keys and quotas", quotas}};
	return unit_run("keys", tests, sizeof(tests) / sizeof(*tests));
}

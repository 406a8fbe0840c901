// SPDX-License-Identifier: BSD-3-Clause
#include "collector/cli/lookback.h"

#include "collector/base/keys.h"

#include <stdio.h>
#include <string.h>

int lookback_key(struct lookback *l)
{
	const char *file = l->settings.http_keys, *what = l->argv[0];
	char why[512], key[KEYS_TEXT_SIZE];
	int result;

	if (!*file)
		return lookback_fail("http.keys: not set; name the file of keys: -o http.keys=/path");
	if (strcmp(what, "list") == 0 && l->argc == 1)
		return keys_print(file, stdout, why, sizeof(why)) == 0 ? LOOKBACK_FOUND : lookback_fail("%s", why);
	if (l->argc != 2)
		return lookback_fail("usage: lookback key add NAME | remove NAME | list");
	if (strcmp(what, "add") == 0) {
		result = keys_add(file, l->argv[1], l->limits ? l->limits : "", key, why, sizeof(why));
		if (result != 0)
			return lookback_fail("%s", why);
		printf("%s\n", key);
		fprintf(stderr, "This is the key. The file has only its hash: it cannot be shown again.\n");
		return LOOKBACK_FOUND;
	}
	if (strcmp(what, "remove") != 0)
		return lookback_fail("key: found '%s', expected add, remove or list", what);
	result = keys_remove(file, l->argv[1], why, sizeof(why));
	if (result != 0)
		return lookback_fail("%s", why);
	return LOOKBACK_FOUND;
}

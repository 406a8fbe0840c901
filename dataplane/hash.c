// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/hash.h"

#include <errno.h>
#include <sys/random.h>

int hash_key_random(struct hash_key *key)
{
	ssize_t got = getrandom(key->k, sizeof(key->k), 0);

	if (got != (ssize_t)sizeof(key->k))
		return got < 0 ? -errno : -EIO;
	for (size_t i = 0; i < HASH_KEYS; i++)
		key->k[i] |= 1; // a zero factor would swallow its word
	return 0;
}

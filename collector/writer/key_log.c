// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/key_log.h"

#include "dataplane/common/fnv.h"
#include "dataplane/common/log.h"

bool key_log_first_time(struct key_log *seen, const char *key, size_t key_len)
{
	uint64_t hash = fnv64(FNV64_START, key, key_len);

	for (size_t i = 0; i < seen->len; i++)
		if (seen->hash[i] == hash)
			return false;
	if (seen->len == KEY_LOG_MAX)
		return false;
	seen->hash[seen->len++] = hash;
	return true;
}

void key_log_refused(const char *key, size_t key_len, const char *error)
{
	static struct key_log seen;

	if (key_log_first_time(&seen, key, key_len))
		log_warning("redis rejected a command on %.*s: %s%s", (int)key_len, key, error,
			seen.len == KEY_LOG_MAX ? "; more keys are counted, not logged" : "");
}

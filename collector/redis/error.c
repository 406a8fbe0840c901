// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/error.h"

#include <string.h>

#define REDIS_TROUBLE_LABEL(value, label, sentence) label,
#define REDIS_TROUBLE_SENTENCE(value, label, sentence) sentence,

const char *const redis_trouble_label[REDIS_TROUBLE_MAX] = {REDIS_TROUBLES(REDIS_TROUBLE_LABEL)};
const char *const redis_trouble_sentence[REDIS_TROUBLE_MAX] = {REDIS_TROUBLES(REDIS_TROUBLE_SENTENCE)};
uint64_t redis_trouble_count[REDIS_TROUBLE_MAX];

// The first match counts. EXECABORT may contain the reason after its own text; the writer looks at the errors of the
// queued commands first.
static const struct {
	const char *prefix;
	enum redis_trouble trouble;
} prefixes[] = {
	{"WRONGPASS", REDIS_TROUBLE_PASSWORD},
	{"NOAUTH", REDIS_TROUBLE_PASSWORD},
	{"ERR AUTH", REDIS_TROUBLE_PASSWORD},
	{"ERR invalid password", REDIS_TROUBLE_PASSWORD},
	{"ERR Client sent AUTH", REDIS_TROUBLE_PASSWORD},
	{"ERR DB index", REDIS_TROUBLE_DATABASE},
	{"ERR invalid DB index", REDIS_TROUBLE_DATABASE},
	{"ERR SELECT", REDIS_TROUBLE_DATABASE},
	{"LOADING", REDIS_TROUBLE_LOADING},
	{"READONLY", REDIS_TROUBLE_READONLY},
	{"OOM", REDIS_TROUBLE_OOM},
	{"MISCONF", REDIS_TROUBLE_MISCONF},
	{"NOPERM", REDIS_TROUBLE_NOPERM},
	{"BUSY", REDIS_TROUBLE_BUSY},
	{"MOVED", REDIS_TROUBLE_CLUSTER},
	{"ASK", REDIS_TROUBLE_CLUSTER},
	{"CROSSSLOT", REDIS_TROUBLE_CLUSTER},
	{"TRYAGAIN", REDIS_TROUBLE_CLUSTER},
	{"CLUSTERDOWN", REDIS_TROUBLE_CLUSTER},
	{"MASTERDOWN", REDIS_TROUBLE_CLUSTER},
	{"NOREPLICAS", REDIS_TROUBLE_CLUSTER},
	{"WRONGTYPE", REDIS_TROUBLE_WRONGTYPE},
};

enum redis_trouble redis_trouble_of(const char *text, size_t len)
{
	static const char abort_head[] = "EXECABORT Transaction discarded because of: ";

	if (len >= sizeof(abort_head) && memcmp(text, abort_head, sizeof(abort_head) - 1) == 0) {
		text += sizeof(abort_head) - 1;
		len -= sizeof(abort_head) - 1;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i].prefix);
		if (len >= n && memcmp(text, prefixes[i].prefix, n) == 0)
			return prefixes[i].trouble;
	}
	return REDIS_TROUBLE_ERROR;
}

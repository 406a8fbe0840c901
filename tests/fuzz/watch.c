// SPDX-License-Identifier: BSD-3-Clause
// watch.conf and block.conf, as text: what is understood can be compiled and asked about.
#include "collector/block/conf.h"
#include "collector/watch/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ALL_NEWS = (1u << WATCH_NEWS_KINDS) - 1 };

static const struct watch_record records[] = {
	{.name = "www.paypa1.example",
		.name_len = 18,
		.type = "A",
		.type_len = 1,
		.rdata = "192.0.2.7",
		.rdata_len = 9},
	{.name = "example", .name_len = 7, .type = "NS", .type_len = 2, .rdata = "ns.bad.example", .rdata_len = 14},
	{.name = "xn--80ak6aa92e.com",
		.name_len = 18,
		.type = "AAAA",
		.type_len = 4,
		.rdata = "2001:db8::1",
		.rdata_len = 11},
};

static void match_all(const struct watch_set *s)
{
	struct watch_matcher *m = watch_matcher_new(s);
	char reason[WATCH_REASON_SIZE];

	if (!m)
		abort();
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		const uint32_t *rules;
		size_t len = watch_match(m, &records[i], ALL_NEWS, &rules);
		for (size_t r = 0; r < len; r++) {
			if (rules[r] >= watch_set_rules(s) || !(watch_set_rule(s, rules[r])->news & ALL_NEWS))
				abort();
			watch_matcher_reason(m, rules[r], reason);
			size_t zone = watch_matcher_zone(m, rules[r]);
			if (strlen(reason) >= sizeof(reason) || (zone != SIZE_MAX && zone > records[i].name_len))
				abort();
		}
	}
	watch_matcher_free(m);
}

// An error is one line that names the file.
static void check_why(const char *why)
{
	if (!strstr(why, "/proc/self/fd/") || strchr(why, '\n'))
		abort();
}

static void read_rules(const char *path)
{
	struct watch_set *s = NULL;
	char why[512] = "", report[4096];

	bool sound = watch_set_check(path, report, sizeof(report), why, sizeof(why));
	if (watch_set_read(&s, path, ALL_NEWS, why, sizeof(why)) != 0) {
		check_why(why);
		if (s || sound)
			abort();
		return;
	}
	match_all(s);
	watch_set_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct block_conf conf = {0};
	char path[32], why[512] = "";

	if (size > 4096 || memmem(data, size, "file", 4)) // other files
		return 0;
	int fd = memfd_create("conf", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_rules(path);
	if (block_conf_read(&conf, path, why, sizeof(why)) != 0)
		check_why(why);
	block_conf_free(&conf);
	close(fd);
	return 0;
}

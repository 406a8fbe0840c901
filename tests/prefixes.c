// SPDX-License-Identifier: BSD-3-Clause
// Every prefix of every message in the directories given, right before an unreadable page: a parser
// that reads one octet too many faults. Exit status not 0 where there is nothing to try.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/admit.h"
#include "dataplane/dns.h"
#include "tests/guard.h"

static const struct hash_key key = {{2, 4, 6, 8}};
static struct dns_message *parsed;
static struct admit *admit;
static struct admit_options options;
static struct worker_stats stats;
static unsigned messages, taken;

static void try_prefix(void *context, const uint8_t *prefix, size_t n)
{
	static uint8_t rdata[DNS_RDATA_SIZE];
	const uint16_t *list;
	const uint8_t *question;

	(void)context;
	dns_question(prefix, n, &question);
	if (dns_parse(parsed, prefix, n) != DNS_TAKEN)
		return;
	taken++;
	uint16_t len = admit_message(admit, parsed, &options, &stats, &list);
	for (uint16_t i = 0; i < len; i++) {
		const struct dns_record *r = &parsed->records[list[i]];
		const uint8_t *at = prefix + r->rdata_at;
		dns_rdata_read((struct cursor){.base = prefix, .at = at, .end = at + r->rdata_size}, r->type, r->class, rdata,
			sizeof(rdata));
	}
}

static void try_directory(const char *path)
{
	static uint8_t bytes[DNS_MESSAGE_SIZE];
	char file_path[4096];
	DIR *directory = opendir(path);

	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		snprintf(file_path, sizeof(file_path), "%s/%s", path, entry->d_name);
		FILE *file = fopen(file_path, "rb");
		size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
		if (file)
			fclose(file);
		if (size == 0)
			continue;
		guard_prefixes(bytes, size, try_prefix, NULL);
		messages++;
	}
	if (directory)
		closedir(directory);
}

int main(int argc, char **argv)
{
	parsed = dns_message_new(&key);
	admit = admit_new();
	admit_options_default(&options);
	for (int i = 1; i < argc; i++)
		try_directory(argv[i]);
	printf("%u messages, every prefix tried, %u whole answers\n", messages, taken);
	dns_message_free(parsed);
	admit_free(admit);
	return messages == 0;
}

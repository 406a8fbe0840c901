// SPDX-License-Identifier: BSD-3-Clause
// Every prefix of every message, right before an unreadable page: a parser that reads one octet too
// many faults.
//
//     prefixes DIRECTORY... [-m PCAP_MESSAGES CAPTURE...]
//
// Messages are the files of the directories, and what pcap_messages prints of the captures. Exit status
// not 0 where there is nothing to try, or a capture cannot be read.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/admit/admit.h"
#include "dataplane/loop/answer.h"
#include "dataplane/dns/dns.h"
#include "tests/tools/guard.h"

static const struct hash_key key = {{2, 4, 6, 8}};
static struct dns_message *parsed;
static struct admit *admit;
static struct admit_match *match;
static struct table *table;
static struct admit_options options;
static struct worker_stats stats;
static unsigned messages, taken, ordinary;

static void try_match(const uint8_t *prefix, size_t n)
{
	static const uint8_t address[16];
	const struct pkt pkt = {.ip_version = 6, .src = address, .dst = address};
	struct admit_match_key found;

	admit_match_begin(match, &pkt, false, prefix, n, n, &found);
}

static void try_prefix(void *context, const uint8_t *prefix, size_t n)
{
	static uint8_t rdata[DNS_RDATA_SIZE];
	const uint16_t *list;

	(void)context;
	try_match(prefix, n);
	if (dns_parse(parsed, prefix, n) != DNS_TAKEN)
		return;
	taken++;
	uint16_t len = admit_message(admit, parsed, &options, &stats, &list);
	for (uint16_t i = 0; i < len; i++) {
		const struct dns_record *r = &parsed->records[list[i]];
		const uint8_t *at = prefix + r->rdata_at;
		dns_rdata_read((struct cursor){.base = prefix, .at = at, .end = at + r->rdata_size}, r->type, r->class,
			NULL, rdata, sizeof(rdata));
	}
}

// The short way, which may read ANSWER_NAME_SIZE octets behind the message and not one more: the page
// is behind them.
static void try_short_way(void *context, const uint8_t *prefix, size_t n)
{
	struct answer answer;

	(void)context;
	if (n < ANSWER_NAME_SIZE)
		return;
	table_next_message(table);
	ordinary += answer_read(&answer, &(struct answer_context){.table = table,
						 .key = &key,
						 .options = &options,
						 .wire = prefix,
						 .size = n - ANSWER_NAME_SIZE,
						 .room = n,
						 .time_s = 1});
}

static void try_message(const uint8_t *bytes, size_t size)
{
	static uint8_t longer[DNS_MESSAGE_SIZE + ANSWER_NAME_SIZE];

	guard_prefixes(bytes, size, try_prefix, NULL);
	memcpy(longer, bytes, size);
	memset(longer + size, 0xa5, ANSWER_NAME_SIZE);
	guard_prefixes(longer, size + ANSWER_NAME_SIZE, try_short_way, NULL);
	messages++;
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
		if (size > 0)
			try_message(bytes, size);
	}
	if (directory)
		closedir(directory);
}

static size_t read_hex(const char *hex, uint8_t *bytes)
{
	char digits[3] = "", *end = digits;
	size_t size = 0;

	for (; hex[0] && hex[1] && size < DNS_MESSAGE_SIZE; hex += 2, size++) {
		memcpy(digits, hex, 2);
		bytes[size] = (uint8_t)strtoul(digits, &end, 16);
		if (end != digits + 2)
			break;
	}
	return size;
}

// True where the program read the capture.
static bool try_capture(const char *program, const char *path)
{
	static char line[2 * DNS_MESSAGE_SIZE + 32];
	static uint8_t bytes[DNS_MESSAGE_SIZE];
	char command[4096];

	snprintf(command, sizeof(command), "'%s' '%s'", program, path);
	FILE *lines = popen(command, "r");
	while (lines && fgets(line, sizeof(line), lines)) {
		const char *hex = strchr(line, ' ');
		size_t size = hex ? read_hex(hex + 1, bytes) : 0;
		if (size > 0)
			try_message(bytes, size);
	}
	return lines && pclose(lines) == 0;
}

int main(int argc, char **argv)
{
	bool readable = true;
	int i = 1;

	parsed = dns_message_new(&key);
	admit = admit_new();
	match = admit_match_new(100, 5, false, &key, &stats);
	table = table_new(&(struct table_options){.records = 100}, &stats);
	admit_options_default(&options);
	for (; i < argc && strcmp(argv[i], "-m") != 0; i++)
		try_directory(argv[i]);
	for (int capture = i + 2; capture < argc; capture++)
		readable &= try_capture(argv[i + 1], argv[capture]);
	printf("%u messages, every prefix tried, %u whole answers, %u of them by the short way\n", messages, taken,
		ordinary);
	table_free(table);
	admit_match_free(match);
	dns_message_free(parsed);
	admit_free(admit);
	return messages == 0 || !readable;
}

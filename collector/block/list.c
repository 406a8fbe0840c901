// SPDX-License-Identifier: BSD-3-Clause
// The settings of one list: their table.
#include "collector/block/block.h"

#include "collector/block/duration.h"
#include "collector/block/format.h"
#include "collector/block/indicator.h"
#include "collector/question/name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TTL = 60, PATH_LEN = 4000, WORD_SIZE = 300 };
#define EXPIRE_S (30 * 86400.0)
#define REFRESH_S 300.0

static int refuse(char *why, size_t why_size, const char *found, const char *expected)
{
	snprintf(why, why_size, "found '%.100s', expected %s", found, expected);
	return -EINVAL;
}

static int out_of_memory(char *why, size_t why_size)
{
	snprintf(why, why_size, "out of memory");
	return -ENOMEM;
}

bool block_list_is_name(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= BLOCK_NAME_LEN && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

void block_list_init(struct block_list *l, const char *name)
{
	*l = (struct block_list){.subdomains = true,
		.comments = true,
		.protect = true,
		.expire_s = EXPIRE_S,
		.refresh_s = REFRESH_S,
		.ttl = TTL};
	snprintf(l->name, sizeof(l->name), "%.*s", BLOCK_NAME_LEN, name);
	snprintf(l->zone, sizeof(l->zone), "%s.rpz", l->name);
}

void block_list_free(struct block_list *l)
{
	for (size_t i = 0; i < l->sources_len; i++)
		block_source_free(&l->sources[i]);
	for (size_t i = 0; i < l->allows_len; i++)
		free(l->allows[i]);
	for (size_t i = 0; i < l->files_len; i++)
		free(l->files[i].path);
	for (size_t i = 0; i < l->keys_len; i++)
		free(l->keys[i]);
	*l = (struct block_list){.sources_len = 0};
}

// keys ───────────────────────────────────────────────────────────────────────────────────────

static int set_source(struct block_list *l, const char *value, char *why, size_t why_size)
{
	if (l->sources_len == BLOCK_SOURCES_MAX)
		return refuse(why, why_size, value, "at most 64 sources");
	int result = block_source_parse(&l->sources[l->sources_len], value, why, why_size);
	l->sources_len += result == 0;
	return result;
}

static int set_allow(struct block_list *l, const char *value, char *why, size_t why_size)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	char *end;

	if (l->allows_len == BLOCK_ALLOWS_MAX)
		return refuse(why, why_size, value, "at most 64 lines 'allow'; use a file");
	if (strncmp(value, "popular ", 8) == 0) {
		unsigned long number = strtoul(value + 8, &end, 10);
		if (!isdigit((unsigned char)value[8]) || *end || number == 0 || number > UINT32_MAX)
			return refuse(why, why_size, value, "'popular' and a number of ranks");
	} else if (strncmp(value, "file ", 5) == 0) {
		const char *path = value + 5;
		while (*path == ' ' || *path == '\t')
			path++;
		if (*path != '/')
			return refuse(why, why_size, value, "an absolute path after 'file'");
	} else if (strpbrk(value, " ,") || (query_name_wire(value, strlen(value), wire) == 0 && !strchr(value, ':'))) {
		return refuse(why, why_size, value, "a name, an address or a prefix; 'file PATH'; or 'popular N'");
	}
	l->allows[l->allows_len] = strdup(value);
	return l->allows[l->allows_len] ? (l->allows_len++, 0) : out_of_memory(why, why_size);
}

static int set_format(struct block_list *l, const char *value, char *why, size_t why_size)
{
	char copy[WORD_SIZE], *rest = copy, *word;
	enum block_format_id id;

	if (strlen(value) >= sizeof(copy))
		return refuse(why, why_size, value, "names of formats");
	strcpy(copy, value);
	while ((word = strsep(&rest, ", \t")) != NULL) {
		if (!*word)
			continue;
		if (!block_format_parse(&id, word))
			return refuse(why, why_size, word, block_format_names());
		if (l->formats == 0)
			l->first_format = id;
		l->formats |= 1u << id;
	}
	return 0;
}

static int set_file(struct block_list *l, const char *value, char *why, size_t why_size)
{
	char word[WORD_SIZE];
	size_t len = strcspn(value, " \t");
	const char *path = value + len + strspn(value + len, " \t");
	enum block_format_id id;

	snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : 0), value);
	if (!block_format_parse(&id, word))
		return refuse(why, why_size, value, "FORMAT /PATH");
	if (*path != '/' || strlen(path) > PATH_LEN)
		return refuse(why, why_size, path, "an absolute path after the format");
	if (l->files_len == BLOCK_FILES_MAX)
		return refuse(why, why_size, value, "at most 16 files");
	l->files[l->files_len] = (struct block_file){.format = id, .path = strdup(path)};
	return l->files[l->files_len].path ? (l->files_len++, 0) : out_of_memory(why, why_size);
}

static int set_key(struct block_list *l, const char *value, char *why, size_t why_size)
{
	if (l->keys_len == BLOCK_KEYS_MAX || !*value || strpbrk(value, " ,\t"))
		return refuse(why, why_size, value, "the name of an API key (lookback key list), at most 16 of them");
	l->keys[l->keys_len] = strdup(value);
	return l->keys[l->keys_len] ? (l->keys_len++, 0) : out_of_memory(why, why_size);
}

static int set_addresses(struct block_policy *p, char *rest, char *why, size_t why_size)
{
	uint8_t address[16];
	char *word;

	while ((word = strsep(&rest, ", \t")) != NULL) {
		if (!*word)
			continue;
		if (inet_pton(AF_INET, word, address) == 1)
			inet_ntop(AF_INET, address, p->ipv4, sizeof(p->ipv4));
		else if (inet_pton(AF_INET6, word, address) == 1)
			inet_ntop(AF_INET6, address, p->ipv6, sizeof(p->ipv6));
		else
			return refuse(why, why_size, word, "an IPv4 or IPv6 address");
	}
	return *p->ipv4 || *p->ipv6 ? 0 : refuse(why, why_size, "nothing", "an address after 'redirect'");
}

static int set_policy(struct block_list *l, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"nxdomain", "nodata", "drop", "passthru", "tcp-only"};
	char copy[WORD_SIZE], name[TEXT_NAME_SIZE];

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(value, words[i]) == 0) {
			l->policy = (struct block_policy){.action = (enum block_action)i};
			return 0;
		}
	snprintf(copy, sizeof(copy), "%s", value);
	if (strncmp(copy, "cname ", 6) == 0) {
		const char *target = copy + 6 + strspn(copy + 6, " \t");
		if (query_name(target, strlen(target), name) == 0 || !block_indicator_is_domain(name))
			return refuse(why, why_size, target, "a name after 'cname'");
		l->policy = (struct block_policy){.action = BLOCK_CNAME};
		snprintf(l->policy.name, sizeof(l->policy.name), "%.*s", BLOCK_HOST_LEN, name);
		return 0;
	}
	if (strncmp(copy, "redirect ", 9) == 0) {
		l->policy = (struct block_policy){.action = BLOCK_REDIRECT};
		return set_addresses(&l->policy, copy + 9, why, why_size);
	}
	return refuse(why, why_size, value,
		"nxdomain, nodata, drop, passthru, tcp-only, 'cname NAME' or 'redirect ADDRESS...'");
}

static int set_bool(bool *out, const char *value, char *why, size_t why_size)
{
	*out = strcmp(value, "yes") == 0;
	return *out || strcmp(value, "no") == 0 ? 0 : refuse(why, why_size, value, "yes or no");
}

static int set_zone(struct block_list *l, const char *value, char *why, size_t why_size)
{
	char name[TEXT_NAME_SIZE];

	if (query_name(value, strlen(value), name) == 0 || !block_indicator_is_domain(name) || strlen(name) > 100)
		return refuse(why, why_size, value, "the name of the RPZ zone, at most 100 characters");
	snprintf(l->zone, sizeof(l->zone), "%.100s", name);
	return 0;
}

static int set_ttl(struct block_list *l, const char *value, char *why, size_t why_size)
{
	char *end;

	l->ttl = strtoul(value, &end, 10);
	return isdigit((unsigned char)*value) && !*end && l->ttl <= 604800
		       ? 0
		       : refuse(why, why_size, value, "seconds, at most 604800");
}

static int set_refresh(struct block_list *l, const char *value, char *why, size_t why_size)
{
	int result = block_duration(&l->refresh_s, value, why, why_size);

	return result != 0 || l->refresh_s >= 1 ? result : refuse(why, why_size, value, "at least 1s");
}

int block_list_set(struct block_list *l, const char *key, const char *value, char *why, size_t why_size)
{
	static const struct {
		const char *key;
		int (*set)(struct block_list *l, const char *value, char *why, size_t why_size);
	} setters[] = {{"source", set_source}, {"allow", set_allow}, {"format", set_format}, {"file", set_file},
		{"key", set_key}, {"policy", set_policy}, {"zone", set_zone}, {"ttl", set_ttl},
		{"refresh", set_refresh}};

	for (size_t i = 0; i < sizeof(setters) / sizeof(*setters); i++)
		if (strcmp(key, setters[i].key) == 0)
			return setters[i].set(l, value, why, why_size);
	if (strcmp(key, "expire") == 0)
		return block_duration(&l->expire_s, value, why, why_size);
	if (strcmp(key, "subdomains") == 0)
		return set_bool(&l->subdomains, value, why, why_size);
	if (strcmp(key, "comments") == 0)
		return set_bool(&l->comments, value, why, why_size);
	if (strcmp(key, "protect") == 0)
		return set_bool(&l->protect, value, why, why_size);
	if (strcmp(key, "level") == 0) {
		l->domains = strcmp(value, "domain") == 0;
		return l->domains || strcmp(value, "name") == 0 ? 0 : refuse(why, why_size, value, "name or domain");
	}
	return refuse(why, why_size, key,
		"source, allow, format, file, key, policy, zone, ttl, refresh, expire, subdomains, comments, protect or "
		"level");
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/prefix.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/list_file.h"

typedef unsigned __int128 address_t;

enum { IPV4_BITS = 96 }; // before an IPv4 address in its IPv6 form

static void mapped(uint8_t *to, const uint8_t *ipv4)
{
	memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	memcpy(to + 12, ipv4, 4);
}

static address_t load(const uint8_t *from)
{
	address_t value = 0;

	for (int i = 0; i < 16; i++)
		value = value << 8 | from[i];
	return value;
}

static address_t host_bits(unsigned prefix_bits)
{
	return prefix_bits == 0 ? ~(address_t)0 : prefix_bits >= 128 ? 0 : ((address_t)1 << (128 - prefix_bits)) - 1;
}

// reading ────────────────────────────────────────────────────────────────────────────────────

int prefix_parse(struct prefix *out, const char *text, char *why, size_t why_size)
{
	char address[64];
	uint8_t ipv4[4];
	const char *slash = strchr(text, '/');
	unsigned long most = 128, bits;
	size_t size = slash ? (size_t)(slash - text) : strlen(text);

	snprintf(why, why_size, "expected an address or a network, as 192.0.2.0/24 or 2001:db8::/32");
	if (size >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, size);
	address[size] = '\0';
	if (inet_pton(AF_INET, address, ipv4) == 1) {
		mapped(out->address, ipv4);
		most = 32;
	} else if (inet_pton(AF_INET6, address, out->address) != 1) {
		return -EINVAL;
	}
	bits = most;
	if (slash) {
		char *end;
		bits = strtoul(slash + 1, &end, 10);
		if (!isdigit((unsigned char)slash[1]) || *end != '\0' || bits > most)
			return -EINVAL;
	}
	out->bits = (uint8_t)(most == 32 ? bits + IPV4_BITS : bits);
	address_t masked = load(out->address) & ~host_bits(out->bits);
	for (int i = 15; i >= 0; i--, masked >>= 8)
		out->address[i] = (uint8_t)masked;
	return 0;
}

static int add(struct prefix_list *list, const char *text, char *why, size_t why_size)
{
	struct prefix prefix = {.leave = *text == '!'};
	int result = prefix_parse(&prefix, text + prefix.leave, why, why_size);

	if (result != 0)
		return result;
	if ((list->len & (list->len + 1)) == 0) { // 0, 1, 3, 7, …: room for the next
		struct prefix *grown = realloc(list->items, (2 * list->len + 1) * sizeof(*grown));
		if (!grown)
			return snprintf(why, why_size, "no memory"), -ENOMEM;
		list->items = grown;
	}
	list->items[list->len++] = prefix;
	return 0;
}

static int read_file(struct prefix_list *list, const char *path, char *why, size_t why_size)
{
	char *line = NULL, *rest, expected[160] = "";
	size_t line_size = 0;
	int number = 0, result = 0;
	FILE *file = list_file_open(path, why, why_size);

	if (!file)
		return -errno;
	while (result == 0 && getline(&line, &line_size, file) >= 0) {
		number++;
		line[strcspn(line, "#\r\n")] = '\0';
		const char *word = strtok_r(line, " \t", &rest);
		if (!word)
			continue;
		result = add(list, word, expected, sizeof(expected));
		if (result != 0)
			snprintf(why, why_size, "%.200s:%d: found '%.60s', %s", path, number, word, expected);
	}
	free(line);
	fclose(file);
	return result;
}

static int read_words(struct prefix_list *list, const char *text, char *why, size_t why_size)
{
	char *copy = strdup(text), *rest, expected[160] = "";
	int result = 0;

	if (!copy)
		return snprintf(why, why_size, "no memory"), -ENOMEM;
	for (const char *word = strtok_r(copy, ", \t", &rest); word && result == 0;
		word = strtok_r(NULL, ", \t", &rest)) {
		result = add(list, word, expected, sizeof(expected));
		if (result != 0)
			snprintf(why, why_size, "found '%.60s', %s", word, expected);
	}
	free(copy);
	return result;
}

int prefix_list_read(struct prefix_list *list, const char *text, char *why, size_t why_size)
{
	*list = (struct prefix_list){0};
	int result = *text == '/' || *text == '.' ? read_file(list, text, why, why_size)
						  : read_words(list, text, why, why_size);

	list->otherwise = true;
	for (size_t i = 0; i < list->len; i++)
		list->otherwise &= list->items[i].leave;
	if (result != 0)
		prefix_list_free(list);
	return result;
}

void prefix_list_free(struct prefix_list *list)
{
	free(list->items);
	*list = (struct prefix_list){0};
}

// looking up ─────────────────────────────────────────────────────────────────────────────────

struct range {
	address_t from; // up to the next range's `from`
	bool take;
};

struct prefix_set {
	size_t len;
	struct range ranges[]; // sorted; the first begins at 0
};

static int by_address(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order != 0 ? order : (int)a->bits - (int)b->bits;
}

static void add_range(struct prefix_set *set, address_t from, bool take)
{
	if (set->len > 0 && set->ranges[set->len - 1].from == from)
		set->len--; // a longer prefix begins where a shorter one does
	set->ranges[set->len++] = (struct range){.from = from, .take = take};
}

// Networks are within each other or disjoint, so one pass with a stack of the open ones is enough.
struct prefix_set *prefix_set_new(const struct prefix_list *list)
{
	struct prefix_set *set = calloc(1, sizeof(*set) + (2 * list->len + 1) * sizeof(struct range));
	struct prefix *sorted = malloc((list->len + 1) * sizeof(*sorted));
	const struct prefix *open[130];
	size_t depth = 0;

	if (!set || !sorted) {
		free(set);
		free(sorted);
		return NULL;
	}
	if (list->len > 0)
		memcpy(sorted, list->items, list->len * sizeof(*sorted));
	qsort(sorted, list->len, sizeof(*sorted), by_address);
	add_range(set, 0, list->otherwise);
	for (size_t i = 0; i <= list->len; i++) {
		while (depth > 0) {
			address_t last = load(open[depth - 1]->address) | host_bits(open[depth - 1]->bits);
			if (i < list->len && load(sorted[i].address) <= last)
				break;
			depth--;
			if (last != ~(address_t)0)
				add_range(set, last + 1, depth > 0 ? !open[depth - 1]->leave : list->otherwise);
		}
		if (i == list->len)
			break;
		add_range(set, load(sorted[i].address), !sorted[i].leave);
		if (depth > 0 && open[depth - 1]->bits == sorted[i].bits)
			depth--; // written twice: the later one holds
		open[depth++] = &sorted[i];
	}
	free(sorted);
	return set;
}

void prefix_set_free(struct prefix_set *set)
{
	free(set);
}

bool prefix_set_takes(const struct prefix_set *set, const uint8_t *address, size_t size)
{
	uint8_t full[16];
	size_t low = 0, high = set->len;

	if (size == 4) {
		mapped(full, address);
		address = full;
	}
	address_t wanted = load(address);
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (set->ranges[middle].from <= wanted)
			low = middle;
		else
			high = middle;
	}
	return set->ranges[low].take;
}

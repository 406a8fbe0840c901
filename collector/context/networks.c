// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

typedef context_wide address_t;

enum { IPV4_BITS = 96, DEPTH_MAX = 129, IPV4_INDEX = 1 << 16 }; // before an IPv4 address; prefix lengths 0..128

struct context_network {
	address_t first;
	uint32_t value, order; // order: in which it was added
	uint8_t bits;
};

static address_t load(const uint8_t from[static 16])
{
	address_t value = 0;

	for (int i = 0; i < 16; i++)
		value = value << 8 | from[i];
	return value;
}

static address_t host_bits(unsigned bits)
{
	return bits == 0 ? ~(address_t)0 : bits >= 128 ? 0 : ((address_t)1 << (128 - bits)) - 1;
}

static void mapped(uint8_t to[static 16], const uint8_t ipv4[static 4])
{
	memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	memcpy(to + 12, ipv4, 4);
}

bool context_network_parse(const char *text, uint8_t address[static 16], unsigned *bits)
{
	char plain[64];
	uint8_t ipv4[4];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned most = 128, before = 0;

	if (len >= sizeof(plain))
		return false;
	memcpy(plain, text, len);
	plain[len] = '\0';
	if (inet_pton(AF_INET, plain, ipv4) == 1) {
		mapped(address, ipv4);
		most = 32;
		before = IPV4_BITS;
	} else if (inet_pton(AF_INET6, plain, address) != 1) {
		return false;
	}
	*bits = most;
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");
		if (digits == 0 || digits > 3 || slash[1 + digits])
			return false;
		*bits = (unsigned)strtoul(slash + 1, NULL, 10);
	}
	if (*bits > most)
		return false;
	*bits += before;
	return true;
}

bool context_networks_add(struct context_networks *n, const uint8_t address[static 16], unsigned bits, uint32_t value)
{
	if (n->len == CONTEXT_NETWORKS_MAX)
		return false;
	if (n->len == n->capacity) {
		size_t capacity = n->capacity ? 2 * n->capacity : 64;
		struct context_network *more = realloc(n->items, capacity * sizeof(*more));
		if (!more)
			return false;
		n->items = more;
		n->capacity = capacity;
	}
	n->items[n->len] = (struct context_network){.first = load(address) & ~host_bits(bits),
		.value = value,
		.order = (uint32_t)n->len,
		.bits = (uint8_t)bits};
	n->len++;
	return true;
}

// Networks before those inside them; equal ones in the order of their lines.
static int compare(const void *a, const void *b)
{
	const struct context_network *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

// Ranges that begin where their network begins and end at the next one. IPv4 has a table of its own: most lookups are of IPv4, and
// it is a quarter as large.
static void put_range(struct context_networks *n, address_t first, uint32_t value)
{
	if (n->len6 > 0 && n->first6[n->len6 - 1] == first)
		n->len6--;
	if (n->len6 > 0 && n->value6[n->len6 - 1] == value)
		return;
	n->first6[n->len6] = first;
	n->value6[n->len6++] = value;
}

// Networks that contain each other are a stack, the most specific one on top.
static void make_ranges(struct context_networks *n)
{
	const struct context_network *stack[DEPTH_MAX + 1];
	size_t depth = 0;

	put_range(n, 0, 0);
	for (size_t i = 0; i <= n->len; i++) {
		const struct context_network *next = i < n->len ? &n->items[i] : NULL;
		while (depth > 0) {
			address_t last = stack[depth - 1]->first | host_bits(stack[depth - 1]->bits);
			if (next && next->first <= last)
				break;
			depth--;
			if (last != ~(address_t)0)
				put_range(n, last + 1, depth > 0 ? stack[depth - 1]->value : 0);
		}
		if (!next)
			break;
		if (depth > 0 && stack[depth - 1]->first == next->first && stack[depth - 1]->bits == next->bits)
			depth--; // the later line counts
		stack[depth++] = next;
		put_range(n, next->first, next->value);
	}
}

// The last range that begins at or before the address.
static size_t find6(const struct context_networks *n, address_t wanted)
{
	size_t at = 0;

	for (size_t len = n->len6; len > 1;) {
		size_t half = len / 2;
		at = n->first6[at + half] <= wanted ? at + half : at;
		len -= half;
	}
	return at;
}

// Copies the ranges of IPv4, with the number of the range in which each /16 begins. False without memory.
static bool make_ipv4(struct context_networks *n)
{
	const address_t base = (address_t)0xffff << 32;
	size_t from = find6(n, base), to = find6(n, base | UINT32_MAX), len = to - from + 1;

	n->first4 = malloc(len * sizeof(*n->first4));
	n->value4 = malloc(len * sizeof(*n->value4));
	n->index4 = malloc((IPV4_INDEX + 1) * sizeof(*n->index4));
	if (!n->first4 || !n->value4 || !n->index4)
		return false;
	for (size_t i = 0; i < len; i++) {
		n->first4[i] = i == 0 ? 0 : (uint32_t)n->first6[from + i];
		n->value4[i] = n->value6[from + i];
	}
	size_t at = 0;
	for (uint32_t i = 0; i < IPV4_INDEX; i++) {
		while (at + 1 < len && n->first4[at + 1] <= i << 16)
			at++;
		n->index4[i] = (uint32_t)at;
	}
	n->index4[IPV4_INDEX] = (uint32_t)(len - 1);
	return true;
}

bool context_networks_finish(struct context_networks *n)
{
	if (n->len == 0)
		return true;
	qsort(n->items, n->len, sizeof(*n->items), compare);
	n->first6 = malloc((2 * n->len + 2) * sizeof(*n->first6));
	n->value6 = malloc((2 * n->len + 2) * sizeof(*n->value6));
	if (!n->first6 || !n->value6)
		return false;
	make_ranges(n);
	free(n->items);
	n->items = NULL;
	n->capacity = 0;
	return make_ipv4(n);
}

static uint32_t find4(const struct context_networks *n, uint32_t wanted)
{
	size_t at = n->index4[wanted >> 16];

	for (size_t len = n->index4[(wanted >> 16) + 1] - at + 1; len > 1;) {
		size_t half = len / 2;
		at = n->first4[at + half] <= wanted ? at + half : at;
		len -= half;
	}
	return n->value4[at];
}

uint32_t context_networks_find(const struct context_networks *n, const uint8_t address[static 16])
{
	static const uint8_t ipv4[12] = {[10] = 0xff, [11] = 0xff};

	if (n->len6 == 0)
		return 0;
	const address_t wanted = load(address);
	return memcmp(address, ipv4, sizeof(ipv4)) == 0 ? find4(n, (uint32_t)wanted) : n->value6[find6(n, wanted)];
}

void context_networks_free(struct context_networks *n)
{
	free(n->items);
	free(n->first6);
	free(n->value6);
	free(n->first4);
	free(n->value4);
	free(n->index4);
	*n = (struct context_networks){0};
}

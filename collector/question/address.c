// SPDX-License-Identifier: BSD-3-Clause
// Addresses as people write them.
//
//     192.0.2.1   192.0.2.1:53   192.0.2.1#53   2001:db8::1   [2001:db8::1]:443   fe80::1%eth0
//     192.0.2.0/24   192.0.2.0,24   192.0.2.0/255.255.255.0   192.0.2.*   2001:db8::/32
//     192.0.2.1-192.0.2.9   192.0.2.1 - 9   192.0.2.1..192.0.2.9
//
// An IPv4 address in IPv6 (::ffff:192.0.2.1) is looked for as both.
#include "collector/question/parse.h"
#include "dataplane/common/trim.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PLAIN_SIZE = 256, V4_MAPPED_BITS = 96 };

static bool is_number(const char *text, unsigned long max)
{
	size_t len = strspn(text, "0123456789");

	return len > 0 && len < 6 && text[len] == '\0' && strtoul(text, NULL, 10) <= max;
}

// One address, with or without brackets; a zone id after it is ignored. 4, 16, or 0.
static size_t read_one(const char *text, uint8_t out[static 16])
{
	char plain[PLAIN_SIZE];
	size_t len = strlen(text);

	if (len == 0 || len >= sizeof(plain))
		return 0;
	bool bracketed = text[0] == '[' && text[len - 1] == ']';
	snprintf(plain, sizeof(plain), "%.*s", (int)(bracketed ? len - 2 : len), text + bracketed);
	char *zone = strchr(plain, '%');
	if (zone)
		*zone = '\0';
	size_t size = query_address(plain, out);
	return zone && size == 4 ? 0 : size;
}

// An address with a port after it, as logs write them.
static size_t read_with_port(const char *text, uint8_t out[static 16])
{
	char plain[PLAIN_SIZE];
	size_t at = strlen(text);

	while (at > 0 && isdigit((unsigned char)text[at - 1]))
		at--;
	if (at == 0 || at > sizeof(plain) || !is_number(text + at, UINT16_MAX) || !strchr(":#|", text[at - 1]))
		return 0;
	snprintf(plain, sizeof(plain), "%.*s", (int)at - 1, text);
	if (text[at - 1] == ':' && plain[0] != '[' && strchr(plain, ':'))
		return 0; // the last group of an IPv6 address
	return read_one(plain, out);
}

// Bits of "24", "255.255.255.0", "0.0.0.255", "0xffffff00" or "ffff::"; -1 if it is none of these. After a comma comes a mask that begins with
// ones, or another address.
static int read_bits(const char *text, size_t address_size, bool comma)
{
	uint8_t mask[16];
	int bits = 0;

	if (is_number(text, 8 * address_size))
		return (int)strtoul(text, NULL, 10);
	if (address_size == 4 && strncasecmp(text, "0x", 2) == 0 && strlen(text) == 10 &&
		strspn(text + 2, "0123456789abcdefABCDEF") == 8) {
		uint32_t number = htonl((uint32_t)strtoul(text, NULL, 16));
		memcpy(mask, &number, 4);
	} else if (query_address(text, mask) != address_size || (comma && mask[0] != 0xff)) {
		return -1;
	}
	bool inverse = mask[0] == 0 && mask[address_size - 1] == 0xff; // as access lists of routers have them
	for (size_t i = 0; inverse && i < address_size; i++)
		mask[i] = (uint8_t)~mask[i];
	while (bits < (int)(8 * address_size) && mask[bits / 8] >> (7 - bits % 8) & 1)
		bits++;
	for (int i = bits; i < (int)(8 * address_size); i++)
		if (mask[i / 8] >> (7 - i % 8) & 1)
			return -1; // ones after a zero
	return bits;
}

// Sets `first` and `last` to those of the prefix of `bits` bits that contains `first`.
static void set_prefix(struct query *q, int bits)
{
	for (size_t i = 0; i < q->address_size; i++) {
		int kept = bits > (int)(8 * i) ? bits - (int)(8 * i) : 0;
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t) ~(0xff >> kept);
		q->first[i] &= mask;
		q->last[i] = q->first[i] | (uint8_t)~mask;
	}
}

// "192.0.2.*" and "192.*": a prefix of whole octets.
static int read_stars(struct query *q, const char *text)
{
	char plain[32];
	const char *star = strstr(text, ".*");
	size_t n = star ? (size_t)(star - text) : 0;
	int octets = 1;

	if (n == 0 || n > 11 || strspn(text, "0123456789.") < n + 1)
		return -ENOENT;
	for (const char *p = star; *p; p += 2)
		if (strncmp(p, ".*", 2) != 0)
			return -ENOENT;
	for (size_t i = 0; i < n; i++)
		octets += text[i] == '.';
	snprintf(plain, sizeof(plain), "%.*s%s", (int)n, text, octets == 1 ? ".0.0.0" : octets == 2 ? ".0.0" : ".0");
	if (octets > 3 || query_address(plain, q->first) != 4)
		return -ENOENT;
	q->address_size = 4;
	set_prefix(q, 8 * octets);
	return 0;
}

// "192.0.2.1-192.0.2.9"; the second may be only its last octet.
static int read_range(struct query *q, char *text, char *why, size_t why_size)
{
	char whole[PLAIN_SIZE], *hyphen = strchr(text, '-'), *separator = hyphen ? hyphen : strstr(text, "..");

	if (!separator)
		return -ENOENT;
	snprintf(whole, sizeof(whole), "%s", text);
	char *second = trim_blanks(separator + (*separator == '-' ? 1 : 2));
	*separator = '\0';
	q->address_size = read_one(trim_blanks(text), q->first);
	if (q->address_size == 0)
		return -ENOENT;
	memcpy(q->last, q->first, sizeof(q->last));
	size_t size = q->address_size;
	if (size == 4 && is_number(second, 255))
		q->last[3] = (uint8_t)strtoul(second, NULL, 10);
	else
		size = read_one(second, q->last);
	if (size == 0)
		return -ENOENT;
	if (size != q->address_size || memcmp(q->first, q->last, size) > 0)
		return query_refuse(why, why_size, whole, "the lower address first, both of one family");
	return 0;
}

static int read_prefix(struct query *q, char *text, char *why, size_t why_size)
{
	char whole[PLAIN_SIZE], *separator = text + strcspn(text, "/,");

	if (!*separator)
		return -ENOENT;
	snprintf(whole, sizeof(whole), "%s", text);
	const char *bits_text = trim_blanks(separator + 1);
	bool comma = *separator == ',';
	*separator = '\0';
	q->address_size = read_one(trim_blanks(text), q->first);
	if (q->address_size == 0)
		return -ENOENT;
	uint8_t ignored[16];
	int bits = read_bits(bits_text, q->address_size, comma);
	bool meant = bits_text[0] &&
		     (strspn(bits_text, "-0123456789") == strlen(bits_text) || strncasecmp(bits_text, "0x", 2) == 0 ||
			     (!comma && query_address(bits_text, ignored) > 0));
	if (bits < 0 && !meant)
		return -ENOENT;
	if (bits < 0)
		return query_refuse(why, why_size, whole,
			q->address_size == 4 ? "at most 32 bits, or a mask as 255.255.255.0"
					     : "at most 128 bits, or a mask as ffff:ffff::");
	set_prefix(q, bits);
	return 0;
}

// If the whole range is IPv4 in IPv6, changes it to IPv4, and notes that the IPv6 text is looked up too.
static void unmap(struct query *q)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (q->address_size != 16 || memcmp(q->first, mapped, sizeof(mapped)) != 0 ||
		memcmp(q->last, mapped, sizeof(mapped)) != 0)
		return;
	memmove(q->first, q->first + 12, 4);
	memmove(q->last, q->last + 12, 4);
	q->address_size = 4;
	q->mapped = true;
}

int query_read_addresses(struct query *q, const char *text, enum query_extent *extent, char *why, size_t why_size)
{
	char copy[PLAIN_SIZE], *plain = copy;
	int result;

	if (strlen(text) >= sizeof(copy))
		return -ENOENT;
	strcpy(copy, text);
	plain = trim_blanks(plain);
	q->kind = QUERY_ADDRESSES;
	q->mapped = false;
	*extent = QUERY_EXTENT_ONE;
	q->address_size = read_one(plain, q->first);
	if (q->address_size == 0)
		q->address_size = read_with_port(plain, q->first);
	if (q->address_size > 0) {
		memcpy(q->last, q->first, sizeof(q->last));
		unmap(q);
		return 0;
	}
	*extent = QUERY_EXTENT_PREFIX;
	result = read_stars(q, plain);
	if (result == -ENOENT)
		result = read_prefix(q, plain, why, why_size);
	if (result == -ENOENT) {
		*extent = QUERY_EXTENT_RANGE;
		strcpy(copy, text);
		result = read_range(q, trim_blanks(copy), why, why_size);
	}
	if (result == 0)
		unmap(q);
	return result;
}

int query_parse_addresses(struct query *q, const char *text, char *why, size_t why_size)
{
	enum query_extent extent;
	char plain[PLAIN_SIZE];

	int result = query_refang(text, plain, sizeof(plain)) ? query_read_addresses(q, plain, &extent, why, why_size)
							      : -ENOENT;
	return result == -ENOENT ? query_refuse(why, why_size, text, "an address, ADDRESS/BITS or ADDRESS-ADDRESS")
				 : result;
}

// SPDX-License-Identifier: BSD-3-Clause
// For roundtrip_text.py: reads lines "type class hexadecimal-rdata" and answers each with the text of
// the RDATA, or with a line "malformed". A fourth and a fifth word, offset and size, take the RDATA
// out of a message.
#include <stdio.h>
#include <stdlib.h>

#include "collector/text/text.h"
#include "dataplane/dns/dns.h"

static uint8_t message[DNS_MESSAGE_SIZE];
static uint8_t canonical[DNS_RDATA_SIZE];
static char text[TEXT_RDATA_SIZE];

static int nibble(char digit)
{
	const char *digits = "0123456789abcdef", *at = digit ? strchr(digits, digit) : NULL;
	return at ? (int)(at - digits) : -1;
}

// Octets of a word of lower-case hexadecimal digits; any other character ends it.
static size_t read_hex(const char *hex)
{
	size_t size = 0;

	for (; size < sizeof(message) && nibble(hex[0]) >= 0 && nibble(hex[1]) >= 0; hex += 2)
		message[size++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
	return size;
}

// The RDATA is put at the end of a block of its own, so that a checker sees any octet read past it.
static void answer(unsigned type, unsigned rrclass, size_t size, size_t at, size_t rdata_size)
{
	uint8_t *copy = malloc(at + rdata_size + 1);

	if (!copy || at + rdata_size > size)
		abort();
	uint8_t *start = copy + 1;
	memcpy(start, message, at + rdata_size);
	struct cursor c = cursor_make(start, at + rdata_size);
	cursor_skip(&c, at);
	size_t n = SIZE_MAX;
	if (dns_rdata_check(c, (uint16_t)type, (uint16_t)rrclass, NULL))
		n = dns_rdata_read(c, (uint16_t)type, (uint16_t)rrclass, NULL, canonical, sizeof(canonical));
	free(copy);
	if (n == SIZE_MAX) {
		puts("malformed");
		return;
	}
	copy = malloc(n + 1);
	if (!copy)
		abort();
	memcpy(copy + 1, canonical, n);
	text_rdata((uint16_t)type, copy + 1, n, text, sizeof(text));
	free(copy);
	puts(text);
}

int main(void)
{
	static char line[2 * DNS_MESSAGE_SIZE + 100];

	while (fgets(line, sizeof(line), stdin)) {
		unsigned type, rrclass;
		size_t at = 0, rdata_size = 0;
		int hex_at = 0;
		char *hex_end;

		if (sscanf(line, "%u %u %n", &type, &rrclass, &hex_at) < 2)
			return 1;
		hex_end = line + hex_at + strcspn(line + hex_at, " \n");
		int more = sscanf(hex_end, "%zu %zu", &at, &rdata_size);
		*hex_end = '\0';
		size_t size = read_hex(line + hex_at);
		if (more < 2)
			rdata_size = size;
		answer(type, rrclass, size, at, rdata_size);
		fflush(stdout);
	}
	return 0;
}

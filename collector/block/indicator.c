// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/indicator.h"

#include "collector/query/json.h"
#include "collector/question/paste.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096, PREFIXES_MAX = 256 };

bool block_indicator_is_domain(const char *name)
{
	size_t len = strlen(name), label = 0;

	for (size_t i = 0; i <= len; i++) {
		unsigned char c = (unsigned char)name[i];
		if (c == '.' || c == '\0') {
			if (label == 0 || label > 63)
				return false;
			label = 0;
		} else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
			label++;
		} else {
			return false;
		}
	}
	return len <= BLOCK_HOST_LEN;
}

bool block_indicator_is_host(const char *name)
{
	for (size_t i = 0; name[i]; i++) {
		bool first = i == 0 || name[i - 1] == '.', last = name[i + 1] == '.' || name[i + 1] == '\0';
		if (name[i] == '_' || (name[i] == '-' && (first || last)))
			return false;
	}
	return block_indicator_is_domain(name);
}

// Offset of the registered domain in the text of a name that is a domain; SIZE_MAX: it is a public suffix.
static size_t registered(const struct zone_list *zones, const char *name)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	size_t size = query_name_wire(name, strlen(name), wire);
	size_t at = size > 0 ? zone_find(zones, wire, size) : 0;

	// zone_find returns 0 also if the name itself is the registered domain: its parent is a suffix then
	if (at > 0)
		return at;
	const char *dot = strchr(name, '.');
	if (!dot)
		return SIZE_MAX;
	uint8_t below[QUERY_WIRE_SIZE];
	char text[BLOCK_HOST_LEN + 3];
	snprintf(text, sizeof(text), "a.%s", name);
	size = query_name_wire(text, strlen(text), below);
	return size > 0 && zone_find(zones, below, size) == 2 ? 0 : SIZE_MAX;
}

size_t block_indicator_add_name(struct block_set *s, const struct block_origin *o, enum block_kind kind, bool below,
	const char *name)
{
	struct block_entry e = {.kind = kind,
		.below = below || (kind == BLOCK_NAME && o->list->subdomains),
		.name = name,
		.reason = o->reason,
		.since = o->since,
		.until = o->until};

	if (!block_indicator_is_domain(name)) {
		block_set_remove(s, name, "not a legal name: expected letters, digits, '-', '_' and dots");
		return 0;
	}
	const char *last = strrchr(name, '.');
	if (strspn(last ? last + 1 : name, "0123456789") == strlen(last ? last + 1 : name) ||
		strncmp(last ? last + 1 : name, "rpz-", 4) == 0) { // would be read as an address, or as another trigger
		block_set_remove(s, name, "no such top-level domain");
		return 0;
	}
	size_t at = registered(o->zones, name);
	if (at == SIZE_MAX) {
		block_set_remove(s, name, "a public suffix or top-level domain");
		return 0;
	}
	if (o->list->domains && kind == BLOCK_NAME)
		e.name = name + at;
	block_set_add(s, &e);
	return 1;
}

// addresses ──────────────────────────────────────────────────────────────────────────────────

static bool is_bit(const uint8_t *address, unsigned bit)
{
	return address[bit / 8] >> (7 - bit % 8) & 1;
}

// Adds one to the address at bit position `bits` - 1. False if it overflows.
static bool next_prefix(uint8_t *address, unsigned bits)
{
	for (unsigned i = bits; i-- > 0;) {
		address[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		if (is_bit(address, i))
			return true;
	}
	return false;
}

// The shortest prefix that begins at `from` and does not reach over `last`.
static unsigned widest(const uint8_t *from, const uint8_t *last, size_t size)
{
	unsigned bits = 8 * (unsigned)size;

	while (bits > 0 && !is_bit(from, bits - 1)) {
		uint8_t end[16];
		memcpy(end, from, size);
		for (unsigned i = bits - 1; i < 8 * size; i++)
			end[i / 8] |= (uint8_t)(0x80 >> i % 8);
		if (memcmp(end, last, size) > 0)
			break;
		bits--;
	}
	return bits;
}

static size_t add_range(struct block_set *s, const struct block_origin *o, enum block_kind kind, const struct query *q,
	const char *text)
{
	struct block_entry e = {.kind = kind,
		.size = (uint8_t)q->address_size,
		.reason = o->reason,
		.since = o->since,
		.until = o->until};
	size_t n = 0;

	memcpy(e.address, q->first, q->address_size);
	do {
		e.bits = (uint8_t)widest(e.address, q->last, q->address_size);
		if (e.bits < (q->address_size == 4 ? 8 : 19)) {
			block_set_remove(s, text, "a prefix shorter than %s", q->address_size == 4 ? "/8" : "/19");
			return n;
		}
		block_set_add(s, &e);
		n++;
	} while (
		next_prefix(e.address, e.bits) && memcmp(e.address, q->last, q->address_size) <= 0 && n < PREFIXES_MAX);
	return n;
}

// lines ──────────────────────────────────────────────────────────────────────────────────────

// Cuts "# reason" and "until TIME" off a line. Returns the indicator, or NULL with one line in `why`.
static char *split_line(char *line, struct block_origin *mine, char *why, size_t why_size)
{
	for (char *hash = strchr(line, '#'); hash; hash = strchr(hash + 1, '#')) {
		if (hash > line && !isspace((unsigned char)hash[-1]))
			continue; // a fragment of a URL, a port
		*hash++ = '\0';
		hash += strspn(hash, " \t");
		hash[strcspn(hash, "\r\n")] = '\0';
		if (*hash)
			mine->reason = hash;
		break;
	}
	char *text = line + strspn(line, " \t\r\n");
	for (size_t len = strlen(text); len > 0 && isspace((unsigned char)text[len - 1]);)
		text[--len] = '\0';
	char *until = strstr(text, " until ");
	if (!until)
		return text;
	*until = '\0';
	if (query_parse_until(&mine->until, until + 7, mine->now, why, why_size) != 0)
		return NULL;
	text[strcspn(text, " \t")] = '\0';
	return text;
}

static size_t add_meaning(struct block_set *s, const struct block_origin *o, const char *text)
{
	struct query_paste p;
	char why[256];
	bool server = strncmp(text, "ns:", 3) == 0;

	if (query_understand_item(&p, text + (server ? 3 : 0), why, sizeof(why)) != 0) {
		block_set_remove(s, text, "not understood: %s", why);
		return 0;
	}
	switch (p.meaning) {
	case QUERY_MEANS_NAME:
	case QUERY_MEANS_BELOW:
		return block_indicator_add_name(s, o, server ? BLOCK_SERVER_NAME : BLOCK_NAME,
			p.meaning == QUERY_MEANS_BELOW, p.q.name);
	case QUERY_MEANS_ADDRESS:
	case QUERY_MEANS_PREFIX:
	case QUERY_MEANS_RANGE:
		return add_range(s, o, server ? BLOCK_SERVER_ADDRESS : BLOCK_ADDRESS, &p.q, text);
	default:
		block_set_remove(s, text, "expected a name, *.NAME, an address, a prefix or a range");
		return 0;
	}
}

size_t block_indicator_add(struct block_set *s, const struct block_origin *o, const char *line)
{
	struct block_origin mine = *o;
	char copy[LINE_SIZE], why[200], end[24];

	if (strlen(line) >= sizeof(copy)) {
		block_set_remove(s, "a line", "longer than %d octets", LINE_SIZE - 1);
		return 0;
	}
	strcpy(copy, line);
	char *text = split_line(copy, &mine, why, sizeof(why));
	if (!text) {
		block_set_remove(s, line, "%s", why);
		return 0;
	}
	if (!*text)
		return 0;
	if (mine.until != BLOCK_NEVER && mine.until <= mine.now) {
		query_time_text(mine.until, "%Y-%m-%d", end, sizeof(end));
		block_set_remove(s, text, "expired %s", end);
		return 0;
	}
	return add_meaning(s, &mine, text);
}

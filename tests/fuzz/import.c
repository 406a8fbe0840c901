// SPDX-License-Identifier: BSD-3-Clause
// Files of other programs: units, formats, records, and what they add up to. The first octet chooses the format: 0 to 8 force one, the
// others let it be recognized.
#include "collector/import/gather.h"
#include "collector/import/import.h"
#include "collector/import/split.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"cof", "dnsdb", "passivedns", "zeek", "suricata", "dnscollector", "dnsmonster",
	"virustotal", "securitytrails"};

static void check(const struct query_record *r)
{
	char again[TEXT_NAME_SIZE];

	if (r->type_len == 0 || r->rdata_len == 0 || r->first < 0 || r->last < r->first || r->last > UINT32_MAX ||
		r->count <= 0)
		abort();
	if (query_name(r->owner, r->owner_len, again) != r->owner_len || memcmp(again, r->owner, r->owner_len) != 0)
		abort(); // not in the form of keys
	for (size_t i = 0; i < r->rdata_len; i++)
		if ((unsigned char)r->rdata[i] < 0x20 || (unsigned char)r->rdata[i] > 0x7e)
			abort();
}

static bool take_record(void *arg, const struct query_record *r, bool is_event)
{
	check(r);
	return import_gather_put(arg, r, is_event);
}

static bool take_owner(void *arg, const struct query_record *records, size_t len)
{
	for (size_t i = 0; i < len; i++)
		check(&records[i]);
	return true;
}

static bool take_unit(void *arg, const char *text, size_t len, uint64_t line)
{
	if (!text)
		return true;
	struct import_result result = import_take(arg, text, len);
	if ((result.refused > 0) != (result.why[0] != '\0') || strpbrk(result.why, "\n\r\033"))
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct import_gather *g; // large
	static char *piece;

	if (size == 0)
		return 0;
	if (!g)
		g = import_gather_new(false, take_owner, NULL);
	const size_t formats = sizeof(names) / sizeof(*names);
	struct import *m = import_new(*data < formats ? import_format_named(names[*data]) : NULL, take_record, g);
	struct import_split *s = import_split_new(take_unit, m);
	size_t step = 1 + *data % 61;
	for (size_t at = 1; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		piece = malloc(n); // of just that size
		memcpy(piece, data + at, n);
		if (!import_split_feed(s, piece, n))
			abort();
		free(piece);
	}
	if (!import_split_end(s) || !import_gather_flush(g))
		abort();
	import_split_free(s);
	import_free(m);
	return 0;
}

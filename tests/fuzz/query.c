// SPDX-License-Identifier: BSD-3-Clause
// What people and clients send, as text: lookups in every form, escapes of a path, punycode.
#include "collector/question/paste.h"
#include "collector/query/match.h"
#include "collector/query/rdata_wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 4096 };

// What was understood is understood as the same again.
static void check_name(const struct query *q)
{
	char again[TEXT_NAME_SIZE];

	if (q->name_len == 0 || q->name_len >= TEXT_NAME_SIZE || strlen(q->name) != q->name_len)
		abort();
	if (query_name(q->name, q->name_len, again) != q->name_len || memcmp(again, q->name, q->name_len) != 0)
		abort();
}

static void parse_all(const char *text)
{
	char why[200];
	int64_t time;
	struct query q = query_make(QUERY_NAME);

	if (query_parse_name(&q, text, why, sizeof(why)) == 0 && q.kind == QUERY_NAME)
		check_name(&q);
	q = query_make(QUERY_NAME);
	if (query_parse_target(&q, text, why, sizeof(why)) == 0 && q.kind == QUERY_TARGET)
		check_name(&q);
	q = query_make(QUERY_NAME);
	if (query_parse(&q, text, why, sizeof(why)) == 0 && q.kind == QUERY_NAME)
		check_name(&q);
	q = query_make(QUERY_NAME);
	if (query_parse_addresses(&q, text, why, sizeof(why)) == 0 && q.address_size != 4 && q.address_size != 16)
		abort();
	q = query_make(QUERY_NAME);
	(void)query_parse_types(&q, text, why, sizeof(why));
	(void)query_parse_order(&q, text, why, sizeof(why));
	(void)query_parse_time(&time, text, 1790000000, why, sizeof(why));
	q = query_make(QUERY_GLOB);
	(void)query_parse_pattern(&q, QUERY_GLOB, text, why, sizeof(why));
	q = query_make(QUERY_REGEX);
	(void)query_parse_pattern(&q, QUERY_REGEX, text, why, sizeof(why));
	q = query_make(QUERY_KEYWORD);
	if (query_parse_keyword(&q, text, why, sizeof(why)) == 0)
		(void)alike(q.name, q.name_len, "xn--80ak6aa92e.paypa1-1ogin.example", 35);
}

static void take_item(void *arg, const char *item, bool several)
{
	struct query_paste *p = arg;
	char why[200];

	if (several && query_understand_item(p, item, why, sizeof(why)) == 0 && p->meaning >= QUERY_MEANS_KEYWORD)
		abort(); // no item is a word or a list
}

// What is pasted: whatever it is understood as, its value is understood as the same again.
static void understand(const char *text)
{
	static struct query_paste p, again;
	char why[200];
	int64_t time;

	if (query_paste_items(text, take_item, &p) == SIZE_MAX)
		abort();
	if (query_understand(&p, text, why, sizeof(why)) == 0 &&
		(p.meaning == QUERY_MEANS_ADDRESS || p.meaning == QUERY_MEANS_PREFIX ||
			p.meaning == QUERY_MEANS_RANGE) &&
		(query_understand(&again, p.value, why, sizeof(why)) != 0 || strcmp(again.value, p.value) != 0 ||
			again.meaning != p.meaning))
		abort();
	if (query_parse_until(&time, text, 1790000000, why, sizeof(why)) == 0) {
		int64_t start;
		if (query_parse_time(&start, text, 1790000000, why, sizeof(why)) != 0 || start > time)
			abort();
	}
}

// RDATA of any type that points to a name.
static void read_rdata(const char *text, size_t len)
{
	static const char *const types[] = {"NS", "MX", "SRV", "SOA", "SVCB"};
	static const uint16_t numbers[] = {2, 15, 33, 6, 64};
	static uint8_t wire[TEXT_MAX], back[TEXT_MAX];
	static char again[TEXT_RDATA_SIZE];

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct query_record r = {.type = types[i],
			.type_len = strlen(types[i]),
			.rdata = text,
			.rdata_len = len};
		size_t size = query_rdata_wire(&r, wire, sizeof(wire));
		if (size == 0)
			continue;
		r.rdata = again;
		r.rdata_len = text_rdata(numbers[i], wire, size, again, sizeof(again));
		if (again[0] == '\\' && again[1] == '#')
			continue; // parameters out of order and the like
		if (query_rdata_wire(&r, back, sizeof(back)) == 0)
			abort();
	}
}

static void read_names(const char *text, size_t len)
{
	char name[TEXT_NAME_SIZE], out[4 * TEXT_NAME_SIZE], back[4 * TEXT_NAME_SIZE];

	if (len >= TEXT_NAME_SIZE)
		return;
	(void)alike_to_latin(text, out, sizeof(out));
	(void)alike("paypal", 6, text, len);
	len = query_name(text, len, name);
	if (len == 0)
		return;
	text = name; // as keys hold it
	if (alike_unicode(text, len, out, sizeof(out)) >= sizeof(out))
		abort();
	size_t n = query_readable(text, len, out, sizeof(out));
	if (n >= sizeof(out) || (n > 0 && strlen(out) != n))
		abort();
	memcpy(back, out, n + 1);
	if (n > 0 && (!query_to_ascii(back, sizeof(back)) || strlen(back) != len || memcmp(back, text, len) != 0))
		abort(); // it is shown in the place of another name
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[TEXT_MAX + 1], decoded[TEXT_MAX + 1];
	if (size > TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	size = strlen(text);
	parse_all(text);
	understand(text);
	read_rdata(text, size);
	read_names(text, size);
	if (query_percent_decode(text, size, decoded, sizeof(decoded)) != SIZE_MAX)
		parse_all(decoded);
	return 0;
}

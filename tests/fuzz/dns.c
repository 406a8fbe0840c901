// SPDX-License-Identifier: BSD-3-Clause
// A DNS message: parsed, admitted, canonicalized, counted; the accounts must hold. Where the short way
// of ordinary answers takes it too, both must lead to the same keys.
#include <stdlib.h>

#include "dataplane/admit/admit.h"
#include "dataplane/loop/answer.h"
#include "dataplane/dns/dns.h"
#include "dataplane/table/inline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static bool take(void *context, const struct record_view *record)
{
	uint64_t *sightings = context;

	CHECK(record->head.count > 0 && record->head.owner_size > 0);
	*sightings += record->head.count;
	return true;
}

static const struct hash_key key = {{3, 5, 7, 9, 11, 13, 15, 17}};

// The keys of the short way, in the order of the message.
struct ordinary {
	bool taken;
	struct answer answer;
	struct table *table; // nothing is ever added to it
};

// Names read with and without what is known of the message are the same.
static void compare_names(struct dns_message *m, const struct dns_record *r, const uint8_t *rdata, size_t rdata_size)
{
	static uint8_t other[DNS_RDATA_SIZE];
	struct cursor c = {.base = m->wire, .at = m->wire + r->rdata_at, .end = m->wire + r->rdata_at + r->rdata_size};

	CHECK(dns_rdata_check(c, r->type, r->class, NULL));
	CHECK(dns_rdata_read(c, r->type, r->class, NULL, other, sizeof(other)) == rdata_size);
	CHECK(rdata_size == SIZE_MAX || memcmp(other, rdata, rdata_size) == 0);
}

static void read_ordinary(struct ordinary *o, const struct admit_options *options, const uint8_t *data, size_t size)
{
	static struct worker_stats stats;
	static uint8_t room[DNS_MESSAGE_SIZE + 1 + ANSWER_NAME_SIZE];

	if (!o->table)
		o->table = table_new(&(struct table_options){.records = 10, .sink = take}, &stats);
	CHECK(o->table);
	o->taken = false;
	if (size > DNS_MESSAGE_SIZE)
		return;
	memcpy(room, data, size);
	memset(room + size, 0xa5, ANSWER_NAME_SIZE); // what stands behind must not matter
	for (uint32_t n = 0; n < TABLE_BATCH; n++)
		memset(table_prepare(o->table, n)->key, 0x5a, TABLE_KEY_SHORT);
	const struct answer_context x = {.table = o->table,
		.key = &key,
		.options = options,
		.wire = room,
		.size = size,
		.room = size + ANSWER_NAME_SIZE,
		.time_s = 1};
	o->taken = answer_read(&o->answer, &x);
}

static void compare(const struct ordinary *o, uint32_t n, const uint8_t *k, size_t size, uint64_t hash)
{
	const struct table_pending *p = table_prepare(o->table, n);

	CHECK(p->size == size && p->hash == hash && memcmp(p->key, k, size) == 0);
	size_t padded = (size + 7) / 8 * 8;
	for (size_t i = size; i < (padded > TABLE_FIRST_LINE ? padded : TABLE_FIRST_LINE); i++)
		CHECK(p->key[i] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_message *m;
	static struct admit *admit;
	static struct admit_options usual, all_types;
	static uint8_t rdata[DNS_RDATA_SIZE];
	static struct worker_stats stats;
	static struct table *table;
	static uint64_t sightings;
	static struct ordinary ordinary;
	const uint16_t *taken;

	if (!m) {
		m = dns_message_new(&key);
		admit = admit_new();
		admit_options_default(&usual);
		admit_options_default(&all_types);
		memset(all_types.type, 0xff, sizeof(all_types.type));
		table = table_new(&(struct table_options){.records = 200, .sink = take, .sink_context = &sightings},
			&stats);
	}
	const struct admit_options *options = size > 0 && data[0] % 8 == 7 ? &all_types : &usual; // by the message's ID
	read_ordinary(&ordinary, options, data, size);
	if (dns_parse(m, data, size) != DNS_TAKEN) {
		CHECK(!ordinary.taken);
		return 0;
	}
	uint64_t skipped = stats.rr_type_skipped;
	uint16_t len = admit_message(admit, m, options, &stats, &taken);
	if (ordinary.taken)
		CHECK(len == ordinary.answer.records && stats.rr_type_skipped - skipped == ordinary.answer.skipped &&
			m->records_len == ordinary.answer.records + ordinary.answer.skipped);
	table_next_message(table);
	for (uint16_t i = 0; i < len; i++) {
		const struct dns_record *r = &m->records[taken[i]];
		const struct dns_name *owner = dns_names_get(m->names, r->owner);
		struct cursor c = {.base = data, .at = data + r->rdata_at, .end = data + r->rdata_at + r->rdata_size};
		size_t rdata_size = dns_rdata_read(c, r->type, r->class, m->names, rdata, sizeof(rdata));
		compare_names(m, r, rdata, rdata_size);
		if (rdata_size > UINT16_MAX)
			continue;
		uint8_t *k = table_key(table, TABLE_KEY_MAX);
		memcpy(k, &r->type, 2);
		k[2] = owner->size;
		k[3] = 0;
		memcpy(k + TABLE_KEY_HEAD, dns_names_bytes(m->names, r->owner), owner->size);
		memcpy(k + TABLE_KEY_HEAD + owner->size, rdata, rdata_size);
		uint64_t hash = table_hash(&key, owner->hash, r->type, rdata, rdata_size);
		if (ordinary.taken)
			compare(&ordinary, i, k, TABLE_KEY_HEAD + owner->size + rdata_size, hash);
		table_add(table, TABLE_KEY_HEAD + owner->size + rdata_size, hash, 1);
	}
	table_sweep(table, 3);
	table_publish(table);
	CHECK(stats.rr_taken == stats.sightings_flushed + stats.sightings_pending + stats.lost_no_room);
	CHECK(stats.sightings_flushed == sightings);
	return 0;
}

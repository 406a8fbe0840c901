// SPDX-License-Identifier: BSD-3-Clause
// A DNS message: parsed, admitted, canonicalized, counted; the accounts must hold.
#include <stdlib.h>

#include "dataplane/admit.h"
#include "dataplane/dns.h"
#include "dataplane/table_inline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static bool take(void *context, const struct record_view *record)
{
	uint64_t *sightings = context;

	CHECK(record->head.count > 0 && record->head.owner_size > 0);
	*sightings += record->head.count;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hash_key key = {{3, 5, 7, 9}};
	static struct dns_message *m;
	static struct admit *admit;
	static struct admit_options options;
	static uint8_t rdata[DNS_RDATA_SIZE];
	static struct worker_stats stats;
	static struct table *table;
	static uint64_t sightings;
	const uint16_t *taken;

	if (!m) {
		m = dns_message_new(&key);
		admit = admit_new();
		admit_options_default(&options);
		table = table_new(&(struct table_options){.records = 200, .sink = take, .sink_context = &sightings},
			&stats);
	}
	if (dns_parse(m, data, size) != DNS_TAKEN)
		return 0;
	uint16_t len = admit_message(admit, m, &options, &stats, &taken);
	table_next_message(table);
	for (uint16_t i = 0; i < len; i++) {
		const struct dns_record *r = &m->records[taken[i]];
		const struct dns_name *owner = dns_names_get(m->names, r->owner);
		struct cursor c = {.base = data, .at = data + r->rdata_at, .end = data + r->rdata_at + r->rdata_size};
		size_t rdata_size = dns_rdata_read(c, r->type, r->class, rdata, sizeof(rdata));
		if (rdata_size > UINT16_MAX)
			continue;
		uint8_t *k = table_key(table, TABLE_KEY_MAX);
		memcpy(k, &r->type, 2);
		k[2] = owner->size;
		k[3] = 0;
		memcpy(k + TABLE_KEY_HEAD, dns_names_bytes(m->names, r->owner), owner->size);
		memcpy(k + TABLE_KEY_HEAD + owner->size, rdata, rdata_size);
		table_add(table, TABLE_KEY_HEAD + owner->size + rdata_size,
			table_hash(&key, owner->hash, r->type, rdata, rdata_size), 1);
	}
	table_sweep(table, 3);
	table_publish(table);
	CHECK(stats.rr_taken == stats.sightings_flushed + stats.sightings_pending + stats.lost_no_room);
	CHECK(stats.sightings_flushed == sightings);
	return 0;
}

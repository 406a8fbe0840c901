// SPDX-License-Identifier: BSD-3-Clause
// The table against the alternatives: a hit that is counted, TSC cycles each, the same keys in the same order for all.
//
//     table_bench [RECORDS]           without it: ten thousand, then two million
//
//     table       ours: buckets of ten tags over units of 128 octets (dataplane/table/table.h)
//     rte_hash    DPDK's cuckoo hash, 64-octet keys, looked up by 32; the counters in an array beside it
//     inline      open addressing, key and counters in one 64-octet slot, half full, asked for eight ahead
//
// Hashes are made beforehand; keys have an owner of some 20 octets and an address. Medians of seven rounds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_hash.h>

#include "dataplane/base/memory.h"
#include "dataplane/table/inline.h"

enum { ROUNDS = 7, BULK = 32, AHEAD = 8, KEY_SIZE = 64, SLOT_KEY = 40 };

struct sample {
	uint64_t hash;
	uint32_t size;	// of the key
	uint32_t order; // which one comes at this place
	uint8_t key[KEY_SIZE];
};

struct slot {
	uint64_t hash; // 0: free
	uint32_t first_s, last_s;
	uint32_t count, size;
	uint8_t key[SLOT_KEY];
};

struct counters {
	uint32_t first_s, last_s, count;
};

static struct hash_key key;
static struct sample *samples;
static uint32_t len;
static struct worker_stats stats;
static struct table *table;
static struct rte_hash *cuckoo;
static struct counters *beside;
static struct slot *slots;
static uint64_t slots_len;

static bool take(void *context, const struct record_view *record)
{
	(void)context;
	(void)record;
	return true;
}

static void make_samples(void)
{
	uint64_t x = 88172645463325252u;

	for (uint32_t i = 0; i < len; i++) {
		struct sample *s = &samples[i];
		char label[16];
		int host = snprintf(label, sizeof(label), "host%u", i);
		uint32_t address = i * 2654435761u;
		uint8_t *p = s->key + TABLE_KEY_HEAD;
		*p++ = (uint8_t)host;
		p = (uint8_t *)memcpy(p, label, (size_t)host) + host;
		p = (uint8_t *)memcpy(p, "\007example\003com", 13) + 13; // with the root's octet
		size_t owner = (size_t)(p - s->key) - TABLE_KEY_HEAD;
		s->key[0] = DNS_TYPE_A;
		s->key[2] = (uint8_t)owner;
		memcpy(p, &address, 4);
		s->size = (uint32_t)(TABLE_KEY_HEAD + owner + 4);
		s->hash = table_hash_a(&key, hash_padded(&key, s->key + TABLE_KEY_HEAD, owner), address);
		s->order = i;
	}
	for (uint32_t i = len - 1; i > 0; i--) { // not the order in which they are put in
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		uint32_t j = (uint32_t)(x % (i + 1)), swap = samples[i].order;
		samples[i].order = samples[j].order;
		samples[j].order = swap;
	}
}

static const struct sample *nth(uint32_t i)
{
	return &samples[samples[i].order];
}

// ours ───────────────────────────────────────────────────────────────────────────────────────

static void count_table(uint32_t i)
{
	const struct sample *s = nth(i);
	struct table_pending *p = table_prepare(table, 0);

	memcpy(p->key, s->key, KEY_SIZE);
	table_next_message(table);
	table_prepared(table, p, s->size, s->hash, 1);
	table_commit(table, 1);
}

static void round_table(void)
{
	for (uint32_t i = 0; i < len; i++)
		count_table(i);
	table_settle(table);
}

// rte_hash ───────────────────────────────────────────────────────────────────────────────────

static void round_cuckoo(void)
{
	const void *keys[BULK];
	hash_sig_t sigs[BULK];
	void *data[BULK];

	for (uint32_t i = 0; i < len; i += BULK) {
		uint32_t n = len - i < BULK ? len - i : BULK;
		uint64_t hits = 0;
		for (uint32_t k = 0; k < n; k++) {
			keys[k] = nth(i + k)->key;
			sigs[k] = (hash_sig_t)nth(i + k)->hash;
		}
		rte_hash_lookup_with_hash_bulk_data(cuckoo, keys, sigs, n, &hits, data);
		for (uint32_t k = 0; k < n; k++)
			__builtin_prefetch(data[k], 1);
		for (uint32_t k = 0; k < n; k++) {
			struct counters *c = data[k];
			c->count++;
			c->last_s = 1;
		}
	}
}

// inline entries ─────────────────────────────────────────────────────────────────────────────

static struct slot *place_of(uint64_t hash)
{
	return &slots[((hash >> 32) * slots_len) >> 32];
}

static struct slot *find_slot(const struct sample *s)
{
	struct slot *at = place_of(s->hash);

	for (;; at = at + 1 == slots + slots_len ? slots : at + 1)
		if (at->hash == 0 ||
			(at->hash == s->hash && at->size == s->size && memcmp(at->key, s->key, SLOT_KEY) == 0))
			return at;
}

static void round_inline(void)
{
	for (uint32_t i = 0; i < len; i++) {
		if (i + AHEAD < len)
			__builtin_prefetch(place_of(nth(i + AHEAD)->hash), 1);
		struct slot *at = find_slot(nth(i));
		at->count++;
		at->last_s = 1;
	}
}

// ────────────────────────────────────────────────────────────────────────────────────────────

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void set_up(void)
{
	const struct rte_hash_parameters parameters = {.name = "table_bench", .entries = len * 2, .key_len = KEY_SIZE};
	const struct table_options options = {.records = len * 2, .huge_pages = true, .sink = take};

	table = table_new(&options, &stats);
	cuckoo = rte_hash_create(&parameters);
	beside = calloc(len, sizeof(*beside));
	slots_len = (uint64_t)len * 2;
	slots = memory_map(slots_len * sizeof(*slots), true).at;
	if (!table || !cuckoo || !beside || !slots) {
		fprintf(stderr, "table_bench: no memory; are there huge pages?\n");
		exit(1);
	}
	for (uint32_t i = 0; i < len; i++) {
		const struct sample *s = &samples[i];
		struct slot *at = find_slot(s);
		*at = (struct slot){.hash = s->hash, .size = s->size};
		memcpy(at->key, s->key, SLOT_KEY);
		if (rte_hash_add_key_with_hash_data(cuckoo, s->key, (hash_sig_t)s->hash, &beside[i]) != 0)
			exit(1);
	}
	round_table();
}

static void tear_down(void)
{
	uint64_t inline_count = 0, cuckoo_count = 0;

	for (uint64_t i = 0; i < slots_len; i++)
		inline_count += slots[i].count;
	for (uint32_t i = 0; i < len; i++)
		cuckoo_count += beside[i].count;
	if (inline_count != (uint64_t)len * ROUNDS || cuckoo_count != (uint64_t)len * ROUNDS ||
		stats.rr_taken != (uint64_t)len * (ROUNDS + 1) || stats.table_entries != len) {
		fprintf(stderr, "table_bench: the counts do not add up\n");
		exit(1);
	}
	table_free(table);
	rte_hash_free(cuckoo);
	free(beside);
}

static void measure(uint32_t records)
{
	void (*const rounds[])(void) = {round_table, round_cuckoo, round_inline};
	static const char *const names[] = {"table", "rte_hash", "inline"};
	double cycles[3][ROUNDS];

	len = records;
	samples = calloc(len, sizeof(*samples));
	memset(&stats, 0, sizeof(stats));
	if (!samples)
		exit(1);
	make_samples();
	set_up();
	for (int r = 0; r < ROUNDS; r++)
		for (int k = 0; k < 3; k++) {
			uint64_t start = rte_rdtsc();
			rounds[k]();
			cycles[k][r] = (double)(rte_rdtsc() - start) / len;
		}
	for (int k = 0; k < 3; k++) {
		qsort(cycles[k], ROUNDS, sizeof(double), compare);
		printf("%8u records  %-8s %6.1f cycles a hit (least %.1f)\n", len, names[k], cycles[k][ROUNDS / 2],
			cycles[k][0]);
	}
	tear_down();
	free(samples);
}

int main(int argc, char **argv)
{
	char *eal[] = {argv[0], (char[]){"--no-pci"}, (char[]){"--no-telemetry"}, (char[]){"-l"}, (char[]){"0"},
		(char[]){"--log-level=error"}, (char[]){"--file-prefix=table_bench"}, (char[]){"--no-huge"},
		(char[]){"-m"}, (char[]){"1024"}};

	if (rte_eal_init((int)(sizeof(eal) / sizeof(*eal)), eal) < 0 || hash_key_random(&key) != 0)
		return 1;
	if (argc > 1) {
		measure((uint32_t)strtoul(argv[1], NULL, 10));
	} else {
		measure(10000);
		measure(2000000);
	}
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// What messages of 64 KiB cost that are made to be expensive: processor time of each stage, the least of several passes.
//
//     message_bench [--passes N] [KIND...]         without KIND: all
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/admit/admit.h"
#include "dataplane/dns/dns.h"
#include "dataplane/table/inline.h"

enum { PASSES = 30, POINTER_MAX = 0x3fff };

static const struct hash_key key = {{3, 5, 7, 9, 11, 13, 15, 17}};
static uint8_t wire[DNS_MESSAGE_SIZE];
static size_t size;

static void put16(unsigned v)
{
	wire[size++] = (uint8_t)(v >> 8);
	wire[size++] = (uint8_t)v;
}

static void put_pointer(size_t to)
{
	put16(0xc000 | (unsigned)to);
}

static void put_header(unsigned answers, unsigned authorities)
{
	memset(wire, 0, DNS_HEADER_SIZE);
	wire[2] = 0x80;
	wire[5] = 1;
	wire[6] = (uint8_t)(answers >> 8);
	wire[7] = (uint8_t)answers;
	wire[8] = (uint8_t)(authorities >> 8);
	wire[9] = (uint8_t)authorities;
}

// A name of 127 labels, in the zone "z"; `seed` makes it another one.
static void put_longest(unsigned seed)
{
	for (int i = 0; i < 127; i++, seed = seed * 1103515245u + 12345) {
		wire[size++] = 1;
		wire[size++] = i == 126 ? 'z' : (uint8_t)('a' + (seed >> 16) % 26);
	}
	wire[size++] = 0;
}

static void begin(bool root)
{
	size = DNS_HEADER_SIZE;
	if (root)
		wire[size++] = 0;
	else
		put_longest(1);
	put16(DNS_TYPE_A);
	put16(DNS_CLASS_IN);
}

static void put_fixed(unsigned type, unsigned rdata_size)
{
	put16(type);
	put16(DNS_CLASS_IN);
	put16(0);
	put16(60);
	put16(rdata_size);
}

// An opaque record that is full of names, up to the last place that a pointer reaches. Returns where they begin.
static size_t put_labels(void)
{
	wire[size++] = 0;
	size_t rdata_size = POINTER_MAX - size - 10 - 255, from = size + 10;
	put_fixed(65280, (unsigned)rdata_size);
	for (unsigned seed = 7; size + 255 <= from + rdata_size; seed++)
		put_longest(seed);
	while (size < from + rdata_size)
		wire[size++] = 0;
	return from;
}

// Where the k-th of these labels is.
static size_t label_at(size_t from, size_t k)
{
	size_t len = (POINTER_MAX - 255 - from) / 255;

	return from + k % len * 255 + k / len * 2 % 254;
}

// Records whose owner and whose target point to other places of these names.
static unsigned put_pointing(unsigned type, size_t names, size_t from)
{
	unsigned n = 0;
	size_t rdata_size = names * 2 + (type == DNS_TYPE_SOA ? 20 : 0);

	for (size_t k = 0; size + 12 + rdata_size <= DNS_MESSAGE_SIZE && n < DNS_RECORDS_MAX - 1; n++) {
		put_pointer(label_at(from, k++));
		put_fixed(type, (unsigned)rdata_size);
		for (size_t i = 0; i < names; i++)
			put_pointer(label_at(from, k++));
		memset(wire + size, 0, rdata_size - names * 2);
		size += rdata_size - names * 2;
	}
	return n;
}

static void make_pointing(unsigned type, size_t names)
{
	begin(true);
	size_t from = put_labels();
	put_header(1 + put_pointing(type, names, from), 0);
}

static void make_ns(void)
{
	make_pointing(DNS_TYPE_NS, 1);
}

static void make_soa(void)
{
	make_pointing(DNS_TYPE_SOA, 2);
}

// The same in the authority section, owned by a zone above the question, so that they are admitted.
static void make_servers(void)
{
	begin(false);
	size_t from = put_labels();
	unsigned n = 0;
	for (; size + 14 <= DNS_MESSAGE_SIZE; n++) {
		put_pointer(DNS_HEADER_SIZE + 252);
		put_fixed(DNS_TYPE_NS, 2);
		put_pointer(label_at(from, n));
	}
	put_header(1, n);
}

// A chain of CNAMEs, of names that have nothing in common.
static void make_chain(void)
{
	begin(false);
	size_t last = DNS_HEADER_SIZE;
	unsigned n = 0;
	for (; size + 12 + 255 <= POINTER_MAX; n++) {
		put_pointer(last);
		put_fixed(DNS_TYPE_CNAME, 255);
		last = size;
		put_longest(n + 100);
	}
	put_header(n, 0);
}

// A chain of CNAMEs by pointers, the last one first.
static void make_cnames(void)
{
	begin(false);
	size_t from = put_labels();
	unsigned all = (unsigned)(DNS_MESSAGE_SIZE - size) / 14;
	for (unsigned n = all; n-- > 0;) {
		put_pointer(n == 0 ? DNS_HEADER_SIZE : label_at(from, n - 1));
		put_fixed(DNS_TYPE_CNAME, 2);
		put_pointer(label_at(from, n));
	}
	put_header(1 + all, 0);
}

// CNAMEs whose owners are written out, the last of the chain first; and an NS.
static void make_reverse(void)
{
	begin(false);
	unsigned n = 0, all = (DNS_MESSAGE_SIZE - (unsigned)size) / (10 + 255 + 255);
	for (; n < all; n++) {
		unsigned from = all - n, to = from + 1;
		put_longest(from == 1 ? 1 : from * 977);
		put_fixed(DNS_TYPE_CNAME, 255);
		put_longest(to * 977);
	}
	put_header(n, 0);
}

static void make_addresses(void)
{
	begin(false);
	unsigned n = 0;
	for (; size + 16 <= DNS_MESSAGE_SIZE; n++) {
		put_pointer(DNS_HEADER_SIZE);
		put_fixed(DNS_TYPE_A, 4);
		put16(n);
		put16(n);
	}
	put_header(n, 0);
}

static void make_texts(void)
{
	begin(false);
	unsigned n = 0;
	for (; size + 12 + 200 <= DNS_MESSAGE_SIZE; n++) {
		put_pointer(DNS_HEADER_SIZE);
		put_fixed(DNS_TYPE_TXT, 200);
		wire[size++] = 199;
		memset(wire + size, (int)n, 199);
		size += 199;
	}
	put_header(n, 0);
}

static const struct kind {
	const char *name;
	void (*make)(void);
} kinds[] = {
	{"texts", make_texts}, // an ordinary message of this size
	{"addresses", make_addresses},
	{"ns", make_ns},
	{"soa", make_soa},
	{"servers", make_servers},
	{"chain", make_chain},
	{"cnames", make_cnames},
	{"reverse", make_reverse},
};

static bool sink(void *context, const struct record_view *record)
{
	(void)record;
	++*(uint64_t *)context;
	return true;
}

static int passes = PASSES;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void add(struct dns_message *m, struct table *table, const uint16_t *taken, uint16_t len)
{
	static uint8_t rdata[DNS_RDATA_SIZE];

	table_next_message(table);
	for (uint16_t i = 0; i < len; i++) {
		const struct dns_record *r = &m->records[taken[i]];
		const struct dns_name *owner = dns_names_get(m->names, r->owner);
		struct cursor c = {.base = wire, .at = wire + r->rdata_at, .end = wire + r->rdata_at + r->rdata_size};
		size_t rdata_size = dns_rdata_read(c, r->type, r->class, m->names, rdata, sizeof(rdata));
		uint8_t *k = table_key(table, TABLE_KEY_HEAD + owner->size + rdata_size);
		memcpy(k, &r->type, 2);
		k[2] = owner->size;
		k[3] = 0;
		memcpy(k + TABLE_KEY_HEAD, dns_names_bytes(m->names, r->owner), owner->size);
		memcpy(k + TABLE_KEY_HEAD + owner->size, rdata, rdata_size);
		table_add(table, TABLE_KEY_HEAD + owner->size + rdata_size,
			table_hash(&key, owner->hash, r->type, rdata, rdata_size), 1);
	}
	table_settle(table);
}

struct bench {
	struct dns_message *message;
	struct admit *admit;
	struct table *table;
	struct admit_options options;
	struct worker_stats stats;
	uint64_t sunk;
};

static void measure(struct bench *b, const struct kind *k)
{
	double least[3] = {1e9, 1e9, 1e9};
	uint16_t len = 0;

	k->make();
	for (int pass = 0; pass < passes; pass++) {
		const uint16_t *taken;
		double at[4] = {now_us()};
		if (dns_parse(b->message, wire, size) != DNS_TAKEN) {
			fprintf(stderr, "message_bench: %s: the message is refused\n", k->name);
			exit(1);
		}
		at[1] = now_us();
		len = admit_message(b->admit, b->message, &b->options, &b->stats, &taken);
		at[2] = now_us();
		add(b->message, b->table, taken, len);
		at[3] = now_us();
		for (int i = 0; i < 3; i++)
			if (at[i + 1] - at[i] < least[i])
				least[i] = at[i + 1] - at[i];
	}
	printf("%-10s %5zu octets, %4u records, %4u taken: parse %4.0f, admit %4.0f, add %4.0f, all %4.0f us\n",
		k->name, size, b->message->records_len, len, least[0], least[1], least[2],
		least[0] + least[1] + least[2]);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 0;
}

int main(int argc, char **argv)
{
	static struct bench b;

	argc--, argv++;
	if (argc > 1 && strcmp(argv[0], "--passes") == 0) {
		passes = atoi(argv[1]);
		argc -= 2, argv += 2;
	}
	admit_options_default(&b.options);
	memset(b.options.type, 0xff, sizeof(b.options.type));
	b.message = dns_message_new(&key);
	b.admit = admit_new();
	b.table =
		table_new(&(struct table_options){.records = 100000, .sink = sink, .sink_context = &b.sunk}, &b.stats);
	if (!b.message || !b.admit || !b.table)
		return 1;
	for (const struct kind *k = kinds; k < kinds + sizeof(kinds) / sizeof(*kinds); k++)
		if (is_wanted(k->name, argc, argv))
			measure(&b, k);
	table_free(b.table);
	admit_free(b.admit);
	dns_message_free(b.message);
	return 0;
}

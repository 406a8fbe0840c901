// SPDX-License-Identifier: BSD-3-Clause
// Answers seen before: a message gets an entry, and variants of it are looked up: another octet anywhere, other IDs, TTLs,
// counts and case, cut off, longer. A variant that is found must be an ordinary answer with the very keys that the entry leads
// to. One that differs only in what does not matter must be found.
#include <stdlib.h>

#include "dataplane/admit/admit.h"
#include "dataplane/answers/answers.h"
#include "dataplane/answers/look.h"
#include "dataplane/loop/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static const struct hash_key key = {{3, 5, 7, 9, 11, 13, 15, 17}};
static struct admit_options options;
static struct answers *answers;

// A message in a buffer with room, and the keys of its records.
struct message {
	uint8_t wire[DNS_MESSAGE_SIZE + ANSWERS_ROOM];
	size_t size;
	struct table *table; // nothing is ever added to it
	bool is_ordinary;
	struct answer answer;
};

static uint64_t random_state;

static uint32_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32);
}

static bool no_sink(void *context, const struct record_view *record)
{
	return true;
}

static void no_entries(void *context, const struct answers_entry *entry)
{
}

static void read_message(struct message *m)
{
	static struct worker_stats stats;

	if (!m->table)
		m->table = table_new(&(struct table_options){.records = 10, .sink = no_sink}, &stats);
	CHECK(m->table);
	memset(m->wire + m->size, (int)next_random(), ANSWERS_ROOM); // what follows must not matter
	const struct answer_context x = {.table = m->table,
		.key = &key,
		.options = &options,
		.wire = m->wire,
		.size = m->size,
		.room = m->size + ANSWERS_ROOM,
		.time_s = 1};
	m->is_ordinary = answer_read(&m->answer, &x);
}

static struct answers_entry *find(const struct message *m, struct answers_look *look)
{
	answers_look_begin(answers, m->wire, m->size, m->size + ANSWERS_ROOM, look);
	answers_look_find(answers, look);
	return answers_look_end(answers, look, m->wire);
}

static void compare(const struct message *a, const struct message *b)
{
	CHECK(b->is_ordinary && a->answer.records == b->answer.records && a->answer.skipped == b->answer.skipped);
	for (uint32_t i = 0; i < a->answer.records; i++) {
		const struct table_pending *k = table_prepare(a->table, i), *other = table_prepare(b->table, i);
		CHECK(k->size == other->size && k->hash == other->hash && memcmp(k->key, other->key, k->size) == 0);
	}
}

// Looks the variant up: what is found must lead to the same.
static bool try_variant(const struct message *known, const struct answers_entry *entry, struct message *variant)
{
	struct answers_look look;
	struct answers_entry *found = find(variant, &look);

	CHECK(!found || found == entry);
	if (!found)
		return false;
	read_message(variant);
	compare(known, variant);
	CHECK(entry->records == variant->answer.records && entry->skipped == variant->answer.skipped);
	return true;
}

static void begin(struct message *to, const struct message *from)
{
	memcpy(to->wire, from->wire, from->size + ANSWERS_ROOM);
	to->size = from->size;
}

static bool is_ignored(const struct answers_entry *e, size_t at)
{
	return e->mask[at / OCTETS] >> at % OCTETS & 1;
}

// Changes everything that does not matter.
static void change_all(struct message *m, const struct answers_entry *e)
{
	for (size_t at = 0; at < m->size; at++)
		if (is_ignored(e, at))
			m->wire[at] = (uint8_t)next_random();
	for (size_t at = DNS_HEADER_SIZE; m->wire[at] != 0; at += 1 + (size_t)m->wire[at])
		for (size_t i = at + 1; i <= at + m->wire[at]; i++)
			if ((m->wire[i] | 0x20) >= 'a' && (m->wire[i] | 0x20) <= 'z' && next_random() & 1)
				m->wire[i] ^= 0x20;
}

static void try_variants(const struct message *known, const struct answers_entry *e)
{
	static struct message variant;

	for (int i = 0; i < 8; i++) {
		begin(&variant, known);
		change_all(&variant, e);
		CHECK(try_variant(known, e, &variant));
		variant.wire[next_random() % known->size] ^= (uint8_t)(1 << next_random() % 8);
		try_variant(known, e, &variant);
	}
	for (size_t at = 0; at < known->size; at++) { // each octet alone
		begin(&variant, known);
		variant.wire[at] ^= next_random() & 1 ? 0x20 : (uint8_t)next_random();
		try_variant(known, e, &variant);
	}
	for (int i = 0; i < 16; i++) { // a run of octets, other counts, other sizes
		begin(&variant, known);
		size_t at = next_random() % known->size;
		for (size_t end = at + next_random() % 12; at < end && at < known->size; at++)
			variant.wire[at] = (uint8_t)next_random();
		try_variant(known, e, &variant);
		begin(&variant, known);
		variant.wire[6 + next_random() % 6] += (uint8_t)(next_random() & 1 ? 1 : -1);
		try_variant(known, e, &variant);
		begin(&variant, known);
		variant.size = next_random() % (known->size + OCTETS);
		try_variant(known, e, &variant);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message known;
	struct answers_look look;

	if (!answers) {
		admit_options_default(&options);
		answers = answers_new(ANSWERS_MEMORY_MIN, false, &key);
		CHECK(answers);
	}
	if (size > DNS_MESSAGE_SIZE)
		return 0;
	random_state = hash_bytes(&key, data, size) | 1;
	memcpy(known.wire, data, size);
	known.size = size;
	read_message(&known);
	CHECK(!find(&known, &look)); // from an input before
	if (!known.is_ordinary || look.set == LOOK_NONE)
		return 0;
	CHECK(!answers_seen_again(answers, &look) && answers_seen_again(answers, &look));
	if (answers_insert(answers, &look, known.wire, known.answer.records, known.answer.skipped, no_entries, NULL)) {
		struct answers_entry *e = find(&known, &look);
		CHECK(e && e->count == 0);
		try_variants(&known, e);
	}
	answers_drain(answers, look.set, no_entries, NULL);
	answers_forget(answers, look.set);
	return 0;
}

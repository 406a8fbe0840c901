// SPDX-License-Identifier: BSD-3-Clause
// spool, in a Redis Cluster: each slot has a number of its own (number/topology.h), and a person decides for each slot of
// which it is missing or not ours.
#include "collector/cli/spool.h"

#include "collector/number/topology.h"

#include <stdlib.h>
#include <unistd.h>

enum { TRIES = 5, LOOKS = 50, LOOK_MS = 100, ALL_SLOTS = -1 };

// What to do with which slots.
struct slots_order {
	bool guess;	 // adopt without a number: the one of the two numbers that can be right
	uint64_t number; // else
	long slot;	 // or ALL_SLOTS: those that are stopped
};

static int read_numbers(struct spool_case *c, struct topology *t)
{
	topology_renew(t, c->spool.uuid);
	t->reader = true;
	if (numbered_read(&t->numbered, &c->conn, c->redis, c->spool.uuid) != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, c->conn.why);
	int result = -1;
	for (int i = 0; i < TRIES && result != 0; i++)
		result = topology_ready(t, c->redis);
	if (result != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, t->why);
	// Between the answers about its two numbers a collector may have written a slot. One that is stopped does not change.
	uint64_t changes = t->stops.changes - 1;
	for (int i = 0; i < LOOKS && t->stops.len > 0 && changes != t->stops.changes; i++) {
		changes = t->stops.changes;
		usleep(LOOK_MS * 1000);
		topology_look_at_stopped(t, c->redis);
	}
	return 0;
}

static int by_slot(const void *a, const void *b)
{
	return (int)((const struct stop *)a)->slot - (int)((const struct stop *)b)->slot;
}

static int show(const struct spool_case *c, const struct topology *t)
{
	char why[512];
	size_t numbered = 0;

	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++)
		numbered += t->applied[slot] > 0;
	lookback_spool_print(c);
	printf("%-12s %zu\n", "slots", numbered);
	printf("%-12s %zu\n", "stopped", t->stops.len);
	bool sound = t->stops.len == 0 && !c->owner_foreign;
	printf("%-12s %s\n", "state",
		sound ? "sound" : guard_label[t->stops.len > 0 ? t->stops.at[0].state : GUARD_FOREIGN]);
	if (c->owner_foreign)
		printf("%-12s %s\n", "reason", c->owner_why);
	for (size_t i = 0; i < t->stops.len; i++) {
		stops_tell(why, sizeof(why), &t->stops.at[i], c->redis->prefix, c->spool.uuid);
		printf("%-12s %s\n", "reason", why);
	}
	return sound ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

// The number that a slot is to have. False after a message.
static bool choose(const struct spool_case *c, const struct stop *stop, const struct slots_order *order,
	uint64_t *number)
{
	*number = order->number;
	if (!order->guess)
		return true;
	bool vouched = stop->found.fence == GUARD_NUMBER ||
		       (stop->found.fence == GUARD_OTHER && stop->found.seq == GUARD_NUMBER);
	if (vouched && guard_guess(&stop->found, 0, c->spool.sent, false, number))
		return true;
	lookback_fail(
		"adopt: slot %u: found no number in Redis that can be right, expected one up to %lu, the last batch sent; the "
		"collector's log may name it: adopt NUMBER %u",
		stop->slot, (unsigned long)c->spool.sent, stop->slot);
	return false;
}

// `found` NULL: whatever the slot holds.
static int claim(const struct spool_case *c, struct topology *t, uint16_t slot, const struct guard *found,
	uint64_t number)
{
	if (topology_claim(t, slot, number, found, c->redis) != 0)
		return lookback_fail("redis %s", t->why);
	printf("Slot %u: %lu.\n", slot, (unsigned long)number);
	return LOOKBACK_FOUND;
}

static int decide_all(const struct lookback *l, const struct spool_case *c, struct topology *t,
	const struct slots_order *order)
{
	const struct stops *stops = &t->stops;
	uint64_t number;

	if (stops->len == 0)
		return lookback_fail(
			"spool %s: nothing to decide: the numbers of all slots are sound; name a slot to change its number",
			c->spool.uuid);
	for (size_t i = 0; i < stops->len; i++) {
		if (!choose(c, &stops->at[i], order, &number))
			return LOOKBACK_FAILED;
		printf("Slot %u will count as holding all batches up to %lu of spool %s.\n", stops->at[i].slot,
			(unsigned long)number, c->spool.uuid);
	}
	if (!lookback_spool_confirm(l))
		return l->dry ? LOOKBACK_FOUND : lookback_fail("nothing was changed");
	int result = LOOKBACK_FOUND;
	for (size_t i = 0; i < stops->len && result == LOOKBACK_FOUND; i++)
		result = choose(c, &stops->at[i], order, &number)
				 ? claim(c, t, stops->at[i].slot, &stops->at[i].found, number)
				 : LOOKBACK_FAILED;
	return result;
}

// One slot, even if its numbers look sound: the collector may know that they are not.
static int decide_one(const struct lookback *l, const struct spool_case *c, struct topology *t,
	const struct slots_order *order)
{
	uint16_t slot = (uint16_t)order->slot;
	const struct guard *found = NULL;

	for (size_t i = 0; i < t->stops.len; i++)
		if (t->stops.at[i].slot == slot)
			found = &t->stops.at[i].found;
	printf("Slot %u will count as holding all batches up to %lu of spool %s.\n", slot, (unsigned long)order->number,
		c->spool.uuid);
	if (!lookback_spool_confirm(l))
		return l->dry ? LOOKBACK_FOUND : lookback_fail("nothing was changed");
	return claim(c, t, slot, found, order->number);
}

// Digits alone. False after a message.
static bool read_number(const char *what, const char *text, uint64_t most, uint64_t *out)
{
	char *end = NULL;

	*out = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && *out <= most)
		return true;
	lookback_fail("%s: found '%s', expected a number up to %lu", what, text, (unsigned long)most);
	return false;
}

static int run(struct lookback *l, struct spool_case *c, struct topology *t)
{
	const char *what = l->argv[0];
	struct slots_order order = {.slot = ALL_SLOTS};
	bool adopt = strcmp(what, "adopt") == 0;
	int slot_at = adopt ? 2 : 1;
	uint64_t slot;

	if (strcmp(what, "status") == 0 && l->argc == 1)
		return show(c, t);
	if ((!adopt && strcmp(what, "reset") != 0) || l->argc > slot_at + 1)
		return lookback_fail("usage: lookback spool status | adopt [NUMBER [SLOT]] | reset [SLOT] | take");
	order.guess = adopt && l->argc == 1;
	if (adopt && !order.guess && !read_number("adopt", l->argv[1], UINT64_MAX - 1, &order.number))
		return LOOKBACK_FAILED;
	if (order.number > c->spool.sent)
		return lookback_fail("adopt %lu: the spool has sent batches up to %lu", (unsigned long)order.number,
			(unsigned long)c->spool.sent);
	if (l->argc > slot_at && !read_number("slot", l->argv[slot_at], REDIS_SLOTS - 1, &slot))
		return LOOKBACK_FAILED;
	if (l->argc > slot_at)
		order.slot = (long)slot;
	int result = order.slot == ALL_SLOTS ? decide_all(l, c, t, &order) : decide_one(l, c, t, &order);
	if (result == LOOKBACK_FOUND && !l->dry)
		printf("Done. A running collector continues within some seconds.\n");
	return result;
}

int lookback_slots(struct lookback *l, struct spool_case *c)
{
	struct topology *t = calloc(1, sizeof(*t));

	if (!t)
		return lookback_fail("out of memory");
	int result = read_numbers(c, t);
	if (result == 0) {
		if (t->stops.len > 0)
			qsort(t->stops.at, t->stops.len, sizeof(*t->stops.at), by_slot);
		result = run(l, c, t);
	}
	topology_close(t);
	free(t);
	return result;
}

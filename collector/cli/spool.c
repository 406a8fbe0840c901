// SPDX-License-Identifier: BSD-3-Clause
// spool: decides what Redis holds of a spool, if its number there is missing or was changed. The collector may run: it reads the
// number every few seconds, and continues if it is sound.
#include "collector/cli/spool.h"

#include <stdlib.h>
#include <unistd.h>

static int look(struct lookback *l, struct spool_case *c)
{
	char why[5000];

	settings_spool_dir(&l->settings, false, c->dir, sizeof(c->dir));
	if (spool_peek(c->dir, &c->spool, why, sizeof(why)) != 0)
		return lookback_fail("%s", why);
	c->redis = &l->db.reader.settings;
	if (redis_conn_open(&c->conn, c->redis) != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, c->conn.why);
	bool cluster = c->conn.info.cluster;
	if (cluster) // the keys of the owner may be on another node
		redis_conn_close(&c->conn);
	if (cluster && lease_open(&c->conn, c->redis, c->spool.uuid) != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, c->conn.why);
	if (!cluster && seq_look_up(&c->conn, c->spool.uuid, c->redis, &c->guard) != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, c->conn.why);
	if (lease_is_foreign(&c->conn, c->redis, c->spool.uuid, &c->owner_foreign, c->owner_why,
		    sizeof(c->owner_why)) != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, c->conn.why);
	if (!cluster)
		c->state = guard_judge(&c->guard, c->spool.acked, c->spool.sent, &c->number);
	return 0;
}

static void print_number(const char *label, enum guard_kind kind, uint64_t number)
{
	if (kind == GUARD_NUMBER)
		printf("%-12s %lu\n", label, (unsigned long)number);
	else
		printf("%-12s %s\n", label, kind == GUARD_NONE ? "none" : "not a number");
}

void lookback_spool_print(const struct spool_case *c)
{
	printf("%-12s %s%s\n", "spool", c->dir, c->spool.in_use ? ", in use by a collector" : "");
	printf("%-12s %s\n", "uuid", c->spool.uuid);
	printf("%-12s %lu\n", "oldest", (unsigned long)c->spool.first);
	printf("%-12s %lu\n", "newest", (unsigned long)c->spool.last);
	printf("%-12s %lu\n", "applied", (unsigned long)c->spool.acked);
}

static int show(const struct spool_case *c)
{
	char why[512];

	lookback_spool_print(c);
	print_number("redis", c->guard.seq, c->guard.seq_number);
	print_number("fence", c->guard.fence, c->guard.fence_number);
	bool owner = c->state <= GUARD_NEW && c->owner_foreign;
	printf("%-12s %s\n", "state", guard_label[owner ? GUARD_FOREIGN : c->state]);
	if (c->owner_foreign)
		printf("%-12s %s\n", "reason", c->owner_why);
	if (c->state <= GUARD_NEW)
		return owner ? LOOKBACK_NOTHING : LOOKBACK_FOUND;
	guard_tell(why, sizeof(why), c->state, &c->guard, c->redis->prefix, c->spool.uuid, c->spool.acked,
		c->spool.sent);
	printf("%-12s %s\n", "reason", why);
	return LOOKBACK_NOTHING;
}

bool lookback_spool_confirm(const struct lookback *l)
{
	char line[16];

	if (l->yes || l->dry)
		return !l->dry;
	printf("Continue? [y/N] ");
	fflush(stdout);
	return isatty(STDIN_FILENO) && fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

static bool ask(const struct lookback *l, const struct spool_case *c, uint64_t number)
{
	uint64_t first = c->spool.first > number + 1 ? c->spool.first : number + 1;
	uint64_t sent = c->spool.last + 1 > first ? c->spool.last + 1 - first : 0;

	printf("Redis %s will count as holding all batches of spool %s up to %lu; %lu batches of the spool will be sent.\n",
		c->redis->address.text, c->spool.uuid, (unsigned long)number, (unsigned long)sent);
	return lookback_spool_confirm(l);
}

static int decide(struct lookback *l, struct spool_case *c, uint64_t number)
{
	if (c->state <= GUARD_NEW)
		return lookback_fail("spool %s: nothing to decide: the numbers are sound, Redis holds batch %lu",
			c->spool.uuid, (unsigned long)c->number);
	if (number > c->spool.sent)
		return lookback_fail("adopt: found %lu, expected at most %lu, the last batch sent",
			(unsigned long)number, (unsigned long)c->spool.sent);
	if (!ask(l, c, number))
		return l->dry ? LOOKBACK_FOUND : lookback_fail("nothing was changed");
	if (seq_claim(&c->conn, c->spool.uuid, c->redis, number, c->conn.foreign_seq) != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, c->conn.why);
	printf("Done. A running collector continues within some seconds.\n");
	return LOOKBACK_FOUND;
}

// This spool keeps its UUID, whichever collector had it before.
static int take(struct lookback *l, struct spool_case *c)
{
	char who[160];

	if (c->conn.info.cluster)
		printf("Spool %s keeps its UUID %s and continues after the batch that each slot of the cluster holds.",
			c->dir, c->spool.uuid);
	else
		printf("Spool %s keeps its UUID %s and continues after batch %lu, which Redis %s holds.", c->dir,
			c->spool.uuid, (unsigned long)c->guard.seq_number, c->redis->address.text);
	printf(" A copy of the spool that has this UUID gets a new one when its collector starts.\n");
	if (!lookback_spool_confirm(l))
		return l->dry ? LOOKBACK_FOUND : lookback_fail("nothing was changed");
	if (lease_void(&c->conn, c->redis, c->spool.uuid, who, sizeof(who)) != 0)
		return lookback_fail("redis %s: %s", c->redis->address.text, c->conn.why);
	if (who[0])
		return lookback_fail(
			"spool %s: found its UUID in use by %s, expected nobody; stop that collector, and wait 15 s after it has ended",
			c->spool.uuid, who);
	printf("Done. A running collector continues within some seconds.\n");
	return LOOKBACK_FOUND;
}

static int run(struct lookback *l, struct spool_case *c)
{
	const char *what = l->argv[0], *text = l->argc > 1 ? l->argv[1] : NULL;
	char *end = NULL;

	if (c->conn.info.cluster && strcmp(what, "take") != 0)
		return lookback_slots(l, c);
	if (strcmp(what, "status") == 0 && !text)
		return show(c);
	if (strcmp(what, "reset") == 0 && !text)
		return decide(l, c, 0);
	if (strcmp(what, "take") == 0 && !text)
		return take(l, c);
	if (strcmp(what, "adopt") != 0 || l->argc > 2)
		return lookback_fail(
			"usage: lookback spool status | adopt [NUMBER] | reset | take; in a cluster: adopt [NUMBER [SLOT]] | reset [SLOT]");
	uint64_t number = text ? strtoull(text, &end, 10) : 0;
	if (text && (*text < '0' || *text > '9' || *end))
		return lookback_fail("adopt: found '%s', expected a number", text);
	if (!text && c->state > GUARD_NEW &&
		!guard_guess(&c->guard, c->spool.acked, c->spool.sent, c->spool.exact, &number))
		return lookback_fail(
			"adopt: found no number in Redis that can be right, expected one from %lu (last batch known to be applied) to "
			"%lu (last batch sent); give the number: adopt %lu, unless Redis was restored from an older backup",
			(unsigned long)c->spool.acked, (unsigned long)c->spool.sent, (unsigned long)c->spool.acked);
	return decide(l, c, number);
}

int lookback_spool(struct lookback *l)
{
	struct spool_case c = {.redis = NULL};
	int result = look(l, &c);

	if (result == 0)
		result = run(l, &c);
	redis_conn_close(&c.conn);
	return result;
}

// SPDX-License-Identifier: BSD-3-Clause
// Who owns the spool's UUID: take it over, wait, or leave it to the other collector and continue under a new one.
#include "collector/number/lease.h"

#include "collector/base/metrics.h"
#include "collector/number/lease_state.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>

struct lease_look {
	struct spool_owner title;
	char uuid[STREAM_UUID_TEXT_SIZE];
	char lease[LEASE_TEXT_SIZE]; // as in Redis
	uint64_t generation, nonce;  // of the owner; 0: none
	uint64_t number;	     // last batch of the spool that Redis has
};

static int look(struct lease_look *k, struct redis_conn *c, const struct redis_settings *s)
{
	struct redis_buffer b = {0};
	char text[LEASE_TEXT_SIZE];
	bool foreign;

	lease_watch(&b, s, k->uuid);
	int result = lease_send(c, &b, text, sizeof(text));
	if (result == 0)
		result = lease_is_foreign(c, s, k->uuid, &foreign, text, sizeof(text));
	if (result == 0 && foreign)
		result = redis_conn_fail(c, REDIS_TROUBLE_OWNED, "%s", text);
	lease_ask(&b, s, k->uuid);
	result = result == 0 ? lease_send(c, &b, text, sizeof(text)) : -1;
	redis_buffer_clear(&b);
	k->nonce = strtoull(text, NULL, 10);
	lease_get(&b, s, k->uuid, "generation");
	result = result == 0 ? lease_send(c, &b, text, sizeof(text)) : -1;
	k->generation = k->nonce ? strtoull(text, NULL, 10) : 0;
	redis_buffer_free(&b);
	return result == 0 ? lease_holder(c, s, k->uuid, k->lease) : -1;
}

// The owner in Redis is a process of this folder, or Redis has older data.
static bool is_ours(const struct lease_look *k)
{
	const struct spool_owner *t = &k->title;

	return k->generation < t->owner_generation || k->generation == 0 ||
	       (k->generation == t->owner_generation && k->nonce == t->owner_nonce) ||
	       (k->generation == t->claim_generation && k->nonce == t->claim_nonce);
}

// The lease is of a process of this folder at this path. We have the lock of the folder, so that process is dead.
static bool is_left(const struct lease_look *k)
{
	uint64_t nonce = strtoull(k->lease, NULL, 10);

	return k->title.same_place && (nonce == k->title.owner_nonce || nonce == k->title.claim_nonce);
}

static const char *holder(const struct lease_look *k)
{
	uint64_t nonce, applied;

	return lease_read(k->lease, &nonce, &applied);
}

// The last batch under this UUID that Redis has, of any collector.
static uint64_t applied_by_all(const struct lease_look *k)
{
	uint64_t nonce, noted, applied = k->number > k->title.acked ? k->number : k->title.acked;

	lease_read(k->lease, &nonce, &noted);
	return nonce == k->nonce && noted > applied ? noted : applied;
}

static int write_take(struct lease *l, struct lease_look *k, struct redis_conn *c, const struct redis_settings *s)
{
	const struct spool_owner *t = &k->title;
	struct redis_buffer b = {0};
	char from[64], generation[24], old[24], reply[64];

	snprintf(from, sizeof(from), "%lu %lu", (unsigned long)t->owner_nonce, (unsigned long)t->confirmed);
	snprintf(generation, sizeof(generation), "%lu", (unsigned long)t->claim_generation);
	snprintf(old, sizeof(old), "%lu", (unsigned long)(t->claim_generation - LEASE_HISTORY));
	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "MULTI");
	redis_encode_array(&b, 8);
	redis_encode_literal(&b, "HSET");
	lease_key(&b, s, k->uuid);
	redis_encode_literal(&b, "now");
	redis_encode_uint(&b, l->nonce);
	redis_encode_literal(&b, "generation");
	redis_encode_text(&b, generation);
	redis_encode_text(&b, generation);
	redis_encode_text(&b, from);
	lease_write(l, &b, s, k->uuid);
	redis_encode_array(&b, 3);
	redis_encode_literal(&b, "HDEL");
	lease_key(&b, s, k->uuid);
	redis_encode_text(&b, old);
	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "EXEC");
	int result = lease_send(c, &b, reply, sizeof(reply)); // MULTI
	for (int i = 0; result == 0 && i < 4; i++)
		result = lease_send(c, &b, reply, sizeof(reply));
	redis_buffer_free(&b);
	if (result != 0 || strcmp(reply, "done") == 0)
		return result;
	return redis_conn_fail(c, REDIS_TROUBLE_FENCED, "%s", redis_trouble_sentence[REDIS_TROUBLE_FENCED]);
}

static enum lease_outcome take(struct lease *l, struct lease_look *k, struct redis_conn *c,
	const struct redis_settings *s, struct spool *spool)
{
	if (!spool_owner_claim(spool, k->generation, k->nonce)) {
		redis_conn_fail(c, REDIS_TROUBLE_OWNED, "spool %s: cannot write its owner to disk", k->uuid);
		return LEASE_FAILED;
	}
	spool_owner(spool, &k->title);
	l->nonce = k->title.claim_nonce;
	l->applied = k->title.acked;
	if (write_take(l, k, c, s) != 0)
		return LEASE_FAILED;
	spool_owner_take(spool);
	return LEASE_TAKEN;
}

// another owner ────────────────────────────────────────────────────────────────────────────────

static enum lease_outcome refuse(struct lease *l, const struct lease_look *k, struct redis_conn *c, const char *what)
{
	metrics_set(spool_owned, 0);
	if (!l->logged)
		log_error("spool %s: found it taken by %s, expected this collector alone: it is a copy, or "
			  "was copied; %s",
			k->uuid, holder(k), what);
	l->logged = true;
	redis_conn_fail(c, REDIS_TROUBLE_OWNED, "spool %s is taken by %s: it is a copy, or was copied; %s", k->uuid,
		holder(k), what);
	return LEASE_FAILED;
}

// The other collector has the batches of this spool up to `had`; later ones are only here. Drops those that Redis has, and
// continues with the rest under a new UUID.
static enum lease_outcome part(struct lease *l, const struct lease_look *k, struct redis_conn *c, struct spool *spool,
	uint64_t had)
{
	const struct spool_owner *t = &k->title;

	if (t->acked < t->opened && t->confirmed < t->opened)
		return refuse(l, k, c,
			"its waiting batches may be in both spools: run lookback spool take, or set spool.dir to an "
			"empty folder");
	if (applied_by_all(k) < had)
		return refuse(l, k, c,
			"waiting until the other collector has written the batches of both; or run lookback spool take");
	uint64_t drop = had > t->acked ? had : t->acked;
	if (!spool_part(spool, drop)) {
		redis_conn_fail(c, REDIS_TROUBLE_OWNED, "spool %s: cannot write its new UUID to disk", k->uuid);
		return LEASE_FAILED;
	}
	metrics_add(spool_parted, 1);
	log_error("spool %s: found it taken by %s, expected this collector alone: it is a copy, or was "
		  "copied; it continues under a new UUID; "
		  "%lu batches that only it has are sent under it",
		k->uuid, holder(k), (unsigned long)(t->last > drop ? t->last - drop : 0));
	l->logged = false;
	l->seen_ms = 0;
	return LEASE_NEW_UUID;
}

// A lease with our nonce exists. If it is renewed, its process runs on a copy of this folder, or on the original.
static enum lease_outcome wait_or_part(struct lease *l, const struct lease_look *k, struct redis_conn *c,
	struct spool *spool)
{
	uint64_t now = monotonic_ms();

	if (l->seen_ms == 0)
		l->seen_ms = now;
	if (now - l->seen_ms < LEASE_MS + LEASE_RENEW_MS)
		return refuse(l, k, c, "waiting to find out if the other collector still runs");
	return part(l, k, c, spool, k->title.confirmed);
}

// Reads the take-over after `generation`. Returns 1 with `*had`, if it was from `nonce`; 0 if not; or -1 (closed).
static int read_parting(const struct lease_look *k, struct redis_conn *c, const struct redis_settings *s,
	uint64_t generation, uint64_t nonce, uint64_t *had)
{
	struct redis_buffer b = {0};
	char field[24], text[LEASE_TEXT_SIZE], *end;

	snprintf(field, sizeof(field), "%lu", (unsigned long)generation + 1);
	lease_get(&b, s, k->uuid, field);
	int result = lease_send(c, &b, text, sizeof(text));
	redis_buffer_free(&b);
	if (result != 0)
		return -1;
	bool known = text[0] && strtoull(text, &end, 10) == nonce && *end == ' ';
	if (known)
		*had = strtoull(end + 1, NULL, 10);
	return known;
}

// The owner is a copy of this folder. Its take-over says from which batch on it differs.
static enum lease_outcome look_back(struct lease *l, const struct lease_look *k, struct redis_conn *c,
	const struct redis_settings *s, struct spool *spool)
{
	const struct spool_owner *t = &k->title;
	uint64_t had = 0;

	int known = read_parting(k, c, s, t->claim_generation, t->claim_nonce, &had);
	if (known == 0)
		known = read_parting(k, c, s, t->owner_generation, t->owner_nonce, &had);
	if (known < 0)
		return LEASE_FAILED;
	if (known)
		return part(l, k, c, spool, had < t->confirmed ? had : t->confirmed);
	if (t->acked >= t->opened) // all batches that both have are in Redis
		return part(l, k, c, spool, t->opened);
	return refuse(l, k, c,
		"the last batch of both is not known: run lookback spool take, or set spool.dir to an empty folder");
}

// Logs once why this collector is not the owner.
static void tell(struct lease *l, const char *why)
{
	metrics_set(spool_owned, 0);
	if (!l->logged)
		log_error("%s", why);
	l->logged = true;
}

enum lease_outcome lease_take(struct lease *l, struct redis_conn *c, const struct redis_settings *s,
	struct spool *spool, uint64_t number)
{
	struct lease_look k = {.number = number};
	enum lease_outcome outcome = LEASE_TAKEN;

	spool_uuid(spool, k.uuid);
	spool_owner(spool, &k.title);
	if (look(&k, c, s) != 0) {
		if (c->trouble == REDIS_TROUBLE_OWNED)
			tell(l, c->why);
		return LEASE_FAILED;
	}
	bool held = k.lease[0] && !is_left(&k);
	if (k.title.owned && k.nonce == l->nonce) {
		l->renewed_ms = 0; // still ours: renewed with the next transaction
	} else if (!is_ours(&k)) {
		spool_owner_lose(spool);
		outcome = look_back(l, &k, c, s, spool);
	} else if (held && !k.title.owned) {
		outcome = wait_or_part(l, &k, c, spool);
	} else if (k.generation > 0 && !k.title.owned && number > k.title.confirmed) {
		outcome = part(l, &k, c, spool, k.title.confirmed); // this folder is an older copy
	} else {
		outcome = take(l, &k, c, s, spool);
	}
	if (outcome != LEASE_TAKEN)
		return outcome;
	if (l->logged)
		log_info("spool %s: belongs to this collector again", k.uuid);
	l->logged = false;
	l->seen_ms = 0;
	metrics_set(spool_owned, 1);
	return LEASE_TAKEN;
}

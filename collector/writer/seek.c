// SPDX-License-Identifier: BSD-3-Clause
// After a connect: reads the number in Redis, decides whether the writer may write, and finds the next batch.
#include "collector/writer/state.h"

#include "collector/number/seq.h"
#include "collector/base/metrics.h"
#include "collector/writer/redo.h"
#include "dataplane/common/log.h"

static void note_seek(const struct writer *w, const struct spool_seek *found)
{
	metrics_add(batches_missing, found->missing);
	metrics_add(batches_again, found->again);
	metrics_add(batches_skipped, found->skipped);
	metrics_add(records_skipped, found->skipped_records);
	if (found->again > 0)
		log_warning("redis has older data: the number of spool %s is %lu; %lu batches are sent again",
			w->claim.uuid, (unsigned long)w->applied, (unsigned long)found->again);
	if (found->missing > 0)
		log_error(
			"redis lost %lu batches that it had applied, and the spool no longer has them (spool.keep): the number of spool %s is %lu",
			(unsigned long)found->missing, w->claim.uuid, (unsigned long)w->applied);
}

// Batches whose replies were lost may have been applied. Then their riders were, too, and must not be sent again; their new
// records are not in the stream yet. Returns 0, or -1 (closed).
static int make_up(struct writer *w)
{
	enum { IN_FLIGHT_MAX = 2 };

	if (w->riders_batch > 0 && w->applied >= w->riders_batch)
		follow_drop(&w->follow, w->riders_len);
	w->riders_batch = 0;
	if (w->epoch == 0 &&
		redo_feed(&w->batch[w->turn], &w->conn, w->spool, w->applied, &w->results, &w->follow, &w->s) != 0)
		return -1;
	if (w->epoch == 0 || w->applied < w->streamed || w->applied - w->streamed > IN_FLIGHT_MAX)
		w->streamed = w->applied;
	for (; w->streamed < w->applied; w->streamed++)
		if (redo_stream(&w->batch[w->turn], &w->conn, w->spool, w->streamed + 1, &w->results, &w->follow,
			    &w->s) != 0)
			return -1;
	return 0;
}

// If an ACL changed between the commands of a batch and its EXEC, only one of the two copies of the number may have been written.
// The replies said which batch that was, so the other copy is corrected as soon as Redis permits it. False if this is another
// case.
static bool mend(struct writer *w, const struct guard *found)
{
	uint64_t number = w->unnumbered;

	if (number == 0 || number != w->applied || found->seq == GUARD_OTHER ||
		(found->seq_number != number && found->fence_number != number))
		return false;
	return seq_claim(&w->conn, w->claim.uuid, &w->s, number, false) == 0;
}

// Reads the number in Redis, and takes the lease of the UUID. Returns 0, or -1 (closed).
static int own(struct writer *w, struct guard *found)
{
	enum lease_outcome outcome;

	do {
		spool_uuid(w->spool, w->claim.uuid);
		if (seq_look_up(&w->conn, w->claim.uuid, &w->s, found) != 0)
			return -1;
		// the lease may only rely on a number whose two copies agree
		bool agreed = found->seq == GUARD_NUMBER && found->fence == GUARD_NUMBER &&
			      found->seq_number == found->fence_number;
		outcome = lease_take(&w->claim.lease, &w->conn, &w->s, w->spool, agreed ? found->seq_number : 0);
		if (outcome == LEASE_NEW_UUID)
			w->applied = w->exec_sent = w->epoch = 0; // nothing was sent under the new UUID
	} while (outcome == LEASE_NEW_UUID);
	return outcome == LEASE_TAKEN ? 0 : -1;
}

// Compares the number in Redis with the spool. Returns 0 and sets `w->applied`, or -1 (closed): the writer is stopped.
static int judge(struct writer *w, const struct guard *found)
{
	char why[512];
	uint64_t acked = spool_acked(w->spool), sent = spool_halted_at(w->spool), before = w->applied;

	if (w->epoch > 0)
		sent = w->exec_sent > before ? w->exec_sent : before;
	enum guard_state state = guard_judge(found, acked, sent, &w->applied);
	if (state == GUARD_DIFFERS) {
		w->applied = before;
		if (mend(w, found))
			state = GUARD_SOUND;
		else if (!w->conn.link)
			return -1;
	}
	metrics_set(writing_stopped, state > GUARD_NEW);
	if (state <= GUARD_NEW) {
		if (w->stopped != GUARD_SOUND)
			log_info("redis %s: the number of spool %s is sound again: %lu", w->s.address.text,
				w->claim.uuid, (unsigned long)w->applied);
		w->stopped = GUARD_SOUND;
		w->unnumbered = 0;
		spool_go_on(w->spool);
		if (state == GUARD_NEW)
			log_warning(
				"redis %s: is new, or was emptied: no key begins with %s; sending all batches that the spool has",
				w->s.address.text, w->s.prefix);
		// EXEC was aborted, but not by a transaction of this spool: other clients write pdns:seq as well
		if (w->conn.trouble == REDIS_TROUBLE_FENCED && w->epoch > 0 && w->applied == before)
			w->claim.shared = true;
		w->conn.trouble = REDIS_TROUBLE_NONE;
		return 0;
	}
	w->applied = before;
	guard_tell(why, sizeof(why), state, found, w->s.prefix, w->claim.uuid, acked, sent);
	if (w->stopped != state)
		log_error("redis %s: %s", w->s.address.text, why);
	w->stopped = state;
	spool_halt(w->spool, sent);
	return redis_conn_fail(&w->conn, REDIS_TROUBLE_NUMBER, "%s", why);
}

int writer_unnumbered(struct writer *w)
{
	spool_remember(w->spool);
	w->unnumbered = w->applied;
	return redis_conn_fail(&w->conn, REDIS_TROUBLE_FENCED,
		"batch %lu was applied, but another client changed its number; reading it again",
		(unsigned long)w->applied);
}

int writer_look_up(struct writer *w)
{
	struct spool_seek found;
	struct guard held;

	do {
		if (own(w, &held) != 0 || judge(w, &held) != 0)
			return -1;
		found = spool_seek(w->spool, w->applied);
	} while (found.renewed);
	note_seek(w, &found);
	w->claim.number = w->applied;
	if (make_up(w) != 0)
		return -1;
	if (!redo_expiries(&w->batch[w->turn], w->spool, w->applied, &w->follow, &w->s, w->zones))
		return redis_conn_fail(&w->conn, REDIS_TROUBLE_MEMORY, "no memory for the text of a batch");
	w->epoch = w->conn.epoch;
	w->announced = (struct batch_announced){.len = 0};
	return 0;
}

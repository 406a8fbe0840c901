// SPDX-License-Identifier: BSD-3-Clause
// For the writer: where to begin, given the number that Redis has. If Redis has a number that was never sent, this spool is
// an old copy and gets a new UUID.
#include "collector/spool/state.h"

#include "dataplane/common/log.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

void spool_uuid(struct spool *s, char out[static STREAM_UUID_TEXT_SIZE])
{
	pthread_mutex_lock(&s->lock); // a commit writes it, with the same value
	stream_uuid_text(s->store.meta.uuid, out);
	pthread_mutex_unlock(&s->lock);
}

// This spool is an old copy: Redis has all batches up to `in_redis`. Deletes these and makes a new UUID, in one
// transaction. False if it cannot be written.
static bool renew(struct spool *s, uint64_t in_redis)
{
	pthread_mutex_lock(&s->writing);
	struct store_meta meta = s->store.meta;
	int result = getrandom(meta.uuid, sizeof(meta.uuid), 0) == sizeof(meta.uuid) ? 0 : EIO;
	if (in_redis > meta.next - 1)
		in_redis = meta.next - 1;
	if (meta.first <= in_redis)
		meta.first = in_redis + 1;
	meta.acked = meta.confirmed = meta.halted = 0; // Redis has nothing under the new UUID
	if (meta.given_up < meta.first - 1)
		meta.given_up = meta.first - 1; // under the new UUID, Redis never has them
	meta.owner = meta.claim = (struct store_owner){.generation = 0};
	if (result == 0)
		result = spool_write_meta(s, &meta, in_redis);
	pthread_mutex_lock(&s->lock);
	meta.account = s->account;
	pthread_mutex_unlock(&s->lock);
	if (result == 0) // once more, so that the older state that LMDB keeps contains it as well
		result = spool_write_meta(s, &meta, 0);
	if (result == 0) {
		pthread_mutex_lock(&s->lock);
		s->owned = false;
		s->opened = s->last; // all batches belong to the new UUID
		s->sought = false;
		spool_set_acked(s, 0);
		pthread_mutex_unlock(&s->lock);
	} else {
		log_error("spool: %s", store_error(result));
	}
	pthread_mutex_unlock(&s->writing);
	return result == 0;
}

bool spool_part(struct spool *s, uint64_t had)
{
	return renew(s, had);
}

// With `lock` held: what follows if Redis has `number`, which this spool has sent.
static struct spool_seek count_seek(struct spool *s, uint64_t number)
{
	struct spool_seek found = {.renewed = false};
	uint64_t acked = s->acked, given_up = s->store.meta.given_up;
	uint64_t from = number + 1 > s->first ? number + 1 : s->first;
	uint64_t had_to = acked < given_up ? acked : s->first - 1; // Redis never had what was given up
	uint64_t had_from = acked < given_up || number > given_up ? number : given_up;

	found.missing = had_to > had_from ? had_to - had_from : 0;
	found.again = acked >= from ? acked + 1 - from : 0;
	for (uint64_t n = acked + 1 > s->first ? acked + 1 : s->first; n <= number; n++) {
		found.skipped++;
		found.skipped_records += spool_entry(s, n)->records;
		found.skipped_sightings += spool_entry(s, n)->sightings;
	}
	return found;
}

struct spool_seek spool_seek(struct spool *s, uint64_t number)
{
	struct spool_seek found = {.renewed = true};

	pthread_mutex_lock(&s->writing); // waits for a transaction that deletes
	pthread_mutex_lock(&s->lock);
	uint64_t known = s->opened > s->acked ? s->opened : s->acked;
	uint64_t sent = s->sought ? s->last : s->opened; // highest possible
	if (number <= sent) {
		found = count_seek(s, number);
		spool_settle(s, number, SPOOL_SKIPPED);
		spool_set_acked(s, number);
		s->sought = true;
	}
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_unlock(&s->writing);
	if (!found.renewed)
		return found;
	log_error(
		"spool: found number %lu in Redis, expected at most %lu, the last one sent: this spool is an old copy; it "
		"continues under a new UUID",
		(unsigned long)number, (unsigned long)sent);
	if (!renew(s, known < sent ? known : sent))
		usleep(100000);
	return found;
}

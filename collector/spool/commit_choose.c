// SPDX-License-Identifier: BSD-3-Clause
// What goes into the next transaction: frames to write, batches to delete because they were kept long enough, and, if the
// spool stays full, batches to give up.
#include "collector/spool/commit.h"

#include "dataplane/common/monotonic.h"

uint32_t spool_frame_on_disk(const struct spool_pending *p)
{
	return p->frame.kind == SPOOL_RECORDS ? spool_size_on_disk(sizeof(struct store_head) + p->frame.size) : 0;
}

// With `lock` held: the next frames. They stay in the list.
static void choose_frames(struct spool *s, struct spool_commit_group *g)
{
	uint64_t bound = s->settings.size / 4 < GROUP_BYTES_MAX ? s->settings.size / 4 : GROUP_BYTES_MAX;

	for (struct spool_pending *p = s->oldest; p && g->len < GROUP_LEN_MAX; p = p->next) {
		if (g->len > 0 && g->bytes + spool_frame_on_disk(p) > bound)
			break;
		g->frames[g->len++] = p;
		g->bytes += spool_frame_on_disk(p);
	}
}

// With `lock` held: adds the oldest batch to those to delete.
static void choose_delete(struct spool *s, struct spool_commit_group *g)
{
	uint64_t number = g->delete_to + 1;

	g->delete_bytes += spool_entry(s, number)->size;
	if (number > s->acked) {
		g->given_up++;
		g->given_up_records += spool_entry(s, number)->records;
		g->given_up_sightings += spool_entry(s, number)->sightings;
	}
	g->delete_to = number;
}

// With `lock` held: deletes batches that were kept long enough; if there is no room, also newer ones that Redis has
// (`all_kept`: all of these). True if there is room for the frames then.
static bool choose_room(struct spool *s, struct spool_commit_group *g, bool all_kept)
{
	uint32_t now = (uint32_t)(monotonic_ms() / 100);
	int64_t keep = (int64_t)(s->settings.keep_s * 10);
	uint64_t limit = s->settings.size;

	while (g->delete_to < s->last && g->delete_to < s->acked && g->delete_to + 1 - s->first < DELETE_LEN_MAX) {
		const struct spool_entry *e = spool_entry(s, g->delete_to + 1);
		bool short_of_room = s->bytes - g->delete_bytes + g->bytes > limit;
		int64_t age = (int32_t)(now - e->acked_ds); // -1 if acknowledged just now
		if (!all_kept && !short_of_room && age < keep)
			break;
		choose_delete(s, g);
	}
	return s->bytes - g->delete_bytes + g->bytes <= limit;
}

// With `lock` held: gives up the oldest batches until there is room for the frames and some more.
static void choose_given_up(struct spool *s, struct spool_commit_group *g)
{
	uint64_t wanted = g->bytes + s->settings.size / 16;

	while (g->delete_to < s->last && g->delete_to + 1 - s->first < DELETE_LEN_MAX &&
		(s->bytes - g->delete_bytes + wanted > s->settings.size || g->delete_bytes < wanted))
		choose_delete(s, g);
}

bool spool_commit_choose(struct spool *s, struct spool_commit_group *g, int disk)
{
	pthread_mutex_lock(&s->lock);
	*g = (struct spool_commit_group){.delete_to = s->first - 1, .meta = s->store.meta};
	g->meta.acked = s->acked;
	choose_frames(s, g);
	bool room = choose_room(s, g, disk != 0) && disk == 0;
	if (disk != 0 && g->delete_to + 1 > s->first)
		room = false; // first see how much room deleting makes
	uint64_t now = monotonic_ms();
	if (!room && g->len > 0) {
		if (s->full_since_ms == 0)
			s->full_since_ms = now;
		bool patient = (double)(now - s->full_since_ms) < s->settings.patience_s * 1000;
		if (!patient && s->last + 1 > s->first && g->delete_to + 1 == s->first)
			choose_given_up(s, g);
		if (disk == 0)
			room = s->bytes - g->delete_bytes + g->bytes <= s->settings.size || s->last + 1 == s->first;
	}
	if (!room) {
		g->len = 0;
		g->bytes = 0;
	}
	uint64_t committing = 0;
	for (size_t i = 0; i < g->len; i++)
		committing += g->frames[i]->frame.sightings;
	g->meta.account = spool_account_after(s, g->delete_to, committing);
	pthread_mutex_unlock(&s->lock);
	return room;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/flush/flush.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#include "dataplane/base/memory.h"

enum { WAIT_US = 200 };

int flush_init(struct flush *f, unsigned id, uint32_t frames, struct worker_stats *stats)
{
	char name[RTE_RING_NAMESIZE];

	*f = (struct flush){.stats = stats, .frames_len = frames, .records_max = FRAME_RECORDS_MAX};
	snprintf(name, sizeof(name), "flush_free_%u", id);
	f->free = rte_ring_create(name, rte_align32pow2(frames + 1), SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "flush_full_%u", id);
	f->full = rte_ring_create(name, rte_align32pow2(frames + 1), SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!f->free || !f->full)
		return -ENOMEM;
	struct flush_frame *all = calloc(frames, sizeof(*all));
	uint8_t *bytes = memory_new((size_t)frames * FRAME_SIZE_MAX); // not in core files either: it is large
	if (!all || !bytes) {
		free(all);
		memory_delete(bytes);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < frames; i++) {
		all[i].origin = f;
		all[i].frame.bytes = bytes + (size_t)i * FRAME_SIZE_MAX;
		rte_ring_enqueue(f->free, &all[i]);
	}
	return 0;
}

static bool take_frame(struct flush *f)
{
	void *frame;

	if (rte_ring_dequeue(f->free, &frame) != 0) {
		stats_add(&f->stats->flush_waits, 1);
		return false;
	}
	f->current = frame;
	f->work = 0;
	frame_begin(&f->current->frame, f->current->frame.bytes);
	return true;
}

bool flush_record(void *flush, const struct record_view *record)
{
	struct flush *f = flush;

	uint32_t work = record->head.flags & RECORD_NEW ? FLUSH_NEW_WORK : 1;

	if (!f->current && !take_frame(f))
		return false;
	if (f->work + work > f->records_max * FLUSH_NEW_WORK || !frame_add(&f->current->frame, record)) {
		flush_push(f);
		if (!take_frame(f) || !frame_add(&f->current->frame, record))
			return false;
	}
	f->work += work;
	return true;
}

void flush_wait(struct flush *f)
{
	while (rte_ring_empty(f->free))
		rte_delay_us_sleep(WAIT_US);
}

void flush_push(struct flush *f)
{
	if (!f->current || f->current->frame.records == 0)
		return;
	stats_add(&f->stats->flush_frames, 1);
	rte_ring_enqueue(f->full, f->current); // has room for all frames that there are
	f->current = NULL;
}

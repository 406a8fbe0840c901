// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/stats.h"

#include <string.h>

#include "dataplane/common/fnv.h"

#define STATS_LINE(kind, field, family, label, help) {STATS_##kind, #field, family, label, help},

const struct stats_line worker_stats_lines[WORKER_STATS_LEN] = {WORKER_STATS(STATS_LINE)};
const struct stats_line port_stats_lines[PORT_STATS_LEN] = {PORT_STATS(STATS_LINE)};
const struct stats_line outbox_stats_lines[OUTBOX_STATS_LEN] = {OUTBOX_STATS(STATS_LINE)};

// Over the names: any difference in order or naming changes it.
static uint64_t hash_lines(uint64_t hash, const struct stats_line *lines, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		hash = fnv64(hash, lines[i].field, strlen(lines[i].field));
		hash = fnv64_mix(hash, ',');
	}
	return hash;
}

uint64_t stats_layout(void)
{
	uint64_t hash = FNV64_START ^ sizeof(struct stats_frame) ^ sizeof(struct stats_unknown) << 8;

	hash = hash_lines(hash, worker_stats_lines, WORKER_STATS_LEN);
	hash = hash_lines(hash, port_stats_lines, PORT_STATS_LEN);
	return hash_lines(hash, outbox_stats_lines, OUTBOX_STATS_LEN);
}

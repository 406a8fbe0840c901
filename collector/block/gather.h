// SPDX-License-Identifier: BSD-3-Clause
// Sources to entries: indicators, files, alerts, pivots.
#pragma once

#include "collector/block/indicator.h"

struct context;
struct query_db;

// What a list is made with. Borrowed.
struct block_make {
	struct query_db *db; // connects when it is needed
	const struct zone_list *zones;
	const struct context *context; // NULL: none
	int64_t now;		       // seconds since 1970
	const char *const *lines;      // further indicators, of the command
	size_t lines_len;
	bool (*stop)(void *arg); // asked while something takes long; true: give up; NULL: never
	void *stop_arg;
};

// Each adds the entries of one source. 0, or -1 with one line in `why`.
int block_gather(struct block_set *s, const struct block_make *m, const struct block_list *l,
	const struct block_source *source, char *why, size_t why_size);
void block_gather_lines(struct block_set *s, const struct block_make *m, const struct block_list *l);
int block_gather_alerts(struct block_set *s, const struct block_make *m, const struct block_origin *o,
	const struct block_source *source, char *why, size_t why_size);
int block_gather_pivot(struct block_set *s, const struct block_make *m, const struct block_origin *o,
	const struct block_source *source, char *why, size_t why_size);

// The end of what was renewed at `time`; BLOCK_NEVER if the list has no `expire`.
int64_t block_gather_end(const struct block_list *l, int64_t time);

// Adds an address found by Lookback, not by a person. Private, loopback and other special addresses are left out.
void block_gather_address(struct block_set *s, const struct block_origin *o, enum block_kind kind, const char *text);

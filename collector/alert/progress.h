// SPDX-License-Identifier: BSD-3-Clause
// How far the stream was read, in the folder alert.dir:
//
//     lock       held while a collector uses the folder
//     position   text, replaced as a whole: "entry <id>", and a line per limit that is in use
//     seen       the last alerts: hash of the id and time, for repetitions
//
// One thread.
#pragma once

#include "collector/alert/limit.h"

enum { ALERT_SEEN_MAX = 100000, ALERT_REPEAT_S = 3600 };

struct alert_seen {
	uint64_t id;	// hash
	int64_t time_s; // of the alert
};

struct alert_progress {
	char folder[4096];
	char entry[ALERT_ENTRY_SIZE]; // read up to here; empty: nothing was ever read
	bool known;		      // the entry is one of the stream
	struct alert_limits limits;
	int lock, seen_fd;
	struct alert_seen *seen; // ring of the last ones; owned
	uint32_t *place;	 // hash table: index in the ring + 1; owned
	size_t seen_len;	 // ever seen since the file began
	size_t seen_written;	 // of them on disk
};

// Creates the folder if needed, locks it, reads what is there. Returns 0, or -1 with one line in `why`.
int alert_progress_open(struct alert_progress *p, const char *folder, char *why, size_t why_size);
void alert_progress_close(struct alert_progress *p);

// True if an alert with this id was noted less than ALERT_REPEAT_S before or after this one.
bool alert_progress_is_repeated(const struct alert_progress *p, const struct alert *a);

// Notes an alert.
void alert_progress_note(struct alert_progress *p, const struct alert *a);

// Writes all of it to disk. Returns 0 or -errno.
int alert_progress_save(struct alert_progress *p);

// SPDX-License-Identifier: BSD-3-Clause
// The files in a folder and in all folders below it, without hidden ones, links and the folders of Lookback's own files.
#pragma once

#include "dataplane/base/hash.h"
#include "dataplane/follow/journal.h"
#include "dataplane/intake/intake_options.h"

enum follow_after { FOLLOW_LEAVE, FOLLOW_MOVE, FOLLOW_DELETE };

struct follow_files_options {
	const char *folder;
	const char *state; // folder that is not searched
	enum follow_after after;
	const char *move_to; // of FOLLOW_MOVE; not searched
	double quiet_s;
	enum intake_damaged damaged;
};

enum follow_state { WAITING, TAKEN, REFUSED, PASSED };

// A file as it was seen last. It is looked at again if its size or time of change differs.
struct follow_seen {
	char *path;
	struct follow_file at; // place; content after it was read
	uint64_t series;
	enum follow_state state;
	bool has_newer; // of its series
};

struct follow_search {
	const struct follow_files_options *options;
	struct follow_journal *journal;
	struct hash_key key;
	struct follow_seen *seen; // ordered by device and inode
	size_t seen_len;
	bool logged_missing;
};

// Looks at the folder again. What is known of an unchanged file stays.
void follow_search(struct follow_search *f);
void follow_search_forget(struct follow_search *f);

// Whether the file was changed since it was found.
bool follow_search_has_changed(const struct follow_seen *s);

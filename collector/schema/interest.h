// SPDX-License-Identifier: BSD-3-Clause
// Records that watch rules match: an entry in pdns:watch:matched follows (writer/follow.c), for the thread that decides what is news.
// Without rules this costs nothing. Called by the writer thread.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct schema_frame;

enum {
	SCHEMA_INTEREST_NEW = 1,  // a new record that a rule matches
	SCHEMA_INTEREST_SEEN = 2, // an entry although it is not new
	SCHEMA_INTEREST_AGAIN =
		4, // the same, if it was not seen for `again_s`: its last seen is read before the batch changes it
};

struct schema_interest {
	atomic_bool of_new;  // some rule asks for new records
	atomic_bool of_old;  // some rule asks for records that are not new
	atomic_uint again_s; // the shortest silence that a rule asks for
	void *arg;
	void (*mark_old)(void *arg, struct schema_frame *f); // before the commands are made
	void (*mark_new)(void *arg, struct schema_frame *f); // after the replies: of the fresh records
};

// SPDX-License-Identifier: BSD-3-Clause
// Records that somebody asks for although Redis had them before (watch rules): with each one its last seen before this batch is
// read, if it is asked for, and an entry in pdns:watch:seen follows (writer/follow.c). Without such rules this costs nothing.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct schema_frame;

enum {
	SCHEMA_INTEREST_SEEN = 1,  // an entry for each sighting that a batch has
	SCHEMA_INTEREST_AGAIN = 2, // an entry if the record was not seen for `again_s`
};

struct schema_interest {
	atomic_bool on;	     // some rule asks
	atomic_uint again_s; // the shortest silence that a rule asks for
	void *arg;
	void (*mark)(void *arg, struct schema_frame *f); // sets `interest` of the records. Writer thread
};

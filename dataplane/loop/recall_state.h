// SPDX-License-Identifier: BSD-3-Clause
// What a worker knows of its answers seen before (recall.h). The worker's own thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/admit/admit.h"
#include "dataplane/answers/answers.h"

struct recall {
	struct answers *answers;      // NULL: off
	bool on;		      // messages are looked up
	bool retires;		      // the entries were made with other options: drained and forgotten, a few per turn
	uint32_t lookups, hits;	      // of the window in hand
	uint32_t pause;		      // messages to pass by after a window without enough hits
	uint64_t rest;		      // of these, those that are left; UINT64_MAX if there is no cache
	uint32_t undrained;	      // captures: look-ups since all was drained
	uint32_t drained;	      // sets drained in this round of the sweep
	uint32_t retired;	      // sets forgotten, while `retires`
	struct admit_options options; // that the entries were made with
};

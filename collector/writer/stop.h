// SPDX-License-Identifier: BSD-3-Clause
// A stopped slot of a cluster, in words, for /readyz and the page: its number is missing or not ours, and nothing is written to
// it until a person decides (number/stops.h).
#pragma once

struct writer_stop {
	unsigned slot;
	char key[128];
	char state[16];
	char found[24], expected[24]; // "none", "something else", "unknown", or a number
};

enum { WRITER_STOPS_MAX = 16 };

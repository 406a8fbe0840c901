// SPDX-License-Identifier: BSD-3-Clause
// Names a key in the log once, however often it causes trouble. Writer thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Keys that were named, by hash.
enum { KEY_LOG_MAX = 64 };
struct key_log {
	uint64_t hash[KEY_LOG_MAX];
	size_t len;
};

// True if the key was not named before and there is room to remember it.
bool key_log_first_time(struct key_log *seen, const char *key, size_t key_len);

// Logs once that Redis refuses commands on a key.
void key_log_refused(const char *key, size_t key_len, const char *error);

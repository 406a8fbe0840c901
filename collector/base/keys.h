// SPDX-License-Identifier: BSD-3-Clause
// The API keys for lookups over HTTP: a file with lines `name:sha256:limits`, written by `lookback key`.
//
//     alice:9f86d081…:1000/h        a thousand lookups an hour
//     siem:60303ae2…:               no limit
//
// Keys are 192 random bits, so one round of SHA-256 is enough. Requests are counted in memory; a period begins with its
// first request.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { KEYS_TEXT_SIZE = 49, KEYS_NAME_SIZE = 65, KEYS_MAX = 10000 };

enum keys_verdict { KEYS_GOOD, KEYS_UNKNOWN, KEYS_OVER };

struct keys_rate {
	char name[KEYS_NAME_SIZE]; // of the key
	uint64_t limit;		   // requests in a period; 0: no bound
	uint64_t remaining;	   // requests left in this period
	int64_t reset;		   // when the next period begins, seconds since 1970
};

struct keys;

// Reads the file. NULL with one line in `why`. One thread at a time.
struct keys *keys_open(const char *path, char *why, size_t why_size);
void keys_close(struct keys *k);

// Reads the file again if it has changed; keys that stay keep their counts. If the file cannot be
// read, nothing changes. Checks at most once per second.
void keys_refresh(struct keys *k, int64_t now);

size_t keys_len(const struct keys *k);

// Looks up a key and, with `count`, counts one request. `rate`: its name, its limit and what is left.
enum keys_verdict keys_check(struct keys *k, const char *text, bool count, int64_t now, struct keys_rate *rate);

// For the command. 0, or -1 with one line in `why`. keys_add writes the new key to `key`; `limits`
// is "1000/h" (s, min, h or d) or empty.
int keys_add(const char *path, const char *name, const char *limits, char key[static KEYS_TEXT_SIZE], char *why,
	size_t why_size);
int keys_remove(const char *path, const char *name, char *why, size_t why_size);
int keys_print(const char *path, FILE *out, char *why, size_t why_size);

// FIPS 180-4, by nettle.
void keys_sha256(const void *bytes, size_t size, uint8_t out[static 32]);

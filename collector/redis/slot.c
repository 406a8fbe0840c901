// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/slot.h"

#include <stdio.h>
#include <string.h>

static uint16_t table[256];

// Runs before main, so that several threads can use it.
static __attribute__((constructor)) void make_table(void)
{
	for (unsigned i = 0; i < 256; i++) {
		unsigned crc = i << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
		table[i] = (uint16_t)crc;
	}
}

static uint16_t crc16(const char *bytes, size_t len)
{
	uint16_t crc = 0;
	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc << 8 ^ table[(crc >> 8 ^ (uint8_t)bytes[i]) & 255]);
	return crc;
}

uint16_t redis_slot(const char *key, size_t len)
{
	const char *open = memchr(key, '{', len);

	if (open) {
		const char *close = memchr(open + 1, '}', len - (size_t)(open + 1 - key));
		if (close && close > open + 1) {
			key = open + 1;
			len = (size_t)(close - key);
		}
	}
	return crc16(key, len) & (REDIS_SLOTS - 1);
}

const char *redis_slot_tag(uint16_t slot)
{
	static char tags[REDIS_SLOTS][REDIS_SLOT_TAG_SIZE];
	static unsigned found;

	for (unsigned n = 0; found < REDIS_SLOTS; n++) {
		char text[REDIS_SLOT_TAG_SIZE];
		int len = snprintf(text, sizeof(text), "%u", n);
		char *tag = tags[crc16(text, (size_t)len) & (REDIS_SLOTS - 1)];
		if (tag[0])
			continue;
		memcpy(tag, text, sizeof(text));
		found++;
	}
	return tags[slot];
}

// SPDX-License-Identifier: BSD-3-Clause
// Hash slots of Redis Cluster: CRC16 (XMODEM) of the key, or of what stands between its first brace
// and the next closing one, modulo 16384.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { REDIS_SLOTS = 16384, REDIS_SLOT_TAG_SIZE = 8 };

uint16_t redis_slot(const char *key, size_t len);

// A decimal number whose slot is `slot`, terminated: "{<tag>}" in a key puts it there. The first
// call makes the table: call it once before other threads do.
const char *redis_slot_tag(uint16_t slot);

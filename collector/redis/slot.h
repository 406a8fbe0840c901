// SPDX-License-Identifier: BSD-3-Clause
// Hash slots of Redis Cluster: CRC16 (XMODEM) of the key, or of its hash tag (the text between the first "{" and the next
// "}"), modulo 16384.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { REDIS_SLOTS = 16384, REDIS_SLOT_TAG_SIZE = 8 };

uint16_t redis_slot(const char *key, size_t len);

// A decimal number whose slot is `slot`, terminated: a key with "{<tag>}" is in this slot. The first call fills the table:
// call it once before other threads do.
const char *redis_slot_tag(uint16_t slot);

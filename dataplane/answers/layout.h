// SPDX-License-Identifier: BSD-3-Clause
// The structures of the answers seen before; answers.h draws them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/base/memory.h"
#include "dataplane/base/octets.h"

enum {
	ANSWERS_WAYS = 4,	 // entries of a set
	ANSWERS_GROUP_SETS = 16, // sets that one name may use
	ANSWERS_BLOCKS = 7,	 // of a message, OCTETS each
	ANSWERS_SIZE_MAX = 208,	 // octets of a message; longer ones have no entry
	ANSWERS_NAME_END = 64,	 // offset of the octet after the question's name, at most
	ANSWERS_ROOM = 256,	 // octets that must be readable from the message on
	ANSWERS_MEMORY_MIN = 1 << 20
};

struct answers_entry {
	uint32_t mask[ANSWERS_BLOCKS]; // of each block: one bit per octet that does not matter
	uint32_t count;		       // repetitions since it was last drained
	uint32_t first_s, last_s;      // of these, seconds since 1970; UINT32_MAX and 0 if there is none
	uint8_t size;		       // octets of the message
	uint8_t name_end;	       // offset of the octet after the question's name
	uint8_t records;	       // sightings of each repetition
	uint8_t skipped;	       // records of each that are skipped for their type
	uint32_t unused;
	uint8_t wire[ANSWERS_SIZE_MAX];
} __attribute__((aligned(64)));

struct answers_set {
	uint16_t tag[ANSWERS_WAYS];  // of entries; 0: free
	uint16_t seen[ANSWERS_WAYS]; // of messages seen once
} __attribute__((aligned(16)));

struct answers {
	struct hash_key key;
	struct answers_set *sets;
	struct answers_entry *entries; // ANSWERS_WAYS of each set
	uint32_t groups;	       // of sets
	uint32_t turn;		       // decides which entry makes room, and whether
	uint32_t noted;		       // messages seen once
	struct memory_block set_memory, entry_memory;
};

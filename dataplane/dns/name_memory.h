// SPDX-License-Identifier: BSD-3-Clause
// Private to name.c and names.c: the walk through a compressed name, and the ends of names that were read before. Everyone else
// uses dns.h.
//
// A message of 64 KiB can have thousands of names, each a pointer to a hundred labels. So each place that a pointer can
// refer to is walked once: the walk notes its labels, and a later walk that comes to one of them copies what follows. Messages
// with a few compressed names are read without this (names.c).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dataplane/dns/dns.h"

enum {
	NAME_OFFSET_MAX = 0x3fff, // the last place in a message that a pointer can refer to
	NAME_LABELS_MAX = 128
};

// The end of a name from one place in the message on.
struct name_tail {
	uint32_t round;	   // of the message that noted it; others are stale
	uint32_t at;	   // offset of its decompressed form in dns_names.bytes
	uint32_t furthest; // offset in the message after its last octet, wherever pointers lead
	uint16_t next;	   // target of its first pointer
	uint8_t size;	   // decompressed, with the root's label
	uint8_t pointers;  // number of them
};

struct name_memory {
	uint32_t round; // of the message
	struct name_tail tails[NAME_OFFSET_MAX + 1];
};

struct name_label {
	uint16_t offset;  // in the message
	uint8_t at;	  // in the decompressed name
	uint8_t pointers; // followed before it
};

struct name_jump {
	uint32_t after;	 // offset in the message after the pointer, or after the root's label
	uint16_t target; // of the pointer
};

// What a walk came by.
struct name_walk {
	struct name_label labels[NAME_LABELS_MAX]; // those that were not known
	struct name_jump jumps[DNS_POINTERS_MAX + 1];
	size_t lowest; // a pointer must refer to a place before this one
	unsigned labels_len;
	unsigned pointers;	      // followed by this walk
	const struct name_tail *tail; // where it ended with what is known; or NULL
};

static inline const struct name_tail *name_memory_find(const struct name_memory *memory, size_t offset)
{
	const struct name_tail *tail = &memory->tails[offset];

	return tail->round == memory->round ? tail : NULL;
}

// Reads the name at the cursor to `out` (DNS_NAME_SIZE octets); see dns_name_read. `memory` may be NULL; `bytes` is what
// name_tail.at counts from.
size_t name_walk(struct name_walk *k, struct cursor *c, const struct name_memory *memory, const uint8_t *bytes,
	uint8_t *out);

// Notes the labels of a walk whose name, of `size` octets, is kept at `at`.
void name_memory_note(struct name_memory *memory, const struct name_walk *k, uint32_t at, size_t size);

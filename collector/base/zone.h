// SPDX-License-Identifier: BSD-3-Clause
// The registered domain of a name, by the public suffix list: "www.example.co.uk" → "example.co.uk".
#pragma once

#include <stddef.h>
#include <stdint.h>

struct zone_list; // a public suffix list, read only after it was opened: any thread

// Opens `file`, or where it is empty the system's list. NULL with one line in `why`.
struct zone_list *zone_open(const char *file, char *why, size_t why_size);
void zone_close(struct zone_list *list);

// Where in the wire form of `owner` its registered domain begins (0..size-1). A name that is itself
// a public suffix, and the root, are their own: 0. `owner` is a sound name of at most 255 octets.
size_t zone_find(const struct zone_list *list, const uint8_t *owner, size_t size);

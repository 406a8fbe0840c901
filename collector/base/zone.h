// SPDX-License-Identifier: BSD-3-Clause
// The registered domain of a name, by the public suffix list: "www.example.co.uk" → "example.co.uk".
#pragma once

#include <stddef.h>
#include <stdint.h>

struct zone_list; // a public suffix list; read-only after zone_open: any thread

// Opens `file`; if empty, the list of the system. NULL with one line in `why`.
struct zone_list *zone_open(const char *file, char *why, size_t why_size);
void zone_close(struct zone_list *list);

// Offset of the registered domain in the wire form of `owner`. 0 if the name itself is a public suffix or the root. `owner`
// is a sound name of at most 255 octets.
size_t zone_find(const struct zone_list *list, const uint8_t *owner, size_t size);

// The same for a name in text form (text/text.h), which need not be terminated. Offset of the registered domain; `len` if there is
// none.
size_t zone_find_text(const struct zone_list *list, const char *name, size_t len);

// SPDX-License-Identifier: BSD-3-Clause
// Lists of networks, as settings give them: 192.0.2.0/24, 2001:db8::/32, !192.0.2.7 (not that one).
// The longest prefix decides. Addresses are 16 octets in network order, IPv4 as ::ffff:a.b.c.d.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prefix {
	uint8_t address[16]; // bits behind the prefix are zero
	uint8_t bits;	     // 0..128; of IPv4 96 more than written
	bool leave;	     // written with '!'
};

struct prefix_list {
	struct prefix *items; // owned
	size_t len;
	bool otherwise; // what holds where none matches: true where all of them are written with '!'
};

// Parses one address or network. Returns 0, or -EINVAL with what was expected in `why`.
int prefix_parse(struct prefix *out, const char *text, char *why, size_t why_size);

// `text`: networks, comma-separated; or, beginning with '/' or '.', the path of a file with one a
// line ('#' begins a comment). Empty: an empty list. Returns 0, or -errno with one line in `why`.
int prefix_list_read(struct prefix_list *list, const char *text, char *why, size_t why_size);
void prefix_list_free(struct prefix_list *list);

// The same as a sorted table of ranges, for look-ups by binary search. Read-only after making.
struct prefix_set;

// NULL when out of memory. The list may be freed afterwards.
struct prefix_set *prefix_set_new(const struct prefix_list *list);
void prefix_set_free(struct prefix_set *set);

// True where the address is taken. `size` is 4 or 16 octets.
bool prefix_set_takes(const struct prefix_set *set, const uint8_t *address, size_t size);

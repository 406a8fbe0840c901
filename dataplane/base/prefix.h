// SPDX-License-Identifier: BSD-3-Clause
// Lists of networks as settings give them: 192.0.2.0/24, 2001:db8::/32, !192.0.2.7 (not that one). The longest prefix
// decides. Addresses are 16 octets in network order, IPv4 as ::ffff:a.b.c.d.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prefix {
	uint8_t address[16]; // bits after the prefix are zero
	uint8_t bits;	     // 0..128; for IPv4 96 more than written
	bool leave;	     // written with '!'
};

struct prefix_list {
	struct prefix *items; // owned
	size_t len;
	bool otherwise; // if none matches; true if all items are written with '!'
};

// Reads one address or network. Returns 0, or -EINVAL with what was expected in `why`.
int prefix_parse(struct prefix *out, const char *text, char *why, size_t why_size);

// `text`: networks, comma-separated; or, if it begins with '/' or '.', the path of a file with one network per line ('#'
// begins a comment). Empty: an empty list. Returns 0, or -errno with one line in `why`.
int prefix_list_read(struct prefix_list *list, const char *text, char *why, size_t why_size);
void prefix_list_free(struct prefix_list *list);

// The same as a sorted table of ranges, for lookups by binary search. Read-only once made: any thread may use it.
struct prefix_set;

// NULL if out of memory. The list may be freed afterwards.
struct prefix_set *prefix_set_new(const struct prefix_list *list);
void prefix_set_free(struct prefix_set *set);

// True if the list takes the address. `size` is 4 or 16 octets.
bool prefix_set_takes(const struct prefix_set *set, const uint8_t *address, size_t size);

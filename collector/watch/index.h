// SPDX-License-Identifier: BSD-3-Clause
// From names and addresses to terms (rules.h): hash tables that hold a million entries, with a small bit map in front, so
// that most names that no rule has cost no access to the tables.
//
//     watch_index_add_name(x, "example.com", 11, WATCH_BELOW, term);   any number
//     watch_index_finish(x);                                            then it is read-only: any thread
//     watch_index_name(x, "www.example.com", 15, WATCH_OWNER, hit, arg);
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How a name is looked for.
enum watch_place {
	WATCH_EXACT, // the owner is this name
	WATCH_BELOW, // the owner is this name or is below it
	WATCH_POINT, // a name in the RDATA is this name or is below it
	WATCH_PLACES
};

struct watch_index;

struct watch_index *watch_index_new(void); // NULL without memory
void watch_index_free(struct watch_index *x);

// Adds a name in the form of Redis keys, or a network: 16 octets, IPv4 as ::ffff:a.b.c.d, `bits` 0…128. False without memory.
bool watch_index_add_name(struct watch_index *x, const char *name, size_t len, enum watch_place place, uint32_t term);
bool watch_index_add_network(struct watch_index *x, const uint8_t address[static 16], unsigned bits, uint32_t term);

// After the last addition. False without memory.
bool watch_index_finish(struct watch_index *x);

// Calls `hit` for each term that has the name: as an owner, or (`points`) as a name in RDATA. `at`: offset of the part of
// the name that the term has.
typedef void watch_index_hit(void *arg, uint32_t term, size_t at);
void watch_index_name(const struct watch_index *x, const char *name, size_t len, bool points, watch_index_hit *hit,
	void *arg);

// The same for an address of 16 octets. `at`: bits of the network.
void watch_index_address(const struct watch_index *x, const uint8_t address[static 16], watch_index_hit *hit,
	void *arg);

size_t watch_index_entries(const struct watch_index *x); // names and networks

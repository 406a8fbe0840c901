// SPDX-License-Identifier: BSD-3-Clause
// All that lookups read from: a connection to Redis, the public suffix list, the indexes of names. One thread at a time.
#pragma once

#include "collector/base/zone.h"
#include "collector/reader/reader.h"

struct names_index;

struct query_db {
	struct reader reader;
	const struct zone_list *zones; // for registered domains; borrowed
	char *suffixes;		       // text of the public suffix list, or NULL if there is none to read; owned
	struct names_index *owners;    // borrowed, or NULL: SCAN of Redis finds the names
	struct names_index *targets;   // …of the names that records point to
};

// Takes a copy of `settings`; connects later. `suffix_file`: the setting psl.file, or empty.
void query_db_init(struct query_db *db, const struct redis_settings *settings, const struct zone_list *zones,
	const char *suffix_file);
void query_db_free(struct query_db *db);

// Reads an index from the collector's file (the setting names.file), for a command that runs once. Without the file, or
// if it does not contain all that Redis holds, SCAN is used instead. query_db_unload frees both indexes.
void query_db_load_owners(struct query_db *db, const char *names_file);
void query_db_load_targets(struct query_db *db, const char *names_file);
void query_db_unload(struct query_db *db);

// True if a public suffix is below `name` (text): hosts below it are spread over several zones.
bool query_db_suffix_below(const struct query_db *db, const char *name, size_t len);

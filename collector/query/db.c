// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/db.h"

#include "collector/names/index.h"

#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUFFIXES_SIZE_MAX = 8 << 20 };

// The whole list as text: libpsl cannot answer whether a suffix is below a name.
static char *read_suffixes(const char *path)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0 || size > SUFFIXES_SIZE_MAX) {
		free(text);
		text = NULL;
	}
	fclose(file);
	if (text && !strstr(text, "\ncom\n")) { // compiled (DAFSA): no text
		free(text);
		text = NULL;
	}
	return text;
}

void query_db_init(struct query_db *db, const struct redis_settings *settings, const struct zone_list *zones,
	const char *suffix_file)
{
	*db = (struct query_db){.zones = zones};
	reader_init(&db->reader, settings);
	if (!zones)
		return; // nothing reads the list then
	db->suffixes = read_suffixes(*suffix_file ? suffix_file : psl_dist_filename());
	if (!db->suffixes && !*suffix_file)
		db->suffixes = read_suffixes("/usr/share/publicsuffix/public_suffix_list.dat");
}

void query_db_free(struct query_db *db)
{
	reader_free(&db->reader);
	free(db->suffixes);
	db->suffixes = NULL;
}

void query_db_load_owners(struct query_db *db, const char *names_file)
{
	db->owners = names_index_read(&db->reader, NAMES_OWNERS, names_file);
}

void query_db_load_targets(struct query_db *db, const char *names_file)
{
	db->targets = names_index_read(&db->reader, NAMES_TARGETS, names_file);
}

void query_db_unload(struct query_db *db)
{
	names_index_close(db->owners);
	names_index_close(db->targets);
	db->owners = db->targets = NULL;
}

bool query_db_suffix_below(const struct query_db *db, const char *name, size_t len)
{
	char line[260];

	if (!db->suffixes)
		return true; // not known
	if (len > 253)
		return false;
	snprintf(line, sizeof(line), ".%.*s\n", (int)len, name);
	return strstr(db->suffixes, line) != NULL;
}

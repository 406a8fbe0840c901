// SPDX-License-Identifier: BSD-3-Clause
// The lists of block.conf in memory, for /block/NAME. A thread makes each one at the start and every `refresh`; it writes no
// files. If a list cannot be made, the previous one stays.
#pragma once

#include "collector/block/conf.h"

struct block_publish;
struct context;
struct redis_settings;

// A document. Any thread may hold one while it sends it.
struct block_page {
	int users; // atomic
	enum block_format_id format;
	char name[48];	  // file in the folder of a feed; empty: the only document
	const char *type; // media type
	struct redis_buffer body;
	char etag[40];	  // with quotes, weak: the body may be sent compressed
	int64_t modified; // when its content changed, seconds since 1970
};

// `path`: of block.conf; `suffix_file`: setting psl.file. Borrows all but `path` and `redis`, which are copied. NULL with one line
// in `why`.
struct block_publish *block_publish_start(const char *path, const struct redis_settings *redis,
	const struct zone_list *zones, const char *suffix_file, const struct context *context, char *why,
	size_t why_size);
// Reads block.conf again and makes the lists anew; if it cannot be read, logs that and changes nothing. NULL is fine.
void block_publish_reload(struct block_publish *p, const char *path, const struct redis_settings *redis);
void block_publish_stop(struct block_publish *p); // NULL is fine

enum block_found { BLOCK_FOUND, BLOCK_NO_LIST, BLOCK_NOT_YET, BLOCK_FORBIDDEN };

// The document of "NAME", "NAME.FORMAT" and, of a feed, `document` (or NULL). `key`: name of the API key, or empty.
// BLOCK_FOUND: the caller drops `*page`. BLOCK_NOT_YET: `why` has one line.
enum block_found block_publish_find(struct block_publish *p, const char *name, const char *document, const char *key,
	struct block_page **page, char *why, size_t why_size);
void block_publish_drop(struct block_page *page);

// The lists that a key may fetch, as JSON.
void block_publish_lists(struct block_publish *p, const char *key, struct redis_buffer *out);

struct block_levels {
	uint64_t lists, failed, entries; // lists; those whose last attempt failed; entries of all
};
struct block_levels block_publish_levels(struct block_publish *p);

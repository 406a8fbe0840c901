// SPDX-License-Identifier: BSD-3-Clause
// What requests read of the published lists. Any thread.
#include "collector/block/publish.h"

#include "collector/block/publish_state.h"

#include "collector/query/json.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = BLOCK_NAME_LEN + 1 };

static bool may_fetch(const struct block_list *l, const char *key)
{
	for (size_t i = 0; i < l->keys_len; i++)
		if (strcmp(l->keys[i], key) == 0)
			return true;
	return l->keys_len == 0;
}

static const struct published *find_list(const struct block_publish *p, const char *name)
{
	for (size_t i = 0; i < p->len; i++)
		if (strcmp(p->at[i].list->name, name) == 0)
			return &p->at[i];
	return NULL;
}

// Splits "NAME.FORMAT". False if there is no such format.
static bool split(const char *text, char name[NAME_SIZE], bool *has_format, enum block_format_id *format)
{
	const char *dot = strchr(text, '.');
	size_t len = dot ? (size_t)(dot - text) : strlen(text);

	*has_format = dot != NULL;
	if (len >= NAME_SIZE)
		return false;
	memcpy(name, text, len);
	name[len] = '\0';
	return !dot || block_format_parse(format, dot + 1);
}

static struct block_page *find_page(const struct published *l, enum block_format_id format, const char *document)
{
	for (size_t i = 0; i < l->pages_len; i++)
		if (l->page[i]->format == format && strcmp(l->page[i]->name, document) == 0)
			return l->page[i];
	return NULL;
}

enum block_found block_publish_find(struct block_publish *p, const char *name, const char *document, const char *key,
	struct block_page **page, char *why, size_t why_size)
{
	enum block_found found = BLOCK_NO_LIST;
	enum block_format_id format = BLOCK_RPZ;
	char list[NAME_SIZE];
	bool has_format;

	*page = NULL;
	if (!split(name, list, &has_format, &format))
		return BLOCK_NO_LIST;
	pthread_mutex_lock(&p->lock);
	const struct published *l = find_list(p, list);
	if (l && !may_fetch(l->list, key)) {
		found = BLOCK_FORBIDDEN;
	} else if (l && l->pages_len == 0) {
		found = BLOCK_NOT_YET;
		snprintf(why, why_size, "block list %s: %s", list, *l->why ? l->why : "is being made");
	} else if (l) {
		*page = find_page(l, has_format ? format : l->list->first_format, document ? document : "");
		found = *page ? BLOCK_FOUND : BLOCK_NO_LIST;
	}
	if (*page)
		__atomic_add_fetch(&(*page)->users, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&p->lock);
	return found;
}

static void put_list(struct redis_buffer *out, const struct published *l)
{
	const char *comma = "";

	block_put(out, "{\"name\":\"%s\",\"entries\":%zu,\"left_out\":%zu,\"serial\":%u,\"changed\":%lld,\"formats\":[",
		l->list->name, l->entries, l->removed, l->serial, (long long)l->changed);
	for (int id = 0; id < BLOCK_FORMATS; id++) {
		if (!(l->list->formats & 1u << id))
			continue;
		block_put(out, "%s\"%s\"", comma, block_format_name((enum block_format_id)id));
		comma = ",";
	}
	query_put_text(out, "],\"error\":");
	if (*l->why)
		query_put_utf8(out, l->why);
	else
		query_put_text(out, "null");
	query_put_text(out, "}");
}

void block_publish_lists(struct block_publish *p, const char *key, struct redis_buffer *out)
{
	const char *comma = "";

	query_put_text(out, "{\"lists\":[");
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->len; i++) {
		if (!may_fetch(p->at[i].list, key))
			continue;
		query_put_text(out, comma);
		put_list(out, &p->at[i]);
		comma = ",\n";
	}
	pthread_mutex_unlock(&p->lock);
	query_put_text(out, "]}\n");
}

struct block_levels block_publish_levels(struct block_publish *p)
{
	struct block_levels levels = {.lists = 0};

	pthread_mutex_lock(&p->lock);
	levels.lists = p->len;
	for (size_t i = 0; i < p->len; i++) {
		levels.failed += *p->at[i].why != '\0';
		levels.entries += p->at[i].entries;
	}
	pthread_mutex_unlock(&p->lock);
	return levels;
}

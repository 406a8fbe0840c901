// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/conf.h"

#include "collector/block/format.h"
#include "collector/base/sections.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct section_key keys[] = {{"source", true, true}, {"allow", false, true}, {"format", false, true},
	{"file", false, true}, {"key", false, true}, {"policy", false, false}, {"zone", false, false},
	{"ttl", false, false}, {"refresh", false, false}, {"expire", false, false}, {"subdomains", false, false},
	{"comments", false, false}, {"protect", false, false}, {"level", false, false}};

void block_conf_free(struct block_conf *c)
{
	for (size_t i = 0; i < c->len; i++)
		block_list_free(&c->at[i]);
	free(c->at);
	*c = (struct block_conf){.len = 0};
}

const struct block_list *block_conf_find(const struct block_conf *c, const char *name)
{
	for (size_t i = 0; i < c->len; i++)
		if (strcmp(c->at[i].name, name) == 0)
			return &c->at[i];
	return NULL;
}

int block_conf_complete(struct block_list *l, char *why, size_t why_size)
{
	for (size_t i = 0; i < l->files_len; i++) {
		if (l->formats == 0)
			l->first_format = l->files[i].format;
		l->formats |= 1u << l->files[i].format;
	}
	if (l->formats == 0) {
		l->formats = 1u << BLOCK_DOMAINS;
		l->first_format = BLOCK_DOMAINS;
	}
	for (int id = 0; id < BLOCK_FORMATS; id++) {
		const char *wrong =
			l->formats & 1u << id ? block_format_refuses((enum block_format_id)id, &l->policy) : NULL;
		if (wrong) {
			snprintf(why, why_size, "%s", wrong);
			return -1;
		}
	}
	return 0;
}

static int read_list(struct block_list *l, const struct sections *s, const struct section *section, char *why,
	size_t why_size)
{
	char reason[400];

	block_list_init(l, section->name);
	if (strcmp(section->kind, "list") != 0)
		return sections_refuse(s, section, section->line, why, why_size, "expected [list NAME]");
	if (!block_list_is_name(section->name))
		return sections_refuse(s, section, section->line, why, why_size,
			"expected a name of 1 to %d characters a-z 0-9 _ -, first a letter", BLOCK_NAME_LEN);
	if (sections_check(s, section, keys, sizeof(keys) / sizeof(*keys), why, why_size) != 0)
		return -1;
	for (uint32_t i = 0; i < section->entries_len; i++) {
		const struct section_entry *e = &section->entries[i];
		if (block_list_set(l, e->key, e->value, reason, sizeof(reason)) != 0)
			return sections_refuse(s, section, e->line, why, why_size, "%s: %s", e->key, reason);
	}
	if (block_conf_complete(l, reason, sizeof(reason)) != 0)
		return sections_refuse(s, section, section->line, why, why_size, "%s", reason);
	return 0;
}

// Two outputs must not replace each other.
static int check_files(const struct block_conf *c, char *why, size_t why_size)
{
	for (size_t i = 0; i < c->len; i++)
		for (size_t a = 0; a < c->at[i].files_len; a++)
			for (size_t k = 0; k <= i; k++)
				for (size_t b = 0; b < (k == i ? a : c->at[k].files_len); b++)
					if (strcmp(c->at[i].files[a].path, c->at[k].files[b].path) == 0) {
						snprintf(why, why_size,
							"block.file: [list %s] and [list %s]: found the same file %.300s, expected one each",
							c->at[k].name, c->at[i].name, c->at[i].files[a].path);
						return -1;
					}
	return 0;
}

int block_conf_read(struct block_conf *out, const char *path, char *why, size_t why_size)
{
	struct sections sections;
	int result = sections_read(&sections, path, why, why_size);

	*out = (struct block_conf){.len = 0};
	if (result != 0)
		return result == -ENOENT ? 0 : -1;
	if (sections.len > BLOCK_LISTS_MAX) {
		snprintf(why, why_size, "%s: found %zu lists, expected at most %d", path, sections.len,
			BLOCK_LISTS_MAX);
		result = -1;
	}
	out->at = result == 0 ? calloc(sections.len + 1, sizeof(*out->at)) : NULL;
	if (result == 0 && !out->at) {
		snprintf(why, why_size, "out of memory");
		result = -1;
	}
	for (size_t i = 0; result == 0 && i < sections.len; i++) {
		out->len++;
		result = read_list(&out->at[i], &sections, &sections.at[i], why, why_size);
	}
	sections_free(&sections);
	if (result == 0)
		result = check_files(out, why, why_size);
	if (result != 0)
		block_conf_free(out);
	return result == 0 ? 0 : -1;
}

// False without memory.
static bool add_path(char ***files, size_t *len, const char *path)
{
	char **more = realloc(*files, (*len + 1) * sizeof(*more));

	if (!more)
		return false;
	*files = more;
	more[*len] = strdup(path);
	return more[*len] && ++*len > 0;
}

int block_conf_files(const char *path, char ***files, size_t *len, char *why, size_t why_size)
{
	struct block_conf c;
	bool good = true;

	if (block_conf_read(&c, path, why, why_size) != 0)
		return -1;
	for (size_t i = 0; i < c.len; i++) {
		const struct block_list *l = &c.at[i];
		for (size_t k = 0; k < l->sources_len; k++)
			if (l->sources[k].kind == BLOCK_FROM_FILE)
				good = good && add_path(files, len, l->sources[k].text);
		for (size_t k = 0; k < l->allows_len; k++)
			if (strncmp(l->allows[k], "file ", 5) == 0)
				good = good && add_path(files, len, l->allows[k] + 5 + strspn(l->allows[k] + 5, " \t"));
	}
	block_conf_free(&c);
	if (!good)
		snprintf(why, why_size, "out of memory");
	return good ? 0 : -1;
}

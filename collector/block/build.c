// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/build.h"

#include "collector/block/allow.h"
#include "collector/context/context.h"
#include "collector/query/db.h"
#include "collector/query/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_SIZE = 4096, PROTECT_S = 30 * 86400 };

static uint32_t rank_of(const void *arg, const char *domain)
{
	return context_rank(arg, domain, strlen(domain));
}

static int check(const struct block_set *s, char *why, size_t why_size)
{
	if (s->bad)
		snprintf(why, why_size, "out of memory");
	else if (s->full)
		snprintf(why, why_size, "found more than %d entries, expected at most that; reduce the sources",
			BLOCK_ENTRIES_MAX);
	return s->bad || s->full ? -1 : 0;
}

int block_build_set(struct block_set *s, const struct block_make *m, const struct block_list *l, char *why,
	size_t why_size)
{
	bool popular = context_has_popular(m->context);
	struct block_allow *allow = block_allow_new(l, m->zones, popular ? rank_of : NULL, m->context, why, why_size);
	int result = allow ? 0 : -1;

	*s = (struct block_set){.len = 0};
	block_gather_lines(s, m, l);
	for (size_t i = 0; result == 0 && i < l->sources_len; i++) {
		result = block_gather(s, m, l, &l->sources[i], why, why_size);
		if (result == 0)
			result = check(s, why, why_size);
	}
	if (result == 0) {
		block_allow_apply(allow, s);
		block_set_sort(s);
		if (l->protect)
			result = block_protect(allow, s, m->db, m->zones, m->now - PROTECT_S, why, why_size);
	}
	if (result == 0)
		result = check(s, why, why_size);
	block_allow_free(allow);
	return result;
}

// The serial in the SOA record of a zone file that this program wrote. False: there is none.
static bool read_serial(const char *path, uint32_t *out)
{
	char head[HEAD_SIZE];
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(head, 1, sizeof(head) - 1, file) : 0;

	if (file)
		fclose(file);
	head[len] = '\0';
	const char *soa = strstr(head, "\n@ SOA localhost. root.localhost. ");
	if (!soa)
		return false;
	char *end;
	unsigned long serial = strtoul(soa + 34, &end, 10);
	*out = (uint32_t)serial;
	return *end == ' ' && serial <= UINT32_MAX;
}

int block_build_serial(struct block_serial *out, const struct block_make *m, const struct block_list *l,
	const struct block_set *s, bool state, char *why, size_t why_size)
{
	char digest[BLOCK_DIGEST_SIZE];
	uint32_t highest = 0, serial;
	bool found = false;

	*out = (struct block_serial){.serial = (uint32_t)m->now, .changed = m->now};
	if (!state)
		return 0;
	for (size_t i = 0; i < l->files_len; i++) {
		if (l->files[i].format != BLOCK_RPZ || !read_serial(l->files[i].path, &serial))
			continue;
		if (!found || block_serial_after(serial, highest))
			highest = serial;
		found = true;
	}
	block_serial_digest(l, s, digest);
	return block_serial_get(out, &m->db->reader, l->name, digest, found ? &highest : NULL, m->now, why, why_size);
}

// report ─────────────────────────────────────────────────────────────────────────────────────

void block_build_report(const struct block_list *l, const struct block_set *s, bool json, struct redis_buffer *out)
{
	for (size_t i = 0; i < s->removed_len; i++) {
		const struct block_removed *r = &s->removed[i];
		if (!json) {
			block_put(out, "%s: left out: ", l->name);
			query_put_text(out, r->what);
			block_put(out, ": %s\n", r->why);
			continue;
		}
		block_put(out, "{\"list\":\"%s\",\"entry\":", l->name);
		query_put_json(out, r->what, strlen(r->what));
		query_put_text(out, ",\"reason\":");
		query_put_json(out, r->why, strlen(r->why));
		query_put_text(out, "}\n");
	}
}

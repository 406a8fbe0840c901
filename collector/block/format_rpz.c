// SPDX-License-Identifier: BSD-3-Clause
// Response policy zones (draft-vixie-dnsop-dns-rpz): a zone file whose owner names are relative, so that the name of the zone is
// free.
#include "collector/block/format.h"

#include "collector/block/indicator.h"
#include "collector/query/json.h"

#include <stdio.h>
#include <string.h>

enum { OWNER_SIZE = 400 };

// "24.0.2.0.192", "48.zz.1.db8.2001": the length of the prefix, then the address from its end.
static void put_trigger(const struct block_entry *e, char *out, size_t out_size)
{
	uint16_t word[8];
	int best = -1, best_len = 1, run = 0; // from the end of the address; the run of zeros that "zz" replaces
	size_t n = (size_t)snprintf(out, out_size, "%u", e->bits);

	if (e->size == 4) {
		snprintf(out + n, out_size - n, ".%u.%u.%u.%u", e->address[3], e->address[2], e->address[1],
			e->address[0]);
		return;
	}
	for (int i = 0; i < 8; i++)
		word[i] = (uint16_t)(e->address[14 - 2 * i] << 8 | e->address[15 - 2 * i]);
	for (int i = 0; i < 8; i++) {
		run = word[i] == 0 ? run + 1 : 0;
		if (run > 1 && run >= best_len) {
			best_len = run;
			best = i - run + 1;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			n += (size_t)snprintf(out + n, out_size - n, ".zz");
			i += best_len - 1;
		} else {
			n += (size_t)snprintf(out + n, out_size - n, ".%x", word[i]);
		}
	}
}

// Writes the owner of an entry, without the wildcard. False if it has no place in a zone.
static bool put_owner(const struct block_view *v, const struct block_entry *e, char out[static OWNER_SIZE])
{
	static const char *const suffixes[BLOCK_KINDS] = {"", ".rpz-nsdname", ".rpz-ip", ".rpz-nsip"};
	char trigger[100];
	const char *head = e->name;

	if (e->kind == BLOCK_ADDRESS || e->kind == BLOCK_SERVER_ADDRESS) {
		put_trigger(e, trigger, sizeof(trigger));
		head = trigger;
	}
	size_t len = (size_t)snprintf(out, OWNER_SIZE, "%s%s", head, suffixes[e->kind]);
	if (len + (e->below ? 2 : 0) + 1 + strlen(v->list->zone) <= BLOCK_HOST_LEN)
		return true;
	block_set_remove_entry(v->set, e, "rpz: longer than a name in zone %s may be", v->list->zone);
	return false;
}

static void put_record(struct redis_buffer *b, const struct block_policy *p, const char *star, const char *owner,
	const char *comment)
{
	static const char *const targets[] = {".", "*.", "rpz-drop.", "rpz-passthru.", "rpz-tcp-only."};

	if (p->action == BLOCK_CNAME)
		block_put(b, "%s%s CNAME %s.%s\n", star, owner, p->name, comment);
	else if (p->action != BLOCK_REDIRECT)
		block_put(b, "%s%s CNAME %s%s\n", star, owner, targets[p->action], comment);
	else if (*p->ipv4)
		block_put(b, "%s%s A %s%s\n", star, owner, p->ipv4, comment);
	if (p->action == BLOCK_REDIRECT && *p->ipv6)
		block_put(b, "%s%s AAAA %s%s\n", star, owner, p->ipv6, comment);
}

static void put_entry(struct redis_buffer *b, const struct block_view *v, const struct block_entry *e)
{
	char owner[OWNER_SIZE], text[BLOCK_COMMENT_SIZE], comment[BLOCK_COMMENT_SIZE + 4] = "";
	const char *words = v->list->comments ? block_comment(e, text) : "";

	if (v->list->policy.action == BLOCK_REDIRECT && e->name && !block_indicator_is_host(e->name)) {
		block_set_remove_entry(v->set, e, "rpz: not a host name, as the owner of an address must be");
		return;
	}
	if (!put_owner(v, e, owner))
		return;
	if (*words)
		snprintf(comment, sizeof(comment), " ; %s", words);
	put_record(b, &v->list->policy, "", owner, comment);
	if (e->below)
		put_record(b, &v->list->policy, "*.", owner, "");
}

void block_rpz_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/dns; charset=utf-8");
	unsigned refresh = (unsigned)v->list->refresh_s;

	block_put_head(b, v, ";", "RPZ");
	block_put(b, "$TTL %llu\n", (unsigned long long)v->list->ttl);
	block_put(b, "@ SOA localhost. root.localhost. %u %u %u 2592000 %llu\n", v->serial, refresh, refresh / 2 + 1,
		(unsigned long long)v->list->ttl);
	query_put_text(b, "@ NS localhost.\n");
	for (size_t i = 0; i < v->set->len; i++)
		put_entry(b, v, &v->set->at[i]);
}

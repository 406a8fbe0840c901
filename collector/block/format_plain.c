// SPDX-License-Identifier: BSD-3-Clause
// Plain lists, Suricata datasets, nftables sets.
#include "collector/block/format.h"

#include "collector/query/json.h"

#include <nettle/base64.h>
#include <stdio.h>
#include <string.h>

void block_domains_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");

	block_put_head(b, v, "#", "domains");
	for (size_t i = 0; i < v->set->len; i++) {
		if (v->set->at[i].kind != BLOCK_NAME)
			continue;
		block_put_comment(b, v, "#", &v->set->at[i]);
		block_put(b, "%s\n", v->set->at[i].name);
	}
}

void block_addresses_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");
	char text[64];

	block_put_head(b, v, "#", "addresses");
	for (size_t i = 0; i < v->set->len; i++) {
		if (v->set->at[i].kind != BLOCK_ADDRESS)
			continue;
		block_put_comment(b, v, "#", &v->set->at[i]);
		block_put(b, "%s\n", block_prefix_text(&v->set->at[i], text));
	}
}

// A dataset of type string: one value in base64 per line, no comments.
void block_suricata_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");
	char text[BASE64_ENCODE_RAW_LENGTH(BLOCK_HOST_LEN) + 1];

	for (size_t i = 0; i < v->set->len; i++) {
		const struct block_entry *e = &v->set->at[i];
		if (e->kind != BLOCK_NAME)
			continue;
		size_t len = strlen(e->name);
		base64_encode_raw(text, len, (const uint8_t *)e->name);
		block_put(b, "%.*s\n", (int)BASE64_ENCODE_RAW_LENGTH(len), text);
	}
}

// A dataset of type ip: one address per line, no comments, no prefixes.
void block_suricata_ip_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");
	char text[64];

	for (size_t i = 0; i < v->set->len; i++) {
		const struct block_entry *e = &v->set->at[i];
		if (e->kind != BLOCK_ADDRESS)
			continue;
		if (e->bits == 8 * e->size)
			block_put(b, "%s\n", block_prefix_text(e, text));
		else
			block_set_remove_entry(v->set, e, "suricata-ip: a dataset has no prefixes");
	}
}

// The whole file is one transaction (nft -f). Sets keep their names, so that rules which refer to them stay.
static void put_set(struct redis_buffer *b, const struct block_view *v, size_t size)
{
	const char *type = size == 4 ? "ipv4" : "ipv6", *name = v->list->name;
	bool open = false;
	char text[64];

	block_put(b, "add set inet lookback %s_%s { type %s_addr; flags interval; }\n", name, type, type);
	block_put(b, "flush set inet lookback %s_%s\n", name, type);
	for (size_t i = 0; i < v->set->len; i++) {
		const struct block_entry *e = &v->set->at[i];
		if (e->kind != BLOCK_ADDRESS || e->size != size)
			continue;
		if (!open)
			block_put(b, "add element inet lookback %s_%s {\n", name, type);
		open = true;
		block_put_comment(b, v, "\t#", e);
		block_put(b, "\t%s,\n", block_prefix_text(e, text));
	}
	if (open)
		query_put_text(b, "}\n");
}

void block_nftables_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");

	block_put_head(b, v, "#", "nftables");
	query_put_text(b, "add table inet lookback\n");
	put_set(b, v, 4);
	put_set(b, v, 16);
}

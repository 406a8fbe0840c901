// SPDX-License-Identifier: BSD-3-Clause
// A sorted set as text, in one of the formats. The same set and serial give the same octets.
#pragma once

#include "collector/block/block.h"

enum { BLOCK_DOCUMENTS_MAX = 3, BLOCK_DOCUMENT_NAME_SIZE = 48 };

struct block_document {
	char name[BLOCK_DOCUMENT_NAME_SIZE]; // file in the folder of a feed; empty: the only document
	const char *type;		     // media type
	struct redis_buffer body;	     // owned
};

struct block_output {
	struct block_document at[BLOCK_DOCUMENTS_MAX];
	size_t len;
};

// What a format is made of.
struct block_view {
	const struct block_list *list;
	struct block_set *set; // sorted; entries that the format cannot express are added to its report
	uint32_t serial;
	int64_t changed; // when the serial was made, seconds since 1970
};

bool block_format_parse(enum block_format_id *out, const char *name);
const char *block_format_name(enum block_format_id id);
const char *block_format_names(void); // all, for messages

// NULL if the format can express the policy of the list; or what is wrong.
const char *block_format_refuses(enum block_format_id id, const struct block_policy *policy);

// Makes the documents. 0, or -1 without memory (all freed). The caller frees with block_output_free.
int block_format_make(enum block_format_id id, const struct block_view *view, struct block_output *out);
void block_output_free(struct block_output *out);

// format_common.c: for the files of the formats ───────────────────────────────────────────────

typedef void block_writer(const struct block_view *v, struct block_output *out);
block_writer block_rpz_write, block_hosts_write, block_dnsmasq_write, block_unbound_write, block_domains_write,
	block_addresses_write, block_suricata_write, block_suricata_ip_write, block_nftables_write, block_stix_write,
	block_misp_write;

// Adds a document and returns its body.
struct redis_buffer *block_document_add(struct block_output *out, const char *name, const char *type);

void block_put(struct redis_buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

// "reason, until 2026-12-31"
enum { BLOCK_COMMENT_SIZE = BLOCK_REASON_LEN + 40 };
const char *block_comment(const struct block_entry *e, char out[static BLOCK_COMMENT_SIZE]);

// Lines of comment at the head of a list.
void block_put_head(struct redis_buffer *b, const struct block_view *v, const char *mark, const char *format_name);
// A line of comment before an entry, if the list has comments.
void block_put_comment(struct redis_buffer *b, const struct block_view *v, const char *mark,
	const struct block_entry *e);

// "192.0.2.0/24", "192.0.2.1": without the length of a whole address.
const char *block_prefix_text(const struct block_entry *e, char out[static 64]);

// A UUID of version 5 (RFC 9562) in the namespace of Lookback, of the parts with a colon between them.
enum { BLOCK_UUID_SIZE = 37 };
const char *block_uuid(char out[static BLOCK_UUID_SIZE], const char *first, const char *second, const char *third);

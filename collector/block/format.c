// SPDX-License-Identifier: BSD-3-Clause
// The table of formats, and what their files share.
#include "collector/block/format.h"

#include "collector/query/json.h"

#include <nettle/sha1.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAN(action) (1u << (action))
#define CAN_ALL 0xffu
// For lists without an answer of their own, and for those whose answer is always an address.
#define CAN_BLOCK (CAN(BLOCK_NXDOMAIN) | CAN(BLOCK_NODATA) | CAN(BLOCK_DROP))

static const struct {
	const char *name;
	block_writer *write;
	unsigned policies; // bit set of enum block_action
} formats[BLOCK_FORMATS] = {
	[BLOCK_RPZ] = {"rpz", block_rpz_write, CAN_ALL},
	[BLOCK_HOSTS] = {"hosts", block_hosts_write, CAN(BLOCK_NXDOMAIN) | CAN(BLOCK_NODATA) | CAN(BLOCK_REDIRECT)},
	[BLOCK_DNSMASQ] = {"dnsmasq", block_dnsmasq_write, CAN(BLOCK_NXDOMAIN) | CAN(BLOCK_REDIRECT)},
	[BLOCK_UNBOUND] = {"unbound", block_unbound_write, CAN_ALL & ~CAN(BLOCK_TCP_ONLY)},
	[BLOCK_DOMAINS] = {"domains", block_domains_write, CAN_ALL},
	[BLOCK_ADDRESSES] = {"addresses", block_addresses_write, CAN_ALL},
	[BLOCK_SURICATA] = {"suricata", block_suricata_write, CAN_ALL},
	[BLOCK_SURICATA_IP] = {"suricata-ip", block_suricata_ip_write, CAN_ALL},
	[BLOCK_NFTABLES] = {"nftables", block_nftables_write, CAN_ALL},
	[BLOCK_STIX] = {"stix", block_stix_write, CAN_ALL},
	[BLOCK_MISP] = {"misp", block_misp_write, CAN_ALL},
};

bool block_format_parse(enum block_format_id *out, const char *name)
{
	for (int i = 0; i < BLOCK_FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0) {
			*out = (enum block_format_id)i;
			return true;
		}
	}
	return false;
}

const char *block_format_name(enum block_format_id id)
{
	return formats[id].name;
}

const char *block_format_names(void)
{
	return "rpz, hosts, dnsmasq, unbound, domains, addresses, suricata, suricata-ip, nftables, stix or misp";
}

const char *block_format_refuses(enum block_format_id id, const struct block_policy *policy)
{
	if (formats[id].policies & CAN(policy->action))
		return NULL;
	switch (id) {
	case BLOCK_HOSTS:
		return "format hosts: expected policy nxdomain, nodata (both: 0.0.0.0) or redirect";
	case BLOCK_DNSMASQ:
		return "format dnsmasq: expected policy nxdomain or redirect";
	default:
		return "format unbound: found policy tcp-only, expected any other";
	}
}

int block_format_make(enum block_format_id id, const struct block_view *view, struct block_output *out)
{
	bool bad = false;

	*out = (struct block_output){.len = 0};
	formats[id].write(view, out);
	for (size_t i = 0; i < out->len; i++)
		bad = bad || out->at[i].body.bad;
	if (bad)
		block_output_free(out);
	return bad ? -1 : 0;
}

void block_output_free(struct block_output *out)
{
	for (size_t i = 0; i < out->len; i++)
		redis_buffer_free(&out->at[i].body);
	*out = (struct block_output){.len = 0};
}

struct redis_buffer *block_document_add(struct block_output *out, const char *name, const char *type)
{
	struct block_document *d = &out->at[out->len++];

	*d = (struct block_document){.type = type};
	snprintf(d->name, sizeof(d->name), "%s", name);
	return &d->body;
}

void block_put(struct redis_buffer *b, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(text))
		query_put(b, text, (size_t)n);
	else
		b->bad = true; // no line is that long: names have at most 253 characters
}

const char *block_comment(const struct block_entry *e, char out[static BLOCK_COMMENT_SIZE])
{
	char day[24];

	if (e->until == BLOCK_NEVER)
		return e->reason;
	query_time_text(e->until, "%Y-%m-%d", day, sizeof(day));
	snprintf(out, BLOCK_COMMENT_SIZE, "%s%suntil %s", e->reason, *e->reason ? ", " : "", day);
	return out;
}

void block_put_head(struct redis_buffer *b, const struct block_view *v, const char *mark, const char *format_name)
{
	char time[24];

	query_time_text(v->changed, "%Y-%m-%dT%H:%M:%SZ", time, sizeof(time));
	block_put(b, "%s Lookback block list %s (%s), serial %u of %s\n", mark, v->list->name, format_name, v->serial,
		time);
}

void block_put_comment(struct redis_buffer *b, const struct block_view *v, const char *mark,
	const struct block_entry *e)
{
	char text[BLOCK_COMMENT_SIZE];
	const char *comment = v->list->comments ? block_comment(e, text) : "";

	if (*comment)
		block_put(b, "%s %s\n", mark, comment);
}

const char *block_prefix_text(const struct block_entry *e, char out[static 64])
{
	struct block_entry plain = *e;
	char text[BLOCK_TEXT_SIZE];

	plain.kind = BLOCK_ADDRESS;
	snprintf(out, 64, "%.63s", block_entry_text(&plain, text));
	return out;
}

const char *block_uuid(char out[static BLOCK_UUID_SIZE], const char *first, const char *second, const char *third)
{
	static const uint8_t space[16] = {0x6c, 0x2f, 0x5b, 0x1e, 0x0d, 0x43, 0x4e, 0x7a, 0x9b, 0x58, 0x31, 0xc7, 0xd2,
		0xa4, 0x90, 0x6f};
	const char *const parts[] = {first, second, third};
	uint8_t hash[SHA1_DIGEST_SIZE];
	struct sha1_ctx context;

	sha1_init(&context);
	sha1_update(&context, sizeof(space), space);
	for (int i = 0; i < 3; i++) {
		sha1_update(&context, i > 0 ? 1 : 0, (const uint8_t *)":");
		sha1_update(&context, strlen(parts[i]), (const uint8_t *)parts[i]);
	}
	sha1_digest(&context, sizeof(hash), hash);
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x50);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	for (int i = 0, n = 0; i < 16; i++)
		n += sprintf(out + n, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", hash[i]);
	return out;
}

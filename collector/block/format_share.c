// SPDX-License-Identifier: BSD-3-Clause
// STIX 2.1 (OASIS) and the feed format of MISP. The texts are printable ASCII; query_put_json escapes quotes.
#include "collector/block/format.h"

#include "collector/query/json.h"

#include <nettle/md5.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_SIZE = 1300, TIME_SIZE = 32 };

static void put_string(struct redis_buffer *b, const char *text)
{
	query_put_json(b, text, strlen(text));
}

static const char *stix_time(int64_t time, char out[static TIME_SIZE])
{
	query_time_text(time, "%Y-%m-%dT%H:%M:%S.000Z", out, TIME_SIZE);
	return out;
}

// When the entry was last renewed: changes whenever its end does.
static int64_t renewed(const struct block_view *v, const struct block_entry *e)
{
	int64_t at = e->until == BLOCK_NEVER ? e->since : e->until - (int64_t)v->list->expire_s;

	return at > e->since ? at : e->since;
}

// Names consist of letters, digits, hyphens, underscores and dots, so nothing needs an escape but the dots of MATCHES. In LIKE an
// underscore is a wildcard.
static void put_pattern(const struct block_entry *e, char out[static PATTERN_SIZE])
{
	char regex[3 * BLOCK_HOST_LEN + 1], text[64];
	size_t n = 0;

	if (e->kind == BLOCK_ADDRESS) {
		bool whole = e->bits == 8 * e->size;
		snprintf(out, PATTERN_SIZE, "[ipv%d-addr:value %s '%s']", e->size == 4 ? 4 : 6,
			whole ? "=" : "ISSUBSET", block_prefix_text(e, text));
		return;
	}
	for (const char *p = e->name; *p; p++)
		n += (size_t)snprintf(regex + n, sizeof(regex) - n, *p == '.' ? "\\\\%c" : "%c", *p);
	if (!e->below)
		snprintf(out, PATTERN_SIZE, "[domain-name:value = '%s']", e->name);
	else if (strchr(e->name, '_'))
		snprintf(out, PATTERN_SIZE, "[domain-name:value MATCHES '(^|\\\\.)%s$']", regex);
	else
		snprintf(out, PATTERN_SIZE, "[domain-name:value = '%s' OR domain-name:value LIKE '%%.%s']", e->name,
			e->name);
}

static void put_indicator(struct redis_buffer *b, const struct block_view *v, const struct block_entry *e,
	const char *author)
{
	char uuid[BLOCK_UUID_SIZE], time[TIME_SIZE], pattern[PATTERN_SIZE], text[BLOCK_TEXT_SIZE];

	block_entry_text(e, text);
	block_put(b, ",\n{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--%s\"",
		block_uuid(uuid, "indicator", v->list->name, text));
	block_put(b, ",\"created_by_ref\":\"identity--%s\",\"created\":\"%s\"", author, stix_time(e->since, time));
	block_put(b, ",\"modified\":\"%s\",\"name\":", stix_time(renewed(v, e), time));
	put_string(b, text);
	if (*e->reason && v->list->comments) {
		query_put_text(b, ",\"description\":");
		put_string(b, e->reason);
	}
	put_pattern(e, pattern);
	query_put_text(b, ",\"indicator_types\":[\"malicious-activity\"],\"pattern\":");
	put_string(b, pattern);
	block_put(b, ",\"pattern_type\":\"stix\",\"valid_from\":\"%s\"", stix_time(e->since, time));
	if (e->until != BLOCK_NEVER)
		block_put(b, ",\"valid_until\":\"%s\"", stix_time(e->until > e->since ? e->until : e->since + 1, time));
	query_put_text(b, "}");
}

void block_stix_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "application/stix+json;version=2.1");
	char bundle[BLOCK_UUID_SIZE], author[BLOCK_UUID_SIZE], serial[16];

	snprintf(serial, sizeof(serial), "%u", v->serial);
	block_uuid(author, "identity", "lookback", "");
	block_put(b, "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[\n",
		block_uuid(bundle, "bundle", v->list->name, serial));
	block_put(b, "{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"identity--%s\"", author);
	query_put_text(b, ",\"created\":\"2024-01-01T00:00:00.000Z\",\"modified\":\"2024-01-01T00:00:00.000Z\""
			  ",\"name\":\"Lookback\",\"identity_class\":\"system\"}");
	for (size_t i = 0; i < v->set->len; i++) {
		const struct block_entry *e = &v->set->at[i];
		if (e->kind == BLOCK_NAME || e->kind == BLOCK_ADDRESS)
			put_indicator(b, v, e, author);
		else
			block_set_remove_entry(v->set, e, "stix: no pattern for a name server");
	}
	query_put_text(b, "\n]}\n");
}

// MISP ───────────────────────────────────────────────────────────────────────────────────────

// What the manifest and the event share.
static void put_event_head(struct redis_buffer *b, const struct block_view *v)
{
	char org[BLOCK_UUID_SIZE], day[TIME_SIZE];

	query_time_text(v->changed, "%Y-%m-%d", day, sizeof(day));
	block_put(b, "\"Orgc\":{\"name\":\"Lookback\",\"uuid\":\"%s\"}", block_uuid(org, "org", "lookback", ""));
	block_put(b, ",\"Tag\":[{\"name\":\"tlp:amber\",\"colour\":\"#FFC000\"}],\"info\":\"Lookback block list %s\"",
		v->list->name);
	block_put(b, ",\"date\":\"%s\",\"analysis\":\"2\",\"threat_level_id\":\"2\",\"timestamp\":\"%lld\"", day,
		(long long)v->changed);
}

static const char *misp_value(const struct block_entry *e, char out[static BLOCK_TEXT_SIZE])
{
	if (e->kind == BLOCK_NAME)
		return e->name;
	return block_prefix_text(e, out);
}

static void put_attribute(struct redis_buffer *b, const struct block_view *v, const struct block_entry *e)
{
	char uuid[BLOCK_UUID_SIZE], text[BLOCK_TEXT_SIZE], comment[BLOCK_COMMENT_SIZE];
	const char *value = misp_value(e, text), *type = e->kind == BLOCK_NAME ? "domain" : "ip-dst";

	block_put(b, "{\"uuid\":\"%s\",\"type\":\"%s\"", block_uuid(uuid, "attribute", v->list->name, value), type);
	block_put(b,
		",\"category\":\"Network activity\",\"to_ids\":true,\"disable_correlation\":false,\"timestamp\":\"%lld\"",
		(long long)renewed(v, e));
	query_put_text(b, ",\"value\":");
	put_string(b, value);
	query_put_text(b, ",\"comment\":");
	put_string(b, v->list->comments ? block_comment(e, comment) : "");
	query_put_text(b, "}");
}

static void put_hash(struct redis_buffer *b, const struct block_entry *e, const char *event)
{
	char text[BLOCK_TEXT_SIZE], hex[2 * MD5_DIGEST_SIZE + 1];
	const char *value = misp_value(e, text);
	uint8_t hash[MD5_DIGEST_SIZE];
	struct md5_ctx context;

	md5_init(&context);
	md5_update(&context, strlen(value), (const uint8_t *)value);
	md5_digest(&context, sizeof(hash), hash);
	for (int i = 0; i < MD5_DIGEST_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	block_put(b, "%s,%s\n", hex, event);
}

// A folder: manifest.json, hashes.csv, and the one event of the list.
void block_misp_write(const struct block_view *v, struct block_output *out)
{
	char event[BLOCK_UUID_SIZE], name[BLOCK_DOCUMENT_NAME_SIZE];
	const char *comma = "";

	block_uuid(event, "event", v->list->name, "");
	snprintf(name, sizeof(name), "%s.json", event);
	struct redis_buffer *b = block_document_add(out, name, "application/json");
	struct redis_buffer *hashes = block_document_add(out, "hashes.csv", "text/csv; charset=utf-8");
	block_put(b, "{\"Event\":{\"uuid\":\"%s\",\"published\":true,", event);
	put_event_head(b, v);
	query_put_text(b, ",\"Object\":[],\"Attribute\":[\n");
	for (size_t i = 0; i < v->set->len; i++) {
		const struct block_entry *e = &v->set->at[i];
		if (e->kind != BLOCK_NAME && e->kind != BLOCK_ADDRESS) {
			block_set_remove_entry(v->set, e, "misp: no attribute for a name server");
			continue;
		}
		query_put_text(b, comma);
		put_attribute(b, v, e);
		put_hash(hashes, e, event);
		comma = ",\n";
	}
	query_put_text(b, "\n]}}\n");
	struct redis_buffer *manifest =
		block_document_add(out, "manifest.json", "application/json"); // last: it names the others
	block_put(manifest, "{\"%s\":{", event);
	put_event_head(manifest, v);
	query_put_text(manifest, "}}\n");
}

// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/retain.h"

#include "collector/schema/keys.h"

#include <time.h>

struct retaining {
	struct follow *f;
	const struct schema_frame *records;
	const struct redis_settings *s;
	uint64_t cutoff_s; // members last seen before are removed
};

static struct redis_buffer *begin(struct retaining *r, enum follow_kind kind, unsigned words)
{
	follow_note(r->f, kind);
	redis_encode_array(&r->f->commands, words);
	return &r->f->commands;
}

static void expire(struct retaining *r, const char *family, const char *tail, size_t len)
{
	struct redis_buffer *out = begin(r, FOLLOW_RETAIN, 3);

	redis_encode_literal(out, "EXPIRE");
	redis_encode_key(out, r->s->prefix, family, tail, len);
	redis_encode_uint(out, 2 * r->s->retention_days * 86400);
}

static void trim(struct retaining *r, const char *command, enum follow_kind kind, const char *family, const char *tail,
	size_t len)
{
	struct redis_buffer *out = begin(r, kind, 4);

	redis_encode_text(out, command);
	redis_encode_key(out, r->s->prefix, family, tail, len);
	redis_encode_literal(out, "-inf");
	redis_encode_uint(out, r->cutoff_s);
}

// Removes from `family` the members that `dated` does not have. Scores stay.
static void intersect(struct retaining *r, const char *family, const char *dated, const char *tail, size_t len)
{
	struct redis_buffer *out = begin(r, FOLLOW_RETAIN, 8);

	redis_encode_literal(out, "ZINTERSTORE");
	redis_encode_key(out, r->s->prefix, family, tail, len);
	redis_encode_literal(out, "2");
	redis_encode_key(out, r->s->prefix, family, tail, len);
	redis_encode_key(out, r->s->prefix, dated, tail, len);
	redis_encode_literal(out, "WEIGHTS");
	redis_encode_literal(out, "1");
	redis_encode_literal(out, "0");
}

// name: or flood, whose members are in other keys as well
static void retain_dated(struct retaining *r, const char *family, const char *tail, size_t len)
{
	if (r->s->cluster)
		trim(r, "ZRANGEBYSCORE", FOLLOW_MEMBERS, family, tail, len);
	trim(r, "ZREMRANGEBYSCORE", FOLLOW_RETAIN, family, tail, len);
	expire(r, family, tail, len);
}

// asking first ─────────────────────────────────────────────────────────────────────────────────

static void ask(struct retaining *r, const char *family, const char *tail, size_t len)
{
	struct redis_buffer *out = begin(r, FOLLOW_EXPIRE, 2);

	redis_encode_literal(out, "ZCARD");
	redis_encode_key(out, r->s->prefix, family, tail, len);
}

// Asks for the type of all keys of the owner except `settled`: bit set of keys that this batch has answered or holds back.
static void ask_owner(struct retaining *r, const struct schema_owner *owner, uint16_t settled,
	const struct zone_list *zones)
{
	const char *name = r->records->text.bytes + owner->text;
	char zone[TEXT_NAME_SIZE];

	if (!(settled & 1 << SCHEMA_NAME))
		ask(r, FAMILY_NAME, name, owner->text_len);
	if (!(settled & 1 << SCHEMA_FIRST))
		ask(r, FAMILY_FIRST, name, owner->text_len);
	if (!(settled & 1 << SCHEMA_COUNT))
		ask(r, FAMILY_COUNT, name, owner->text_len);
	if (!(settled & 1 << SCHEMA_ZONE))
		ask(r, FAMILY_ZONE, zone, schema_zone(owner, zones, zone));
}

// The same for the keys of a record, or of a flood report.
static void ask_record(struct retaining *r, const struct schema_record *record, uint16_t settled)
{
	bool flood = record->view.head.flags & RECORD_FLOOD, address = schema_is_address(&record->view);
	size_t skip = (size_t)record->type_len + 1;
	char text[TEXT_NAME_SIZE];
	size_t len = schema_target(&record->view, text);

	if (flood && !(settled & 1 << SCHEMA_FLOOD))
		ask(r, FAMILY_FLOOD, "", 0);
	if (flood && !(settled & 1 << SCHEMA_FLOOD_NAMES))
		ask(r, FAMILY_FLOOD_NAMES, "", 0);
	if (len > 0 && !(settled & 1 << SCHEMA_RDATA))
		ask(r, FAMILY_RDATA, text, len);
	if (address && !(settled & 1 << SCHEMA_IP))
		ask(r, FAMILY_IP, r->records->text.bytes + record->member + skip, record->member_len - skip);
	if (address && !(settled & 1 << SCHEMA_NET))
		ask(r, FAMILY_NET, text, schema_net(&record->view, text));
}

void retain_again(struct follow *f, const struct schema_frame *records, const struct redis_settings *s,
	const struct zone_list *zones)
{
	struct retaining r = {.f = f, .records = records, .s = s};

	for (uint32_t i = 0; i < records->owners_len; i++)
		if (records->owners[i].len > 0)
			ask_owner(&r, &records->owners[i], 0, zones);
	for (uint32_t i = 0; i < records->records_len; i++)
		ask_record(&r, &records->records[i], 0);
}

// keys that replied ────────────────────────────────────────────────────────────────────────────────

// first: or count:
static void retain_beside(struct retaining *r, const struct schema_owner *owner, enum schema_kind kind,
	const char *family, const char *text)
{
	if (!(owner->sound & 1 << kind))
		return;
	if (!r->s->cluster && owner->sound & 1 << SCHEMA_NAME)
		intersect(r, family, FAMILY_NAME, text, owner->text_len);
	expire(r, family, text, owner->text_len);
}

static void retain_owner(struct retaining *r, const struct schema_owner *owner, const struct zone_list *zones)
{
	const char *text = r->records->text.bytes + owner->text;
	char zone[TEXT_NAME_SIZE];

	if (owner->sound & 1 << SCHEMA_NAME)
		retain_dated(r, FAMILY_NAME, text, owner->text_len);
	retain_beside(r, owner, SCHEMA_FIRST, FAMILY_FIRST, text);
	retain_beside(r, owner, SCHEMA_COUNT, FAMILY_COUNT, text);
	if (owner->sound & 1 << SCHEMA_ZONE)
		expire(r, FAMILY_ZONE, zone, schema_zone(owner, zones, zone));
	ask_owner(r, owner, owner->settled, zones);
}

// Flood reports of all zones are in one key, their names in another.
static void retain_floods(struct retaining *r, const struct schema_record *report)
{
	bool dated = report->sound & 1 << SCHEMA_FLOOD;

	if (dated)
		retain_dated(r, FAMILY_FLOOD, "", 0);
	if (!(report->sound & 1 << SCHEMA_FLOOD_NAMES))
		return;
	if (dated && !r->s->cluster)
		intersect(r, FAMILY_FLOOD_NAMES, FAMILY_FLOOD, "", 0);
	expire(r, FAMILY_FLOOD_NAMES, "", 0);
}

static void retain_record(struct retaining *r, const struct schema_record *record)
{
	const char *address = r->records->text.bytes + record->member + record->type_len + 1;
	size_t len = record->member_len - record->type_len - 1u;
	char text[TEXT_NAME_SIZE];

	if (record->sound & 1 << SCHEMA_IP) {
		trim(r, "ZREMRANGEBYSCORE", FOLLOW_RETAIN, FAMILY_IP, address, len);
		expire(r, FAMILY_IP, address, len);
	}
	if (record->sound & 1 << SCHEMA_RDATA) {
		len = schema_target(&record->view, text);
		trim(r, "ZREMRANGEBYSCORE", FOLLOW_RETAIN, FAMILY_RDATA, text, len);
		expire(r, FAMILY_RDATA, text, len);
	}
	if (record->sound & 1 << SCHEMA_NET)
		expire(r, FAMILY_NET, text, schema_net(&record->view, text));
	retain_floods(r, record);
	ask_record(r, record, record->settled);
}

void retain_due(struct follow *f, const struct schema_frame *records, const struct redis_settings *s,
	const struct zone_list *zones)
{
	struct retaining r = {.f = f, .records = records, .s = s};

	if (s->retention_days == 0)
		return;
	// the earlier of packet time and wall clock, so that neither a wrong clock nor a replay of old captures removes members
	// of other sensors
	uint64_t now_s = (uint64_t)time(NULL), kept = s->retention_days * 86400;
	uint64_t newest = records->newest_s < now_s ? records->newest_s : now_s;
	r.cutoff_s = newest > kept ? newest - kept : 0;
	for (uint32_t i = 0; i < records->owners_len; i++)
		if (records->owners[i].due)
			retain_owner(&r, &records->owners[i], zones);
	for (uint32_t i = 0; i < records->records_len; i++)
		if (records->records[i].due)
			retain_record(&r, &records->records[i]);
}

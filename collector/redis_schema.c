// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis_schema.h"

#include "collector/redis_expiry.h"
#include "collector/text.h"

#include <stdio.h>
#include <time.h>

enum { TYPE_A = 1, TYPE_AAAA = 28 }; // RFC 1035 §3.2.2, RFC 3596 §2.1

// What is being written, for the functions below.
struct writing {
	struct schema_frame *f;
	const struct redis_settings *s;
	const struct zone_list *zones;
	struct redis_buffer *out;
	size_t prefix_len;
	uint64_t now_s;	   // wall clock; 0 without retention
	uint64_t cutoff_s; // members not seen since go
};

static void begin(struct writing *w, enum schema_kind kind, uint32_t index, unsigned arguments)
{
	redis_encode_array(w->out, arguments);
	w->f->commands[w->f->commands_len++] =
		(struct schema_command){.kind = (uint8_t)kind, .index = (uint16_t)index};
}

// "<prefix><family><tail>" as one argument, `family` with its colon.
static void put_key(struct writing *w, const char *family, const char *tail, size_t tail_len)
{
	char head[sizeof(w->s->prefix) + 16];
	size_t len = strlen(family);

	memcpy(head, w->s->prefix, w->prefix_len);
	memcpy(head + w->prefix_len, family, len);
	redis_encode_bulk2(w->out, head, w->prefix_len + len, tail, tail_len);
}

static void put_owner_key(struct writing *w, const char *family, const struct schema_owner *owner)
{
	put_key(w, family, w->f->text.bytes + owner->text, owner->text_len);
}

static void put_member(struct writing *w, const struct schema_record *record)
{
	redis_encode_bulk(w->out, w->f->text.bytes + record->member, record->member_len);
}

static void put_owner(struct writing *w, const struct schema_owner *owner)
{
	redis_encode_bulk(w->out, w->f->text.bytes + owner->text, owner->text_len);
}

// ZADD name GT last member …
static void write_name(struct writing *w, uint32_t index)
{
	const struct schema_owner *owner = &w->f->owners[index];

	begin(w, SCHEMA_NAME, index, 3 + 2 * (unsigned)owner->len);
	redis_encode_literal(w->out, "ZADD");
	put_owner_key(w, "name:", owner);
	redis_encode_literal(w->out, "GT");
	for (uint16_t i = owner->head; i != SCHEMA_LAST; i = w->f->records[i].next) {
		redis_encode_uint(w->out, w->f->records[i].view.head.last_s);
		put_member(w, &w->f->records[i]);
	}
}

// ZADD first LT first member …, of the new ones
static void write_first(struct writing *w, uint32_t index)
{
	const struct schema_owner *owner = &w->f->owners[index];

	begin(w, SCHEMA_FIRST, index, 3 + 2 * (unsigned)owner->new_len);
	redis_encode_literal(w->out, "ZADD");
	put_owner_key(w, "first:", owner);
	redis_encode_literal(w->out, "LT");
	for (uint16_t i = owner->head; i != SCHEMA_LAST; i = w->f->records[i].next) {
		if (!(w->f->records[i].view.head.flags & RECORD_NEW))
			continue;
		redis_encode_uint(w->out, w->f->records[i].view.head.first_s);
		put_member(w, &w->f->records[i]);
	}
}

// ZADD zone LT first owner
static void write_zone(struct writing *w, uint32_t index)
{
	const struct schema_owner *owner = &w->f->owners[index];
	size_t at = zone_find(w->zones, owner->wire, owner->wire_size);
	char zone[TEXT_NAME_SIZE];
	size_t len = text_name(owner->wire + at, owner->wire_size - at, zone);

	begin(w, SCHEMA_ZONE, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, "zone:", zone, len);
	redis_encode_literal(w->out, "LT");
	redis_encode_uint(w->out, owner->new_first_s);
	put_owner(w, owner);
}

// ZINCRBY count times member
static void write_count(struct writing *w, uint32_t index)
{
	const struct schema_record *record = &w->f->records[index];

	begin(w, SCHEMA_COUNT, index, 4);
	redis_encode_literal(w->out, "ZINCRBY");
	put_owner_key(w, "count:", &w->f->owners[record->owner]);
	redis_encode_uint(w->out, record->view.head.count);
	put_member(w, record);
}

static bool is_address(const struct record_view *view)
{
	return (view->head.type == TYPE_A && view->head.rdata_size == 4) ||
	       (view->head.type == TYPE_AAAA && view->head.rdata_size == 16);
}

// ZADD ip GT last owner; the address is the RDATA's text
static void write_ip(struct writing *w, uint32_t index)
{
	const struct schema_record *record = &w->f->records[index];
	size_t skip = (size_t)record->type_len + 1;

	begin(w, SCHEMA_IP, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, "ip:", w->f->text.bytes + record->member + skip, record->member_len - skip);
	redis_encode_literal(w->out, "GT");
	redis_encode_uint(w->out, record->view.head.last_s);
	put_owner(w, &w->f->owners[record->owner]);
}

// "203.0.113.0/24" or "2001:db8:1::/48". Returns its length.
static size_t net_text(const struct record_view *view, char out[TEXT_ADDRESS_SIZE + 4])
{
	uint8_t address[16] = {0};
	size_t bits = view->head.rdata_size == 4 ? 24 : 48;

	memcpy(address, view->rdata, bits / 8);
	size_t len = text_address(address, view->head.rdata_size, out);
	return len + (size_t)sprintf(out + len, "/%zu", bits);
}

// ZADD net LT first address
static void write_net(struct writing *w, uint32_t index)
{
	const struct schema_record *record = &w->f->records[index];
	size_t skip = (size_t)record->type_len + 1;
	char net[TEXT_ADDRESS_SIZE + 4];
	size_t len = net_text(&record->view, net);

	begin(w, SCHEMA_NET, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, "net:", net, len);
	redis_encode_literal(w->out, "LT");
	redis_encode_uint(w->out, record->view.head.first_s);
	redis_encode_bulk(w->out, w->f->text.bytes + record->member + skip, record->member_len - skip);
}

// retention ────────────────────────────────────────────────────────────────────────────────────

static void write_expire(struct writing *w, uint32_t owner, const char *family, const char *tail, size_t len)
{
	begin(w, SCHEMA_TRIM, owner, 3);
	redis_encode_literal(w->out, "EXPIRE");
	put_key(w, family, tail, len);
	redis_encode_uint(w->out, 2 * w->s->retention_days * 86400);
}

static void write_trim(struct writing *w, uint32_t owner, const char *family, const char *tail, size_t len)
{
	begin(w, SCHEMA_TRIM, owner, 4);
	redis_encode_literal(w->out, "ZREMRANGEBYSCORE");
	put_key(w, family, tail, len);
	redis_encode_literal(w->out, "-inf");
	redis_encode_uint(w->out, w->cutoff_s);
}

// Keeps of `family` only the members that `name:` still has; their scores stay.
static void write_intersect(struct writing *w, uint32_t index, const char *family)
{
	const struct schema_owner *owner = &w->f->owners[index];

	begin(w, SCHEMA_TRIM, index, 8);
	redis_encode_literal(w->out, "ZINTERSTORE");
	put_owner_key(w, family, owner);
	redis_encode_literal(w->out, "2");
	put_owner_key(w, family, owner);
	put_owner_key(w, "name:", owner);
	redis_encode_literal(w->out, "WEIGHTS");
	redis_encode_literal(w->out, "1");
	redis_encode_literal(w->out, "0");
}

// The keys of an owner, after what is written to them. In a cluster first: and count: lie in other
// slots than name: and keep what name: has lost until they expire.
static void retain_owner(struct writing *w, uint32_t index)
{
	const struct schema_owner *owner = &w->f->owners[index];
	const char *text = w->f->text.bytes + owner->text;
	size_t at = zone_find(w->zones, owner->wire, owner->wire_size);
	char zone[TEXT_NAME_SIZE];
	size_t zone_len = text_name(owner->wire + at, owner->wire_size - at, zone);

	if (!redis_expiry_is_due('n', text, owner->text_len, w->now_s, w->s->retention_days))
		return;
	write_trim(w, index, "name:", text, owner->text_len);
	if (!w->s->cluster) {
		write_intersect(w, index, "first:");
		write_intersect(w, index, "count:");
	}
	write_expire(w, index, "name:", text, owner->text_len);
	write_expire(w, index, "first:", text, owner->text_len);
	write_expire(w, index, "count:", text, owner->text_len);
	write_expire(w, index, "zone:", zone, zone_len);
}

// ip: or rdata:, and net:.
static void retain_record(struct writing *w, uint32_t owner, const char *family, const char *tail, size_t len,
	const struct record_view *address)
{
	char net[TEXT_ADDRESS_SIZE + 4];

	if (!redis_expiry_is_due(family[0], tail, len, w->now_s, w->s->retention_days))
		return;
	write_trim(w, owner, family, tail, len);
	write_expire(w, owner, family, tail, len);
	if (address)
		write_expire(w, owner, "net:", net, net_text(address, net));
}

// The text of the name that a record points to, without one for the root and other types. Length or 0.
static size_t target_text(const struct record_view *view, char out[TEXT_NAME_SIZE])
{
	size_t size = 0;
	const uint8_t *target = text_rdata_target(view->head.type, view->rdata, view->head.rdata_size, &size);

	return target && size > 1 ? text_name(target, size, out) : 0;
}

// ZADD rdata GT last "<TYPE> <owner>"
static void write_rdata(struct writing *w, uint32_t index)
{
	const struct schema_record *record = &w->f->records[index];
	const struct schema_owner *owner = &w->f->owners[record->owner];
	char target[TEXT_NAME_SIZE];
	size_t len = target_text(&record->view, target);

	if (len == 0)
		return;
	begin(w, SCHEMA_RDATA, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, "rdata:", target, len);
	redis_encode_literal(w->out, "GT");
	redis_encode_uint(w->out, record->view.head.last_s);
	redis_encode_bulk2(w->out, w->f->text.bytes + record->member, (size_t)record->type_len + 1,
		w->f->text.bytes + owner->text, owner->text_len);
	if (w->now_s > 0)
		retain_record(w, record->owner, "rdata:", target, len, NULL);
}

static void write_record(struct writing *w, uint32_t index)
{
	const struct record_view *view = &w->f->records[index].view;

	write_count(w, index);
	if (!is_address(view)) {
		write_rdata(w, index);
		return;
	}
	write_ip(w, index);
	if (view->head.flags & RECORD_NEW)
		write_net(w, index);
	if (w->now_s > 0) {
		const struct schema_record *record = &w->f->records[index];
		size_t skip = (size_t)record->type_len + 1;
		retain_record(w, record->owner, "ip:", w->f->text.bytes + record->member + skip,
			record->member_len - skip, view);
	}
}

void schema_write(struct schema_frame *f, const struct redis_settings *s, const struct zone_list *zones,
	struct redis_buffer *out)
{
	struct writing w = {.f = f, .s = s, .zones = zones, .out = out, .prefix_len = strlen(s->prefix)};

	if (s->retention_days > 0) {
		// the older of the two clocks: neither a replay of old captures nor a clock that is wrong
		// makes the others' members old
		w.now_s = (uint64_t)time(NULL);
		uint64_t newest = f->newest_s < w.now_s ? f->newest_s : w.now_s, kept = s->retention_days * 86400;
		w.cutoff_s = newest > kept ? newest - kept : 0;
	}
	for (uint32_t i = 0; i < f->owners_len; i++) {
		write_name(&w, i);
		if (f->owners[i].new_len > 0) {
			write_first(&w, i);
			write_zone(&w, i);
		}
		for (uint16_t r = f->owners[i].head; r != SCHEMA_LAST; r = f->records[r].next)
			write_record(&w, r);
		if (w.now_s > 0)
			retain_owner(&w, i);
	}
}

void schema_key(const struct schema_frame *f, uint32_t index, const struct redis_settings *s, char *out,
	size_t out_size)
{
	static const char *const families[] = {"name:", "first:", "zone:", "count:", "ip:", "rdata:", "net:", "name:"};
	const struct schema_command *command = &f->commands[index];
	bool of_owner = command->kind <= SCHEMA_ZONE || command->kind == SCHEMA_TRIM;
	const struct schema_owner *owner =
		&f->owners[of_owner ? command->index : f->records[command->index].owner];
	char tail[TEXT_NAME_SIZE];
	size_t len = 0;

	if (command->kind == SCHEMA_ZONE) {
		snprintf(tail, sizeof(tail), "(the zone of %.*s)", (int)owner->text_len,
			f->text.bytes + owner->text);
		len = strlen(tail);
	} else if (command->kind == SCHEMA_IP) {
		const struct record_view *view = &f->records[command->index].view;
		len = text_address(view->rdata, view->head.rdata_size, tail);
	} else if (command->kind == SCHEMA_NET) {
		len = net_text(&f->records[command->index].view, tail);
	} else if (command->kind == SCHEMA_RDATA) {
		len = target_text(&f->records[command->index].view, tail);
	} else {
		len = owner->text_len;
		memcpy(tail, f->text.bytes + owner->text, len);
	}
	snprintf(out, out_size, "%s%s%.*s", s->prefix, families[command->kind], (int)len, tail);
}

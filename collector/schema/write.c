// SPDX-License-Identifier: BSD-3-Clause
#include "collector/schema/schema.h"

#include "collector/schema/expiry.h"
#include "collector/text/text.h"
#include "dataplane/common/dns_layout.h"

#include <stdio.h>
#include <time.h>

// Arguments of the functions below.
struct writing {
	struct schema_frame *f;
	const struct redis_settings *s;
	const struct zone_list *zones;
	struct redis_buffer *out;
	uint64_t now_s; // wall clock; 0: no retention
};

static void begin(struct writing *w, enum schema_kind kind, uint32_t index, unsigned arguments)
{
	redis_encode_array(w->out, arguments);
	w->f->commands[w->f->commands_len++] = (struct schema_command){.kind = (uint8_t)kind, .index = (uint16_t)index};
}

static void put_key(struct writing *w, const char *family, const char *tail, size_t tail_len)
{
	redis_encode_key(w->out, w->s->prefix, family, tail, tail_len);
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
	put_owner_key(w, FAMILY_NAME, owner);
	redis_encode_literal(w->out, "GT");
	for (uint16_t i = owner->head; i != SCHEMA_LAST; i = w->f->records[i].next) {
		redis_encode_uint(w->out, w->f->records[i].view.head.last_s);
		put_member(w, &w->f->records[i]);
	}
}

// ZSCORE name member, of the records whose last seen is asked for
static void write_before(struct writing *w, uint32_t index)
{
	const struct schema_owner *owner = &w->f->owners[index];

	for (uint16_t i = owner->head; i != SCHEMA_LAST; i = w->f->records[i].next) {
		if (!(w->f->records[i].interest & SCHEMA_INTEREST_AGAIN))
			continue;
		begin(w, SCHEMA_BEFORE, i, 3);
		w->f->commands[w->f->commands_len - 1].probe = true;
		redis_encode_literal(w->out, "ZSCORE");
		put_owner_key(w, FAMILY_NAME, owner);
		put_member(w, &w->f->records[i]);
	}
}

// ZADD first LT first member …, of the new ones
static void write_first(struct writing *w, uint32_t index)
{
	const struct schema_owner *owner = &w->f->owners[index];

	begin(w, SCHEMA_FIRST, index, 3 + 2 * (unsigned)owner->new_len);
	redis_encode_literal(w->out, "ZADD");
	put_owner_key(w, FAMILY_FIRST, owner);
	redis_encode_literal(w->out, "LT");
	for (uint16_t i = owner->head; i != SCHEMA_LAST; i = w->f->records[i].next) {
		if (!(w->f->records[i].view.head.flags & RECORD_NEW))
			continue;
		redis_encode_uint(w->out, w->f->records[i].view.head.first_s);
		put_member(w, &w->f->records[i]);
	}
}

size_t schema_zone(const struct schema_owner *owner, const struct zone_list *zones, char out[static TEXT_NAME_SIZE])
{
	size_t at = zone_find(zones, owner->wire, owner->wire_size);

	return text_name(owner->wire + at, owner->wire_size - at, out);
}

// ZADD zone LT first owner
static void write_zone(struct writing *w, uint32_t index)
{
	const struct schema_owner *owner = &w->f->owners[index];
	char zone[TEXT_NAME_SIZE];
	size_t len = schema_zone(owner, w->zones, zone);

	begin(w, SCHEMA_ZONE, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, FAMILY_ZONE, zone, len);
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
	put_owner_key(w, FAMILY_COUNT, &w->f->owners[record->owner]);
	redis_encode_uint(w->out, record->view.head.count);
	put_member(w, record);
}

// ZADD flood GT last zone; ZINCRBY flood:names names zone
static void write_flood(struct writing *w, uint32_t index)
{
	struct schema_record *record = &w->f->records[index];
	const struct schema_owner *zone = &w->f->owners[record->owner];

	begin(w, SCHEMA_FLOOD, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, FAMILY_FLOOD, "", 0);
	redis_encode_literal(w->out, "GT");
	redis_encode_uint(w->out, record->view.head.last_s);
	put_owner(w, zone);
	begin(w, SCHEMA_FLOOD_NAMES, index, 4);
	redis_encode_literal(w->out, "ZINCRBY");
	put_key(w, FAMILY_FLOOD_NAMES, "", 0);
	redis_encode_uint(w->out, record->view.head.count);
	put_owner(w, zone);
	if (w->now_s > 0)
		record->due = schema_expiry_is_due('f', "", 0, w->now_s, w->s->retention_days);
}

bool schema_is_address(const struct record_view *view)
{
	size_t size = dns_layout_address_size(dns_layout_of(view->head.type));

	return size > 0 && view->head.rdata_size == size;
}

// ZADD ip GT last owner; the address is the RDATA's text
static void write_ip(struct writing *w, uint32_t index)
{
	const struct schema_record *record = &w->f->records[index];
	size_t skip = (size_t)record->type_len + 1;

	begin(w, SCHEMA_IP, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, FAMILY_IP, w->f->text.bytes + record->member + skip, record->member_len - skip);
	redis_encode_literal(w->out, "GT");
	redis_encode_uint(w->out, record->view.head.last_s);
	put_owner(w, &w->f->owners[record->owner]);
}

size_t schema_net(const struct record_view *view, char out[static SCHEMA_NET_SIZE])
{
	return schema_net_text(view->rdata, view->head.rdata_size, out);
}

// ZADD net LT first address
static void write_net(struct writing *w, uint32_t index)
{
	const struct schema_record *record = &w->f->records[index];
	size_t skip = (size_t)record->type_len + 1;
	char net[SCHEMA_NET_SIZE];
	size_t len = schema_net(&record->view, net);

	begin(w, SCHEMA_NET, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, FAMILY_NET, net, len);
	redis_encode_literal(w->out, "LT");
	redis_encode_uint(w->out, record->view.head.first_s);
	redis_encode_bulk(w->out, w->f->text.bytes + record->member + skip, record->member_len - skip);
}

// retention ────────────────────────────────────────────────────────────────────────────────────

// ZCARD of a key that is due and gets no other command: shows whether it is a sorted set.
static void probe(struct writing *w, enum schema_kind kind, uint32_t index, const char *family, const char *tail,
	size_t len)
{
	begin(w, kind, index, 2);
	w->f->commands[w->f->commands_len - 1].probe = true;
	redis_encode_literal(w->out, "ZCARD");
	put_key(w, family, tail, len);
}

static void look_at_owner(struct writing *w, uint32_t index)
{
	struct schema_owner *owner = &w->f->owners[index];
	const char *text = w->f->text.bytes + owner->text;
	char zone[TEXT_NAME_SIZE];

	owner->due = schema_expiry_is_due('n', text, owner->text_len, w->now_s, w->s->retention_days);
	if (!owner->due || owner->new_len > 0)
		return;
	probe(w, SCHEMA_FIRST, index, FAMILY_FIRST, text, owner->text_len);
	probe(w, SCHEMA_ZONE, index, FAMILY_ZONE, zone, schema_zone(owner, w->zones, zone));
}

static void look_at_record(struct writing *w, uint32_t index, char family, const char *tail, size_t len)
{
	struct schema_record *record = &w->f->records[index];
	char net[SCHEMA_NET_SIZE];

	record->due = schema_expiry_is_due(family, tail, len, w->now_s, w->s->retention_days);
	if (record->due && family == 'i' && !(record->view.head.flags & RECORD_NEW))
		probe(w, SCHEMA_NET, index, FAMILY_NET, net, schema_net(&record->view, net));
}

size_t schema_target(const struct record_view *view, char out[static TEXT_NAME_SIZE])
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
	size_t len = schema_target(&record->view, target);

	if (len == 0)
		return;
	begin(w, SCHEMA_RDATA, index, 5);
	redis_encode_literal(w->out, "ZADD");
	put_key(w, FAMILY_RDATA, target, len);
	redis_encode_literal(w->out, "GT");
	redis_encode_uint(w->out, record->view.head.last_s);
	redis_encode_bulk2(w->out, w->f->text.bytes + record->member, (size_t)record->type_len + 1,
		w->f->text.bytes + owner->text, owner->text_len);
	if (w->now_s > 0)
		look_at_record(w, index, 'r', target, len);
}

static void write_record(struct writing *w, uint32_t index)
{
	const struct record_view *view = &w->f->records[index].view;

	write_count(w, index);
	if (!schema_is_address(view)) {
		write_rdata(w, index);
		return;
	}
	write_ip(w, index);
	if (view->head.flags & RECORD_NEW)
		write_net(w, index);
	if (w->now_s > 0) {
		const struct schema_record *record = &w->f->records[index];
		size_t skip = (size_t)record->type_len + 1;
		look_at_record(w, index, 'i', w->f->text.bytes + record->member + skip, record->member_len - skip);
	}
}

void schema_write(struct schema_frame *f, const struct redis_settings *s, const struct zone_list *zones,
	struct redis_buffer *out)
{
	struct writing w = {.f = f, .s = s, .zones = zones, .out = out};
	bool asks = s->interest && atomic_load(&s->interest->of_old);

	if (asks)
		s->interest->mark_old(s->interest->arg, f);
	if (s->retention_days > 0)
		w.now_s = (uint64_t)time(NULL);
	for (uint32_t i = 0; i < f->records_len; i++)
		if (f->records[i].view.head.flags & RECORD_FLOOD)
			write_flood(&w, i);
	for (uint32_t i = 0; i < f->owners_len; i++) {
		if (f->owners[i].len == 0)
			continue;
		if (asks)
			write_before(&w, i);
		write_name(&w, i);
		if (f->owners[i].new_len > 0) {
			write_first(&w, i);
			write_zone(&w, i);
		}
		for (uint16_t r = f->owners[i].head; r != SCHEMA_LAST; r = f->records[r].next)
			write_record(&w, r);
		if (w.now_s > 0)
			look_at_owner(&w, i);
	}
}

size_t schema_key(const struct schema_frame *f, uint32_t index, const struct redis_settings *s,
	const struct zone_list *zones, char out[static SCHEMA_KEY_SIZE])
{
	static const char *const families[] = {FAMILY_NAME, FAMILY_FIRST, FAMILY_ZONE, FAMILY_COUNT, FAMILY_IP,
		FAMILY_RDATA, FAMILY_NET, FAMILY_FLOOD, FAMILY_FLOOD_NAMES, FAMILY_NAME};
	const struct schema_command *command = &f->commands[index];
	const struct schema_record *record = &f->records[command->kind <= SCHEMA_ZONE ? 0 : command->index];
	const struct schema_owner *owner = &f->owners[command->kind <= SCHEMA_ZONE ? command->index : record->owner];
	char tail[TEXT_NAME_SIZE];
	size_t len;

	if (command->kind == SCHEMA_ZONE) {
		len = schema_zone(owner, zones, tail);
	} else if (command->kind == SCHEMA_IP) {
		len = text_address(record->view.rdata, record->view.head.rdata_size, tail);
	} else if (command->kind == SCHEMA_NET) {
		len = schema_net(&record->view, tail);
	} else if (command->kind == SCHEMA_FLOOD || command->kind == SCHEMA_FLOOD_NAMES) {
		len = 0; // one key for all zones
	} else if (command->kind == SCHEMA_RDATA) {
		len = schema_target(&record->view, tail);
	} else {
		len = owner->text_len;
		memcpy(tail, f->text.bytes + owner->text, len);
	}
	return (size_t)snprintf(out, SCHEMA_KEY_SIZE, "%s%s%.*s", s->prefix, families[command->kind], (int)len, tail);
}

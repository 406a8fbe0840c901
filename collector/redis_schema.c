// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis_schema.h"

#include "collector/text.h"

#include <stdio.h>

enum { TYPE_A = 1, TYPE_AAAA = 28 }; // RFC 1035 §3.2.2, RFC 3596 §2.1

// What is being written, for the functions below.
struct writing {
	struct schema_frame *f;
	const struct redis_settings *s;
	const struct zone_list *zones;
	struct redis_buffer *out;
	size_t prefix_len;
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
}

void schema_write(struct schema_frame *f, const struct redis_settings *s, const struct zone_list *zones,
	struct redis_buffer *out)
{
	struct writing w = {.f = f, .s = s, .zones = zones, .out = out, .prefix_len = strlen(s->prefix)};

	for (uint32_t i = 0; i < f->owners_len; i++) {
		write_name(&w, i);
		if (f->owners[i].new_len > 0) {
			write_first(&w, i);
			write_zone(&w, i);
		}
		for (uint16_t r = f->owners[i].head; r != SCHEMA_LAST; r = f->records[r].next)
			write_record(&w, r);
	}
}

void schema_key(const struct schema_frame *f, uint32_t index, const struct redis_settings *s, char *out,
	size_t out_size)
{
	static const char *const families[] = {"name:", "first:", "zone:", "count:", "ip:", "rdata:", "net:"};
	const struct schema_command *command = &f->commands[index];
	bool of_owner = command->kind <= SCHEMA_ZONE;
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

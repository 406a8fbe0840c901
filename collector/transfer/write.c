// SPDX-License-Identifier: BSD-3-Clause
#include "collector/transfer/write.h"

#include "collector/query/rdata.h"
#include "collector/schema/keys.h"
#include "dataplane/common/dns_layout.h"

#include <stdlib.h>

static bool is_address(const struct query_record *r, uint8_t address[16], size_t *size)
{
	char text[TEXT_ADDRESS_SIZE];
	size_t expected = dns_layout_address_size(dns_layout_named(r->type, r->type_len));

	if (expected == 0 || r->rdata_len >= sizeof(text))
		return false;
	memcpy(text, r->rdata, r->rdata_len);
	text[r->rdata_len] = '\0';
	*size = query_address(text, address);
	return *size == expected;
}

// "<TYPE> "; its length.
static size_t type_head(const struct query_record *r, char out[TEXT_TYPE_SIZE + 1])
{
	size_t len = r->type_len < TEXT_TYPE_SIZE ? r->type_len : TEXT_TYPE_SIZE;

	memcpy(out, r->type, len);
	out[len] = ' ';
	return len + 1;
}

static void put_member(struct query_db *db, const struct query_record *r)
{
	char type[TEXT_TYPE_SIZE + 1];

	redis_encode_bulk2(&db->reader.out, type, type_head(r, type), r->rdata, r->rdata_len);
}

static void put_number(struct query_db *db, int64_t number)
{
	redis_encode_uint(&db->reader.out, number > 0 ? (uint64_t)number : 0);
}

// ZADD <family><tail> GT|LT, and `len` scores with their members to follow
static void begin_zadds(struct query_db *db, const char *family, const char *tail, size_t tail_len, const char *mode,
	size_t len)
{
	reader_command(&db->reader, 3 + 2 * (unsigned)len, "ZADD", family, tail, tail_len);
	redis_encode_text(&db->reader.out, mode);
}

// ZADD <family><tail> GT|LT <score>, the member to follow
static void begin_zadd(struct query_db *db, const char *family, const char *tail, size_t len, const char *mode,
	int64_t score)
{
	begin_zadds(db, family, tail, len, mode, 1);
	put_number(db, score);
}

// The zone of an owner as text; its length.
static size_t zone_text(const struct query_db *db, const struct query_record *r, char out[TEXT_NAME_SIZE])
{
	uint8_t wire[QUERY_WIRE_SIZE];
	size_t size = query_name_wire(r->owner, r->owner_len, wire);

	if (size == 0 || !db->zones)
		return 0;
	size_t at = zone_find(db->zones, wire, size);
	return text_name(wire + at, size - at, out);
}

static void write_indexes(struct query_db *db, const struct query_record *r)
{
	char head[TEXT_TYPE_SIZE + 1], net[SCHEMA_NET_SIZE];
	uint8_t address[16];
	const char *target;
	size_t size;

	if (is_address(r, address, &size)) {
		begin_zadd(db, FAMILY_IP, r->rdata, r->rdata_len, "GT", r->last);
		redis_encode_bulk(&db->reader.out, r->owner, r->owner_len);
		begin_zadd(db, FAMILY_NET, net, schema_net_text(address, size, net), "LT", r->first);
		redis_encode_bulk(&db->reader.out, r->rdata, r->rdata_len);
		return;
	}
	size_t len = query_target(r, &target);
	if (len > 0) {
		begin_zadd(db, FAMILY_RDATA, target, len, "GT", r->last);
		redis_encode_bulk2(&db->reader.out, head, type_head(r, head), r->owner, r->owner_len);
	}
}

static void write_zone(struct query_db *db, const struct query_record *r, int64_t first)
{
	char text[TEXT_NAME_SIZE];
	size_t len = zone_text(db, r, text);

	if (len == 0)
		return;
	begin_zadd(db, FAMILY_ZONE, text, len, "LT", first);
	redis_encode_bulk(&db->reader.out, r->owner, r->owner_len);
}

static void write_counts(struct query_db *db, const struct query_record *records, size_t len, bool add)
{
	if (!add)
		begin_zadds(db, FAMILY_COUNT, records->owner, records->owner_len, "GT", len);
	for (size_t i = 0; i < len; i++) {
		if (add)
			reader_command(&db->reader, 4, "ZINCRBY", FAMILY_COUNT, records->owner, records->owner_len);
		put_number(db, records[i].count);
		put_member(db, &records[i]);
	}
}

void transfer_write_owner(struct query_db *db, const struct query_record *records, size_t len, bool add)
{
	int64_t first = records->first;

	begin_zadds(db, FAMILY_NAME, records->owner, records->owner_len, "GT", len);
	for (size_t i = 0; i < len; i++) {
		put_number(db, records[i].last);
		put_member(db, &records[i]);
	}
	begin_zadds(db, FAMILY_FIRST, records->owner, records->owner_len, "LT", len);
	for (size_t i = 0; i < len; i++) {
		put_number(db, records[i].first);
		put_member(db, &records[i]);
		first = records[i].first < first ? records[i].first : first;
	}
	write_counts(db, records, len, add);
	write_zone(db, records, first);
	for (size_t i = 0; i < len; i++)
		write_indexes(db, &records[i]);
}

static void remove_member(struct query_db *db, const char *family, const struct query_record *r)
{
	reader_command(&db->reader, 3, "ZREM", family, r->owner, r->owner_len);
	put_member(db, r);
}

// rdata:<target> has one member for all records of a type with that target; restore_targets puts
// it back if another one is left.
static void remove_target(struct query_db *db, const struct query_record *r, const char *target, size_t len)
{
	char head[TEXT_TYPE_SIZE + 1];

	reader_command(&db->reader, 3, "ZREM", FAMILY_RDATA, target, len);
	redis_encode_bulk2(&db->reader.out, head, type_head(r, head), r->owner, r->owner_len);
}

// Replies of one record that are not needed, then the two that are.
enum { ERASE_REPLIES_PLAIN = 4 };

void transfer_erase_record(struct query_db *db, const struct query_record *r)
{
	const char *target;
	uint8_t address[16];
	size_t size, len = query_target(r, &target);

	remove_member(db, FAMILY_NAME, r);
	remove_member(db, FAMILY_FIRST, r);
	remove_member(db, FAMILY_COUNT, r);
	if (len > 0) {
		remove_target(db, r, target, len);
	} else {
		reader_command(&db->reader, 3, "ZREM", FAMILY_IP, r->rdata, r->rdata_len);
		redis_encode_bulk(&db->reader.out, r->owner, r->owner_len);
	}
	reader_command(&db->reader, 2, "EXISTS", FAMILY_NAME, r->owner, r->owner_len);
	bool has_address = is_address(r, address, &size);
	reader_command(&db->reader, 2, "EXISTS", has_address ? FAMILY_IP : FAMILY_NAME,
		has_address ? r->rdata : r->owner, has_address ? r->rdata_len : r->owner_len);
}

// Puts back the member of rdata:<target> if the owner still has a record with that target.
static int restore_targets(struct query_db *db, const struct query_record *r, bool owner_is_left)
{
	const char *target, *other;
	size_t len = query_target(r, &target);
	int result = 0;

	if (len == 0 || !owner_is_left)
		return 0;
	reader_begin(&db->reader);
	reader_command(&db->reader, 5, "ZREVRANGE", FAMILY_NAME, r->owner, r->owner_len);
	redis_encode_literal(&db->reader.out, "0");
	redis_encode_literal(&db->reader.out, "-1");
	redis_encode_literal(&db->reader.out, "WITHSCORES");
	redisReply *reply = reader_send(&db->reader) == 0 ? reader_reply(&db->reader) : NULL;
	if (!reply)
		return -1;
	reader_begin(&db->reader);
	for (size_t i = 0; i + 1 < reply->elements && db->reader.out.arrays == 0; i += 2) {
		const redisReply *m = reply->element[i];
		struct query_record left = *r;
		if (m->len <= r->type_len || memcmp(m->str, r->type, r->type_len) != 0 || m->str[r->type_len] != ' ')
			continue;
		left.rdata = m->str + r->type_len + 1;
		left.rdata_len = m->len - r->type_len - 1;
		if (query_target(&left, &other) != len || memcmp(other, target, len) != 0)
			continue;
		char head[TEXT_TYPE_SIZE + 1];
		begin_zadd(db, FAMILY_RDATA, target, len, "GT", reader_number(reply->element[i + 1]));
		redis_encode_bulk2(&db->reader.out, head, type_head(r, head), r->owner, r->owner_len);
	}
	freeReplyObject(reply);
	if (db->reader.out.arrays > 0)
		result = reader_send(&db->reader) == 0 ? reader_drain(&db->reader) : -1;
	return result;
}

static int remove_from_indexes(struct query_db *db, const struct query_record *r, bool owner_is_left,
	bool address_is_left)
{
	char zone[TEXT_NAME_SIZE], net[SCHEMA_NET_SIZE];
	uint8_t address[16];
	size_t size, len = owner_is_left ? 0 : zone_text(db, r, zone);

	reader_begin(&db->reader);
	if (len > 0) {
		reader_command(&db->reader, 3, "ZREM", FAMILY_ZONE, zone, len);
		redis_encode_bulk(&db->reader.out, r->owner, r->owner_len);
	}
	if (!address_is_left && is_address(r, address, &size)) {
		reader_command(&db->reader, 3, "ZREM", FAMILY_NET, net, schema_net_text(address, size, net));
		redis_encode_bulk(&db->reader.out, r->rdata, r->rdata_len);
	}
	if (db->reader.out.arrays > 0 && (reader_send(&db->reader) != 0 || reader_drain(&db->reader) != 0))
		return -1;
	return restore_targets(db, r, owner_is_left);
}

int transfer_erase_finish(struct query_db *db, const struct query_record *records, size_t len)
{
	bool *left = calloc(2 * len + 1, sizeof(*left));
	int result = left ? 0 : reader_fail(&db->reader, "out of memory");

	for (size_t i = 0; i < len && result == 0; i++) {
		for (int k = 0; k < ERASE_REPLIES_PLAIN + 2 && result == 0; k++) {
			redisReply *reply = reader_reply(&db->reader);
			if (!reply) {
				result = -1;
				continue;
			}
			if (k >= ERASE_REPLIES_PLAIN)
				left[2 * i + (size_t)k - ERASE_REPLIES_PLAIN] = reader_number(reply) != 0;
			freeReplyObject(reply);
		}
	}
	for (size_t i = 0; i < len && result == 0; i++)
		result = remove_from_indexes(db, &records[i], left[2 * i], left[2 * i + 1]);
	free(left);
	return result;
}

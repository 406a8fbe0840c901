// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/from_nets.h"

#include "collector/query/from_scan.h"
#include "collector/schema/keys.h"

#define MAPPED_NET "::/48" // all IPv4 addresses inside IPv6 are in this one

enum { NETS_MAX = 65536 }; // more are looked for by SCAN

static int net_bits(size_t address_size)
{
	return address_size == 4 ? SCHEMA_NET_BITS_IPV4 : SCHEMA_NET_BITS_IPV6;
}

// The number of the /24 or /48 that holds an address.
static uint64_t net_number(const uint8_t *address, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < (size_t)net_bits(size) / 8; i++)
		number = number << 8 | address[i];
	return number;
}

// The key of an IPv4 address inside IPv6.
static int add_mapped(struct query_run *run)
{
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
	char text[TEXT_ADDRESS_SIZE];

	memcpy(address + 12, run->q.first, 4);
	return query_run_add_key(run, text, text_address(address, 16, text));
}

int query_from_nets_begin(struct query_run *run)
{
	const struct query *q = &run->q;
	char text[TEXT_ADDRESS_SIZE];

	if (memcmp(q->first, q->last, q->address_size) == 0) {
		int result = query_run_add_key(run, text, text_address(q->first, q->address_size, text));
		return result == 0 && q->mapped ? add_mapped(run) : result;
	}
	if (q->mapped && query_run_add_set(run, FAMILY_NET, MAPPED_NET, strlen(MAPPED_NET)) != 0)
		return -1;
	run->net_next = net_number(q->first, q->address_size);
	run->net_last = net_number(q->last, q->address_size);
	if (run->net_last - run->net_next < NETS_MAX)
		run->source = SOURCE_NETS;
	else
		query_from_scan_begin(run, SOURCE_SCAN_NETS);
	return 0;
}

// "192.0.2.0/24" of its number. Returns the length.
static size_t net_text(const struct query_run *run, uint64_t number, char out[SCHEMA_NET_SIZE])
{
	uint8_t address[16] = {0};

	for (int i = net_bits(run->q.address_size) / 8 - 1; i >= 0; i--, number >>= 8)
		address[i] = (uint8_t)number;
	return schema_net_text(address, run->q.address_size, out);
}

// Checks which of the next nets exist.
int query_from_nets_step(struct query_run *run)
{
	struct reader *db = &run->db->reader;
	uint64_t from = run->net_next, n = run->net_last - from + 1;
	char net[SCHEMA_NET_SIZE];

	if (n > QUERY_SETS_BATCH)
		n = QUERY_SETS_BATCH;
	reader_begin(db);
	for (uint64_t i = 0; i < n; i++)
		reader_command(db, 2, "EXISTS", FAMILY_NET, net, net_text(run, from + i, net));
	if (reader_send(db) != 0)
		return query_run_fail(run, "%s", db->why);
	for (uint64_t i = 0; i < n; i++) {
		redisReply *reply = reader_reply(db);
		if (!reply)
			return query_run_fail(run, "%s", db->why);
		int result = reader_number(reply) == 0
				     ? 0
				     : query_run_add_set(run, FAMILY_NET, net, net_text(run, from + i, net));
		freeReplyObject(reply);
		if (result != 0)
			return -1;
	}
	run->net_next = from + n;
	if (run->net_next > run->net_last)
		run->source = SOURCE_NONE;
	return 0;
}

bool query_from_nets_match(const struct query *q, const char *text)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t address[16];
	size_t size = query_address(text, address);

	if (q->mapped && size == 16 && memcmp(address, mapped, sizeof(mapped)) == 0) {
		memmove(address, address + 12, 4);
		size = 4;
	}
	return size == q->address_size && memcmp(address, q->first, q->address_size) >= 0 &&
	       memcmp(address, q->last, q->address_size) <= 0;
}

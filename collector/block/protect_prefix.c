// SPDX-License-Identifier: BSD-3-Clause
// The addresses of a prefix that allowed names use, by the index of networks (FAMILY_NET).
#include "collector/block/protect.h"

#include "collector/schema/keys.h"
#include "collector/text/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETS_MAX = 256, PER_NET = 1000, TOGETHER = 100 };

// Addresses of the prefix that Redis holds.
struct prefix_addresses {
	char (*at)[TEXT_ADDRESS_SIZE];
	size_t len, room;
};

static bool is_inside(const struct block_entry *e, const char *text)
{
	uint8_t address[16];
	unsigned whole = e->bits / 8, rest = e->bits % 8;

	return inet_pton(e->size == 4 ? AF_INET : AF_INET6, text, address) == 1 &&
	       memcmp(address, e->address, whole) == 0 &&
	       (rest == 0 || (address[whole] ^ e->address[whole]) >> (8 - rest) == 0);
}

// False without memory.
static bool add_found(struct prefix_addresses *f, const char *text)
{
	if (f->len == f->room) {
		size_t room = f->room ? 2 * f->room : 256;
		void *more = realloc(f->at, room * sizeof(*f->at));
		if (!more)
			return false;
		f->at = more;
		f->room = room;
	}
	snprintf(f->at[f->len++], TEXT_ADDRESS_SIZE, "%s", text);
	return true;
}

// How many networks of the index the prefix has; 0: too many.
static size_t nets_of(const struct block_entry *e)
{
	unsigned bits = e->size == 4 ? SCHEMA_NET_BITS_IPV4 : SCHEMA_NET_BITS_IPV6;

	if (e->bits >= bits)
		return 1;
	return bits - e->bits <= 8 ? (size_t)1 << (bits - e->bits) : 0;
}

static int read_nets(struct prefix_addresses *f, struct reader *r, const struct block_entry *e)
{
	size_t nets = nets_of(e), last = (e->size == 4 ? SCHEMA_NET_BITS_IPV4 : SCHEMA_NET_BITS_IPV6) / 8 - 1;
	uint8_t address[16];
	char text[SCHEMA_NET_SIZE];
	int result = 0;

	reader_begin(r);
	for (size_t i = 0; i < nets; i++) {
		memcpy(address, e->address, sizeof(address));
		address[last] = (uint8_t)(address[last] + i); // the bits after the prefix are zero
		size_t len = schema_net_text(address, e->size, text);
		reader_command(r, 4, "ZRANGE", FAMILY_NET, text, len);
		redis_encode_uint(&r->out, 0);
		redis_encode_uint(&r->out, PER_NET - 1);
	}
	if (reader_send(r) != 0)
		return -1;
	for (size_t i = 0; i < nets; i++) {
		redisReply *reply = reader_reply(r);
		if (!reply)
			return -1;
		for (size_t k = 0; result == 0 && reply->type == REDIS_REPLY_ARRAY && k < reply->elements; k++)
			if (is_inside(e, reply->element[k]->str) && !add_found(f, reply->element[k]->str))
				result = reader_fail(r, "out of memory");
		freeReplyObject(reply);
	}
	return result;
}

// Asks for the names of some addresses. Sets `*allowed` if one of them is allowed.
static int ask_some(struct block_allow *a, struct block_set *s, struct reader *r, struct block_entry *e,
	char (*at)[TEXT_ADDRESS_SIZE], size_t len, int64_t since, bool *allowed)
{
	reader_begin(r);
	for (size_t i = 0; i < len; i++)
		block_protect_ask(r, FAMILY_IP, at[i], since);
	if (reader_send(r) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const char *name = "";
		redisReply *reply = reader_reply(r);
		if (!reply)
			return -1;
		const char *why = *allowed ? NULL : block_protect_judge(a, s, BLOCK_ADDRESS, at[i], reply, &name);
		if (why)
			block_set_remove_entry(s, e, "%s is used by %.60s, %s", at[i], name, why);
		*allowed = *allowed || why;
		freeReplyObject(reply);
	}
	return 0;
}

int block_protect_prefix(struct block_allow *a, struct block_set *s, struct reader *r, struct block_entry *e,
	int64_t since, bool *allowed)
{
	struct prefix_addresses f = {.len = 0};

	*allowed = false;
	int result = nets_of(e) > 0 ? read_nets(&f, r, e) : 0;
	for (size_t i = 0; result == 0 && !*allowed && i < f.len; i += TOGETHER) {
		size_t len = f.len - i < TOGETHER ? f.len - i : TOGETHER;
		result = ask_some(a, s, r, e, f.at + i, len, since, allowed);
	}
	free(f.at);
	return result;
}

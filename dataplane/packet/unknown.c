// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/unknown.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/common/cursor.h"

enum { NUMBERS = 65536, EACH = STATS_UNKNOWN_MAX / STATS_UNKNOWN_KINDS, LOOK_OCTETS = 64, TRAILER_MAX = 16 };

struct unknown {
	uint64_t packets[STATS_UNKNOWN_KINDS][NUMBERS]; // worker: rw, main: ro
	uint64_t holds_ip[STATS_UNKNOWN_KINDS]
			 [NUMBERS / 64]; // one bit each: an IP packet was found in one. worker: rw, main: ro
};

struct unknown *unknown_new(void)
{
	return calloc(1, sizeof(struct unknown));
}

void unknown_free(struct unknown *unknown)
{
	free(unknown);
}

// True if there is an IP header within the first octets whose length reaches to the end, apart from a trailer.
static bool has_ip(const uint8_t *p, size_t size)
{
	for (size_t at = 0; at < LOOK_OCTETS && at + 40 <= size; at++) {
		size_t left = size - at, length = 0;
		if (p[at] == 0x45)
			length = cursor_load16(p + at + 2);
		else if (p[at] == 0x60 && (p[at + 1] & 0xf0) == 0)
			length = 40 + (size_t)cursor_load16(p + at + 4);
		if (length >= 28 && length <= left && left - length <= TRAILER_MAX)
			return true;
	}
	return false;
}

void unknown_count(struct unknown *u, const struct pkt *pkt)
{
	if (pkt->unknown == PKT_KNOWN)
		return;
	unsigned kind = pkt->unknown - 1u, number = pkt->unknown_number;
	uint64_t *packets = &u->packets[kind][number], *bits = &u->holds_ip[kind][number / 64];

	stats_add(packets, 1);
	// only the first packet, the second, the fourth, … is searched: it takes time
	if ((*packets & (*packets - 1)) == 0 && (*bits >> (number % 64) & 1) == 0 &&
		has_ip(pkt->payload, pkt->payload_size))
		stats_set(bits, *bits | 1ull << (number % 64));
}

// Numbers after which there is never an IP packet that can be read.
static bool is_other(unsigned kind, unsigned number)
{
	static const uint16_t types[] = {0x0806, 0x8035, 0x8808, 0x8809, 0x8863, 0x888e, 0x88cc, 0x88f5, 0x88f7, 0x88fb,
		0x8902, 0x9000};
	static const uint16_t protocols[] = {2, 46, 50, 58, 59, 88, 89, 103, 108, 112, 132, 136};
	const uint16_t *list = kind == STATS_UNKNOWN_ETHERTYPE ? types : protocols;
	size_t len = kind == STATS_UNKNOWN_ETHERTYPE ? sizeof(types) / sizeof(types[0])
						     : sizeof(protocols) / sizeof(protocols[0]);

	for (size_t i = 0; i < len && kind != STATS_UNKNOWN_UDP_PORT; i++)
		if (list[i] == number)
			return true;
	return false;
}

// Inserts it among the `len` of its kind, most packets first; drops the last one if there are EACH.
static unsigned insert(struct stats_unknown *list, unsigned len, struct stats_unknown item)
{
	unsigned at = len < EACH ? len : EACH;

	while (at > 0 && list[at - 1].packets < item.packets) {
		if (at < EACH)
			list[at] = list[at - 1];
		at--;
	}
	if (at < EACH)
		list[at] = item;
	return len < EACH ? len + 1 : EACH;
}

unsigned unknown_top(const struct unknown *const *unknown, unsigned len,
	struct stats_unknown out[static STATS_UNKNOWN_MAX])
{
	unsigned all = 0;

	for (unsigned kind = 0; kind < STATS_UNKNOWN_KINDS; kind++) {
		unsigned found = 0;
		for (unsigned number = 0; number < NUMBERS; number++) {
			struct stats_unknown item = {.kind = kind, .number = number};
			for (unsigned w = 0; w < len; w++) {
				if (!unknown[w])
					continue;
				item.packets += stats_get(&unknown[w]->packets[kind][number]);
				item.holds_ip |=
					stats_get(&unknown[w]->holds_ip[kind][number / 64]) >> (number % 64) & 1;
			}
			if (item.packets > 0 && !is_other(kind, number) &&
				(kind != STATS_UNKNOWN_UDP_PORT || item.holds_ip))
				found = insert(out + all, found, item);
		}
		all += found;
	}
	return all;
}

void unknown_text(const struct stats_unknown *u, char *text, size_t size)
{
	static const char *const forms[] = {"EtherType 0x%04x", "IP protocol %u", "UDP port %u"};

	snprintf(text, size, forms[u->kind], u->number);
}
